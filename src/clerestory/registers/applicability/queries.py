"""Reads of applicability: the statement over all 38 controls, undecided ones included."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.approval import Standing, standings
from clerestory.desk.duty import Duty
from clerestory.desk.lists import Column, standing_column
from clerestory.desk.permit import may, permit
from clerestory.registers.applicability import models
from clerestory.registers.applicability.rules import Decision, Ground, Line, Loosening
from clerestory.store import directory, trace
from clerestory.store.directory import Record
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId, FrameworkId, PersonId, RequirementId

CALLS_FOR = "calls_for"
ENDS_SOON = timedelta(days=30)
FRAMEWORK = FrameworkId("iso42001-2023")


class StatementUnknown(ClerestoryError):
    """The statement has no such version."""


class ControlUnknown(ClerestoryError):
    """Annex A has no such control."""


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """One version of a decision, who made it, and its entry."""

    decision: Decision
    version: int
    decided_by: PersonId
    decided_at: datetime
    entry_id: EntryId


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One control with its newest decision, or None where nobody decided yet."""

    control: RequirementId
    title: str
    group: str
    newest: DecisionRecord | None


@dataclass(frozen=True, slots=True)
class StatementVersion:
    """One version of the whole statement; ``decisions`` are triples of control, version and entry."""

    version: int
    issued_by: PersonId
    issued_at: datetime
    entry_id: EntryId
    included: int
    excluded: int
    decisions: list[list[object]]
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class ExceptionRecord:
    """A rule that is loosened for a time."""

    exception_id: str
    loosening: Loosening
    subject: str
    owner: PersonId
    decided_at: datetime
    entry_id: EntryId

    def is_over(self, on: date) -> bool:
        """Whether its last day has passed."""
        return on > self.loosening.valid_until


@dataclass(frozen=True, slots=True)
class StandingRow:
    """A control with where its newest decision stands, for a list."""

    row: StatementRow
    standing: Standing | None


def _groups() -> tuple[str, ...]:
    found = (r.group for r in load().frameworks[FRAMEWORK].requirements if r.kind == "control" and r.assessable)
    return tuple(dict.fromkeys(found))


def _decision(row: StandingRow) -> str:
    newest = row.row.newest
    return "undecided" if newest is None else "applies" if newest.decision.included else "excluded"


def _said(row: StandingRow, part: str) -> object:
    return "" if row.row.newest is None else getattr(row.row.newest.decision, part)


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
        options=tuple((group, group) for group in _groups()),
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
    Column(
        name="risks",
        label=_("Risks"),
        kind="list",
        sortable=False,
        optional=True,
        value=lambda row: _said(row, "risks"),
    ),
    standing_column("state", _("Approval"), lambda row: row.standing, missing=_("undecided"), missing_tone="open"),
)


def standing_rows(actor: Actor) -> tuple[StandingRow, ...]:
    """Return all controls with where their newest decisions stand, in four queries."""
    permit(actor, "read", "applicability")
    rows = statement(actor)
    stand = standings(actor, [row.newest.entry_id for row in rows if row.newest is not None])
    return tuple(StandingRow(row, None if row.newest is None else stand.get(row.newest.entry_id)) for row in rows)


def statement(actor: Actor) -> tuple[StatementRow, ...]:
    """Return all controls of Annex A in order with their newest decisions, in one query."""
    permit(actor, "read", "applicability")
    rows = models.Decision.objects.filter(organisation_id=actor.organisation_id).order_by("version")
    newest = {row.control: _record(row) for row in rows}
    return tuple(
        StatementRow(r.id, r.title, r.group, newest.get(r.id))
        for r in load().frameworks[FRAMEWORK].requirements
        if r.kind == "control" and r.assessable
    )


def decisions(actor: Actor, control: str) -> tuple[DecisionRecord, ...]:
    """Return all versions of the decision on one control, newest first."""
    permit(actor, "read", "applicability")
    rows = models.Decision.objects.filter(organisation_id=actor.organisation_id, control=control).order_by("-version")
    return tuple(_record(row) for row in rows)


def statement_row(actor: Actor, control: str) -> StatementRow:
    """Return one control with its newest decision."""
    permit(actor, "read", "applicability")
    for row in statement(actor):
        if row.control == control:
            return row
    raise ControlUnknown(f"There is no control {control!r}.", "Choose one of Annex A, such as A.7.4.")


def newest_lines(actor: Actor) -> tuple[Line, ...]:
    """Return the newest decision on each decided control, in the order of Annex A, in one query."""
    permit(actor, "read", "applicability")
    return tuple(_line(row.control, row.newest) for row in statement(actor) if row.newest is not None)


