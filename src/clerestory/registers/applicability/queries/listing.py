"""The statement as a list: its rows with approval and derived status, and its columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_lazy as _

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.approval import Standing, standings
from clerestory.desk.lists import Column, standing_column
from clerestory.desk.lists.words import TONES
from clerestory.desk.permit import permit
from clerestory.registers.applicability.queries.links import named
from clerestory.registers.applicability.queries.own import OWN_GROUP, own_controls
from clerestory.registers.applicability.queries.statement import FRAMEWORK, StatementRow, annex
from clerestory.registers.applicability.queries.status import UNKNOWN, Implementation, implementations
from clerestory.store import clock
from clerestory.store.directory import Record, labelled

_GROUPS = (
    *(
        (group, gettext_lazy(group))
        for group in dict.fromkeys(
            r.group for r in load().frameworks[FRAMEWORK].requirements if r.kind == "control" and r.assessable
        )
    ),
    (OWN_GROUP, _("Own controls")),
)
"""The areas of Annex A and that of own controls, in order, with their words."""
STATUSES = ("CONFORMS", "STALE", "NONCONFORMING", "NOT_EVIDENCED", "NOT_APPLICABLE")


@dataclass(frozen=True, slots=True)
class StandingRow:
    """A control with where its newest decision stands, what it rests on by name, and its derived status."""

    row: StatementRow
    standing: Standing | None
    status: Implementation | None = None
    behind: tuple[Record, ...] = ()


def standing_rows(actor: Actor, *, at: datetime | None = None) -> tuple[StandingRow, ...]:
    """Return all rows of the statement with approval, records by name and status, in eight queries at most."""
    permit(actor, "read", "applicability")
    own = [record for record in own_controls(actor) if not record.retired]
    rows = (*annex(actor), *map(StatementRow.of_own, own))
    decided = [row.newest for row in rows if row.newest is not None]
    stand = standings(actor, [newest.entry_id for newest in decided])
    known = named(actor, (pair for newest in decided for pair in newest.decision.behind))
    status = implementations(actor, own, at=at or clock.now(), live=at is None)
    return tuple(
        StandingRow(
            row,
            None if row.newest is None else stand.get(row.newest.entry_id),
            status.get(row.control),
            () if row.newest is None else labelled(known, row.newest.decision.behind),
        )
        for row in rows
    )


def _decision(row: StandingRow) -> str:
    newest = row.row.newest
    return "undecided" if newest is None else "applies" if newest.decision.included else "excluded"


def _said(row: StandingRow, part: str) -> object:
    return "" if row.row.newest is None else getattr(row.row.newest.decision, part)


def _of_kind(row: StandingRow, kind: str) -> tuple[str, ...]:
    return tuple(record.label for record in row.behind if record.kind == kind)


def _records(name: str, label: Promise, kind: str) -> Column:
    return Column(
        name=name,
        label=label,
        kind="list",
        searched=True,
        sortable=False,
        optional=True,
        value=lambda row: _of_kind(row, kind),
    )


_TONE: Mapping[str, str] = {**TONES, UNKNOWN: "none"}
STATEMENT_COLUMNS = (
    Column(
        name="control",
        label=_("Control"),
        searched=True,
        sortable=False,
        kind="link",
        value=lambda row: row.row.control,
        url=lambda row: reverse("applicability-control", args=[row.row.control]),
        note=lambda row: row.row.title,
    ),
    Column(name="title", label=_("Title"), searched=True, optional=True, value=lambda row: row.row.title),
    Column(
        name="group",
        label=_("Area"),
        sortable=False,
        filtered=True,
        optional=True,
        options=_GROUPS,
        value=lambda row: row.row.group,
    ),
    Column(
        name="decision",
        label=_("Decision"),
        filtered=True,
        kind="tag",
        tone=lambda row: {"applies": "accent", "excluded": "none"}.get(_decision(row), "open"),
        value=_decision,
        options=(("undecided", _("undecided")), ("applies", _("applies")), ("excluded", _("excluded"))),
    ),
    Column(name="reason", label=_("Reason"), searched=True, sortable=False, value=lambda r: _said(r, "justification")),
    Column(name="ground", label=_("Rests on"), optional=True, value=lambda row: _said(row, "ground")),
    _records("risks", _("Risks"), "risk"),
    _records("impacts", _("Impact assessments"), "impact_assessment"),
    _records("obligations", _("Obligations"), "obligation"),
    Column(
        name="status",
        label=_("Status"),
        kind="status",
        filtered=True,
        tone=lambda row: _TONE[Implementation.word(row.status)],
        value=lambda row: Implementation.word(row.status),
        options=tuple((name, name) for name in (*STATUSES, UNKNOWN)),
    ),
    Column(
        name="covered",
        label=_("Covered"),
        kind="share",
        value=lambda row: None if row.status is None else (row.status.have, row.status.need),
    ),
    standing_column("state", _("Approval"), lambda row: row.standing, missing=_("undecided"), missing_tone="open"),
)
