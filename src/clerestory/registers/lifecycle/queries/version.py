"""Reads of releases and operating criteria, and whether an impact assessment is valid on a day."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.approval import Standing as Approved
from clerestory.desk.approval import standings
from clerestory.desk.lists import Column, standing_column
from clerestory.desk.people import member_names
from clerestory.desk.permit import may, permit
from clerestory.judgement.index import FactIndex
from clerestory.judgement.row import Node
from clerestory.registers.lifecycle import models
from clerestory.registers.lifecycle.queries.change import AREA
from clerestory.store import directory
from clerestory.store.facts import judging
from clerestory.terms.evidence import Subject
from clerestory.terms.ids import EntryId

VALID_FOR = timedelta(days=365)
"""An impact assessment is asked for again after a year (the rule of A.5.2)."""
_MAKES_OLD = ("purpose", "affected_groups")


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether an impact assessment of a system is valid, its entry, and why not where it is none."""

    is_valid: bool
    entry_id: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """One release of a system."""

    system_id: str
    system_name: str
    model_version: str
    assessed: bool
    conditions: tuple[str, ...]
    despite: str
    version: int
    made_by: str
    made_at: datetime
    entry_id: EntryId
    standing: Approved | None = None


@dataclass(frozen=True, slots=True)
class Criteria:
    """The newest criteria of a process; an empty version where nobody wrote any."""

    process_id: str
    name: str
    criteria: tuple[str, ...]
    version: int
    made_by: str
    made_at: datetime | None
    entry_id: EntryId
    standing: Approved | None = None


def valid_on(actor: Actor, system_id: str, at: datetime) -> Standing:
    """Tell whether an impact assessment of a system was approved by a second person and still holds at a moment."""
    permit(actor, "read", AREA)
    with judging(actor.organisation_id) as index:
        return _standing(index, index.node(Subject("ai_system", system_id)), at)


def releases(actor: Actor, system_id: str = "") -> tuple[ReleaseRecord, ...]:
    """Return the releases of all systems or of one, newest first, in two queries."""
    permit(actor, "read", AREA)
    rows = models.Version.objects.filter(organisation_id=actor.organisation_id, kind="release").order_by("-id")
    if system_id:
        rows = rows.filter(about=system_id)
    found = list(rows)
    named = directory.find(actor.organisation_id, "ai_system", {row.about for row in found})
    names = {record.id: record.label for record in named}
    return tuple(
        ReleaseRecord(
            row.about,
            names.get(row.about, row.about),
            row.said["model_version"],
            row.said["assessed"],
            tuple(row.said["conditions"]),
            row.said["despite"],
            row.version,
            row.made_by,
            row.made_at,
            EntryId(row.entry_id),
        )
        for row in found
    )


def criteria(actor: Actor) -> tuple[Criteria, ...]:
    """Return every process of the organisation with its newest criteria, in two queries."""
    permit(actor, "read", AREA)
    rows = models.Version.objects.filter(organisation_id=actor.organisation_id, kind="criteria").order_by("version")
    newest = {row.about: row for row in rows}
    return tuple(
        _criteria(record, newest.get(record.id)) for record in directory.find(actor.organisation_id, "process")
    )


def releases_stood(actor: Actor) -> tuple[ReleaseRecord, ...]:
    """Return the releases of all systems, newest first, with where each stands."""
    permit(actor, "read", AREA)
    found = releases(actor)
    stand = standings(actor, [one.entry_id for one in found])
    return tuple(replace(one, standing=stand.get(one.entry_id)) for one in found)


def criteria_stood(actor: Actor) -> tuple[Criteria, ...]:
    """Return every process with its newest criteria and where they stand."""
    permit(actor, "read", AREA)
    found = criteria(actor)
    stand = standings(actor, [one.entry_id for one in found if one.entry_id])
    return tuple(replace(one, standing=stand.get(one.entry_id)) for one in found)


def release_columns(actor: Actor) -> tuple[Column, ...]:
    """Return what the list of releases shows and filters by."""
    permit(actor, "read", AREA)
    names = member_names(actor)
    return (
        Column(
            name="system",
            label=_("AI system"),
            searched=True,
            kind="link",
            value=lambda row: row.system_name,
            url=lambda row: reverse("evidence-entry", args=[row.entry_id]),
        ),
        Column(name="model_version", label=_("Version"), searched=True),
        Column(
            name="assessed",
            label=_("Impact"),
            kind="tag",
            filtered=True,
            options=(("yes", _("impact assessed")), ("no", _("no valid impact assessment"))),
            value=lambda row: "yes" if row.assessed else "no",
            tone=lambda row: "good" if row.assessed else "bad",
        ),
        Column(name="conditions", label=_("Conditions"), kind="list", sortable=False, searched=True),
        Column(name="despite", label=_("All the same"), optional=True, searched=True),
        standing_column("standing", _("Standing"), lambda row: row.standing, names=names),
        Column(
            name="made_by",
            label=_("Proposed by"),
            kind="person",
            optional=True,
            searched=True,
            value=lambda row: names.get(row.made_by, row.made_by),
        ),
        Column(name="made_at", label=_("Proposed"), kind="day", value=lambda row: row.made_at),
    )


def criteria_columns(actor: Actor) -> tuple[Column, ...]:
    """Return what the list of criteria shows and filters by; who may write gets to the form from the name."""
    permit(actor, "read", AREA)
    names, may_write = member_names(actor), may(actor, "write", AREA)
    return (
        Column(
            name="name",
            label=_("Process"),
            searched=True,
            kind="link",
            url=(lambda row: reverse("lifecycle-criteria-edit", args=[row.process_id])) if may_write else None,
        ),
        Column(name="criteria", label=_("Criteria"), kind="list", sortable=False, searched=True),
        standing_column("standing", _("Standing"), lambda row: row.standing, names=names),
        Column(name="version", label=_("Version"), kind="number", optional=True),
        Column(
            name="made_by",
            label=_("Written by"),
            kind="person",
            optional=True,
            value=lambda row: names.get(row.made_by, row.made_by),
        ),
        Column(name="made_at", label=_("Written"), kind="day", value=lambda row: row.made_at),
    )


def _criteria(record: directory.Record, row: models.Version | None) -> Criteria:
    if row is None:
        return Criteria(record.id, record.label, (), 0, "", None, EntryId(""))
    said = tuple(row.said["criteria"])
    return Criteria(record.id, record.label, said, row.version, row.made_by, row.made_at, EntryId(row.entry_id))


def _standing(index: FactIndex, node: Node, at: datetime) -> Standing:
    rows = [row for row in node.rows.get("record.impact_assessment", ()) if not row.dead]
    if not rows:
        return Standing(False, why="missing")
    signed = [row for row in rows if index.marks(row).second]
    if not signed:
        return Standing(False, rows[-1].fact.entry_id, "unapproved")
    newest = signed[-1]
    if newest.end + VALID_FOR < at:
        return Standing(False, newest.fact.entry_id, "old")
    before = None
    for row in node.rows.get("register.ai_system", ()):
        values = tuple(row.value(name) for name in _MAKES_OLD)
        if before is not None and before != values and row.end > newest.end:
            return Standing(False, newest.fact.entry_id, "changed")
        before = values
    return Standing(True, newest.fact.entry_id)
