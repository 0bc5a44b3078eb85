"""Reads of releases and operating criteria, and whether an impact assessment is valid on a day."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
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
    names = {record.id: record.label for record in directory.find(actor.organisation_id, "ai_system")}
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
        for row in rows
    )


def criteria(actor: Actor) -> tuple[Criteria, ...]:
    """Return every process of the organisation with its newest criteria, in two queries."""
    permit(actor, "read", AREA)
    rows = models.Version.objects.filter(organisation_id=actor.organisation_id, kind="criteria").order_by("version")
    newest = {row.about: row for row in rows}
    return tuple(
        _criteria(record, newest.get(record.id)) for record in directory.find(actor.organisation_id, "process")
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
