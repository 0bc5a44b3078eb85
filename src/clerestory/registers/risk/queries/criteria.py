"""Scales, criteria, method and process: what is in force, and every version with where it stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.registers.risk import models
from clerestory.registers.risk.rules.scale import Criteria, Method, read_criteria, shipped_method
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId, PersonId

SHIPPED = 0
"""Version of the criteria that come with the product and that nobody approved."""


class CriteriaUnknown(ClerestoryError):
    """The organisation has no such version of criteria."""


@dataclass(frozen=True, slots=True)
class InForce:
    """The criteria that levels are read by; version 0 are those shipped, which nobody approved."""

    version: int
    method: Method
    since: datetime | None

    @property
    def criteria(self) -> Criteria:
        """The criteria of the method."""
        return self.method.criteria


@dataclass(frozen=True, slots=True)
class MethodRecord:
    """One version of method and criteria, with the entries of both."""

    version: int
    method: Method
    by: PersonId
    at: datetime
    criteria_entry: EntryId
    method_entry: EntryId
    in_force_at: datetime | None


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """One version of how treatments are chosen."""

    version: int
    steps: tuple[str, ...]
    text: str
    by: PersonId
    at: datetime
    entry_id: EntryId


def criteria_in_force(actor: Actor) -> InForce:
    """Return the criteria that levels are read by now, in one query."""
    permit(actor, "read", "risk")
    rows = models.Scales.objects.filter(organisation_id=actor.organisation_id).exclude(in_force_at=None)
    row = rows.order_by("-version").first()
    if row is None:
        return InForce(SHIPPED, shipped_method(), None)
    return InForce(row.version, _method(row.criteria, row.parts), row.in_force_at)


# house: allow permit-first: translates a row that was read with permission
def scales_of(version: int | None, criteria: dict[str, Any] | None) -> InForce:
    """Return criteria that came with another query; none are those shipped. The parts of the method are not there."""
    if version is None or criteria is None:
        return InForce(SHIPPED, shipped_method(), None)
    return InForce(version, Method(criteria=read_criteria(criteria), parts=()), None)


def method_versions(actor: Actor) -> tuple[MethodRecord, ...]:
    """Return all versions of method and criteria, newest first."""
    permit(actor, "read", "risk")
    rows = models.Scales.objects.filter(organisation_id=actor.organisation_id).order_by("-version")
    return tuple(_record(row) for row in rows)


def method_version(actor: Actor, version: int) -> MethodRecord:
    """Return one version of method and criteria."""
    permit(actor, "read", "risk")
    row = models.Scales.objects.filter(organisation_id=actor.organisation_id, version=version).first()
    if row is None:
        raise CriteriaUnknown(f"There is no version {version} of the criteria.", "Choose one of the list.")
    return _record(row)


def process_versions(actor: Actor) -> tuple[ProcessRecord, ...]:
    """Return all versions of the treatment process, newest first."""
    permit(actor, "read", "risk")
    rows = models.Process.objects.filter(organisation_id=actor.organisation_id).order_by("-version")
    return tuple(
        ProcessRecord(r.version, tuple(r.steps), r.text, PersonId(r.by_person), r.at, EntryId(r.entry_id)) for r in rows
    )


def _record(row: models.Scales) -> MethodRecord:
    return MethodRecord(
        version=row.version,
        method=_method(row.criteria, row.parts),
        by=PersonId(row.by_person),
        at=row.at,
        criteria_entry=EntryId(row.entry_id),
        method_entry=EntryId(row.method_entry_id),
        in_force_at=row.in_force_at,
    )


def _method(criteria: dict[str, Any], parts: Iterable[Iterable[str]]) -> Method:
    return Method(criteria=read_criteria(criteria), parts=tuple((part, text) for part, text in parts))
