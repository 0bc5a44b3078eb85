"""How the measures of a risk stand, and what each takes away."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.registers.risk import models
from clerestory.registers.risk.rules.residual import UNJUDGED, Bearing
from clerestory.registers.risk.rules.risk import Reduction, Status


@dataclass(frozen=True, slots=True)
class Barrier:
    """One measure of a risk with what it was argued to take away, and whether it does now."""

    reduction: Reduction
    bearing: Bearing

    @property
    def holds(self) -> bool:
        """Whether its evidence holds."""
        return self.bearing.holds


def bearings_of(actor: Actor, measures: Iterable[str]) -> Mapping[str, Bearing]:
    """Return how measures stood when they were looked at last, in one query; those nobody judged yet are unjudged."""
    permit(actor, "read", "risk")
    names = list(dict.fromkeys(measures))
    if not names:
        return {}
    rows = models.Measure.objects.filter(organisation_id=actor.organisation_id, name__in=names)
    known = {row.name: Bearing(measure=row.name, state=row.state, reason=row.reason, since=row.since) for row in rows}
    return {name: known.get(name, Bearing(measure=name, state=UNJUDGED)) for name in names}


def barriers(actor: Actor, reductions: Sequence[Reduction]) -> tuple[Barrier, ...]:
    """Return the measures of a risk with how each stands, in one query."""
    permit(actor, "read", "risk")
    standing = bearings_of(actor, [said.measure for said in reductions])
    return tuple(Barrier(said, standing[said.measure]) for said in reductions)


def measures_relied_on(actor: Actor) -> tuple[str, ...]:
    """Return every measure that a risk which is not closed relies on, in one query."""
    permit(actor, "read", "risk")
    rows = models.Relies.objects.filter(organisation_id=actor.organisation_id).exclude(risk__status=Status.CLOSED)
    return tuple(rows.order_by("measure").values_list("measure", flat=True).distinct())


# house: allow permit-first: translates a row that was read with permission
def read_reductions(stored: Iterable[Mapping[str, Any]]) -> tuple[Reduction, ...]:
    """Read reductions from what a row keeps."""
    return tuple(Reduction(**said) for said in stored)


# house: allow permit-first: translates what a row keeps
def stored_reductions(said: Iterable[Reduction]) -> list[dict[str, object]]:
    """Return reductions as a row keeps them."""
    names = ("measure", "why", "likelihood", "consequence", "frequency", "loss")
    return [{name: getattr(one, name) for name in names} for one in said]