def statement_versions(actor: Actor) -> tuple[StatementVersion, ...]:
    """Return all versions of the statement without their lines, newest first."""
    permit(actor, "read", "applicability")
    rows = models.Statement.objects.filter(organisation_id=actor.organisation_id).order_by("-version")
    return tuple(map(_statement_version, rows))


def newest_statement(actor: Actor) -> StatementVersion | None:
    """Return the newest version without its lines, or None before the first."""
    permit(actor, "read", "applicability")
    row = models.Statement.objects.filter(organisation_id=actor.organisation_id).order_by("-version").first()
    return None if row is None else _statement_version(row)


def statement_version(actor: Actor, version: int) -> StatementVersion:
    """Return one version with its lines as they stood, in two queries.

    Raises:
        StatementUnknown: there is no such version.
    """
    permit(actor, "read", "applicability")
    row = models.Statement.objects.filter(organisation_id=actor.organisation_id, version=version).first()
    if row is None:
        raise StatementUnknown(f"The statement has no version {version}.", "Choose one of the list of versions.")
    entries = [entry_id for _control, _version, entry_id in row.decisions]
    found = models.Decision.objects.filter(organisation_id=actor.organisation_id, entry_id__in=entries)
    by_entry = {each.entry_id: each for each in found}
    lines = tuple(_line(RequirementId(each.control), _record(each)) for each in map(by_entry.__getitem__, entries))
    return replace(_statement_version(row), lines=lines)


def risks_behind(actor: Actor) -> Mapping[str, tuple[Record, ...]]:
    """Return the risks that call for each control, by control, in two queries."""
    permit(actor, "read", "applicability")
    found: dict[str, list[str]] = {}
    for link in trace.links_between(actor.organisation_id, "risk", CALLS_FOR, "control"):
        found.setdefault(link.to_id, []).append(link.from_id)
    known = {r.id: r for r in directory.find(actor.organisation_id, "risk", {i for ids in found.values() for i in ids})}
    return {control: tuple(known[i] for i in ids if i in known) for control, ids in found.items()}


def _line(control: RequirementId, record: DecisionRecord) -> Line:
    said = record.decision
    return Line(
        control=control,
        included=said.included,
        justification=said.justification,
        ground=said.ground,
        risks=said.risks,
        version=record.version,
        entry_id=record.entry_id,
    )


def _statement_version(row: models.Statement) -> StatementVersion:
    return StatementVersion(
        row.version,
        PersonId(row.issued_by),
        row.issued_at,
        EntryId(row.entry_id),
        row.included,
        row.excluded,
        row.decisions,
    )


def exceptions(actor: Actor) -> tuple[ExceptionRecord, ...]:
    """Return loosened rules, newest first."""
    permit(actor, "read", "applicability")
    rows = models.Loosening.objects.filter(organisation_id=actor.organisation_id).order_by("-id")
    return tuple(
        ExceptionRecord(
            row.exception_id,
            Loosening(rule=row.rule, justification=row.justification, valid_until=row.valid_until),
            f"{row.subject_kind}:{row.subject_id}",
            PersonId(row.owner),
            row.decided_at,
            EntryId(row.entry_id),
        )
        for row in rows
    )


def duties(actor: Actor, on: date) -> tuple[Duty, ...]:
    """Return what ends soon of the exceptions that the member answers for, and what an administrator has to decide."""
    permit(actor, "read", "applicability")
    ending = models.Loosening.objects.filter(
        organisation_id=actor.organisation_id, owner=actor.person_id, valid_until__range=(on, on + ENDS_SOON)
    ).order_by("valid_until", "id")
    found = [
        Duty(
            topic="exception",
            title=row.rule,
            url="/applicability/exceptions/",
            why=_("This rule is loosened until then; afterwards it is asked for in full."),
            due_on=row.valid_until,
        )
        for row in ending
    ]
    if actor.access != "admin" or not may(actor, "write", "applicability"):
        return tuple(found)
    undecided = sum(row.newest is None for row in statement(actor))
    if undecided:
        title = ngettext(
            "%(n)s control of Annex A is undecided", "%(n)s controls of Annex A are undecided", undecided
        ) % {"n": undecided}
        why = _("The Statement of Applicability is whole only when each control is included or excluded with a reason.")
        found.append(Duty(topic="applicability", title=title, url="/applicability/decide/", why=why))
    return tuple(found)


def _record(row: models.Decision) -> DecisionRecord:
    decision = Decision(
        control=RequirementId(row.control),
        included=row.included,
        justification=row.justification,
        ground=Ground(row.ground),
        risks=tuple(row.risks),
    )
    return DecisionRecord(decision, row.version, PersonId(row.decided_by), row.decided_at, EntryId(row.entry_id))
