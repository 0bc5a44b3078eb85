"""Scales, criteria, method and process: what is in force, and every version with where it stands."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Subquery, Value
from django.db.models.functions import Coalesce

from clerestory.desk.actor import Actor
from clerestory.desk.day import day_of
from clerestory.desk.permit import permit
from clerestory.registers.risk import models
from clerestory.registers.risk.rules.scale import Criteria, CriteriaRefused, Method, read_criteria, shipped_method
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId, PersonId
from clerestory.terms.sentence import gettext as _

SHIPPED = 0
"""Version of the criteria that come with the product and that nobody approved."""
RUNNING = timedelta(days=30)
"""So long an assessment that began by criteria since replaced may still be finished by them."""


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


def version_in_force(actor: Actor) -> Coalesce:
    """Return, for a query of risks, the version of the criteria that levels are read by now."""
    permit(actor, "read", "risk")
    rows = models.Scales.objects.filter(organisation_id=actor.organisation_id).exclude(in_force_at=None)
    return Coalesce(Subquery(rows.order_by("-version").values("version")[:1]), Value(SHIPPED))


def scales_for(actor: Actor, version: int) -> InForce:
    """Return the criteria that a level made with a version is read by, in one query.

    They are those in force where the scales are the same ones; otherwise a level stays with the ones it was made by.
    """
    permit(actor, "read", "risk")
    return scales_by_version(actor)(version)


def scales_by_version(actor: Actor) -> Callable[[int], InForce]:
    """Return what says by which criteria a level made with a version is read, in one query for all of them."""
    permit(actor, "read", "risk")
    known = _ever_in_force(actor)
    newest = known[max(known)]

    def read_by(version: int) -> InForce:
        made = known.get(version, newest)
        return newest if newest.criteria.same_scales(made.criteria) else made

    return read_by


def criteria_made_with(actor: Actor, version: int | None, now: datetime) -> InForce:
    """Return the criteria that an assessor saw when they began; without a version those in force, in one query.

    Raises:
        CriteriaRefused: that version was never in force, or another one is for more than thirty days.
    """
    permit(actor, "read", "risk")
    known = _ever_in_force(actor)
    newest = known[max(known)]
    if version is None or version == newest.version:
        return newest
    if version not in known:
        raise CriteriaRefused(
            _("Criteria {version} were never in force.", version=version), _("Rate by those that are in force.")
        )
    if newest.since is not None and now - newest.since > RUNNING:
        raise CriteriaRefused(
            _(
                "Criteria {version} were replaced on {day_of}.",
                version=version,
                day_of=day_of(actor, newest.since).isoformat(),
            ),
            _("An assessment that began before may be finished within thirty days; rate by those in force."),
        )
    return known[version]


def _ever_in_force(actor: Actor) -> dict[int, InForce]:
    rows = models.Scales.objects.filter(organisation_id=actor.organisation_id).exclude(in_force_at=None)
    known = {SHIPPED: InForce(SHIPPED, shipped_method(), None)}
    return known | {r.version: InForce(r.version, _method(r.criteria, r.parts), r.in_force_at) for r in rows}


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
        raise CriteriaUnknown(
            _("There is no version {version} of the criteria.", version=version), _("Choose one of the list.")
        )
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
