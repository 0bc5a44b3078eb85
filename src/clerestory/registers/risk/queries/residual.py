"""How the measures of a risk stand, what each takes away, and what it may cost in a year with those that hold."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from clerestory.desk.actor import Actor
from clerestory.desk.approval import standings
from clerestory.desk.permit import permit
from clerestory.desk.standing import Standing
from clerestory.registers.risk import models
from clerestory.registers.risk.queries import words
from clerestory.registers.risk.rules.money import (
    Appetite,
    Curve,
    Estimate,
    Estimated,
    Verdict,
    counted_estimate,
    read_estimate,
    simulate,
)
from clerestory.registers.risk.rules.residual import (
    UNAPPROVED,
    UNJUDGED,
    Bearing,
    Decided,
    Place,
    Rated,
    asked_for,
    is_approved,
    shares,
)
from clerestory.registers.risk.rules.risk import Reduction, Status
from clerestory.terms.ids import EntryId, PersonId


@dataclass(frozen=True, slots=True)
class Barrier:
    """One measure of a risk with what it was argued to take away, and whether it does now."""

    reduction: Reduction
    bearing: Bearing

    @property
    def holds(self) -> bool:
        """Whether its evidence holds."""
        return self.bearing.holds

    @property
    def why_not(self) -> str:
        """Why a check lowers nothing, in the reader's language; why a control does not is said at the requirement."""
        return words.why_not(self.bearing.reason) if self.reduction.is_check else ""


def bearings_of(actor: Actor, measures: Iterable[str]) -> Mapping[str, Bearing]:
    """Return how measures stood when they were looked at last, in one query; those nobody judged yet are unjudged."""
    permit(actor, "read", "risk")
    names = list(dict.fromkeys(measures))
    if not names:
        return {}
    rows = models.Measure.objects.filter(organisation_id=actor.organisation_id, name__in=names)
    known = {row.name: Bearing(measure=row.name, state=row.state, reason=row.reason, since=row.since) for row in rows}
    return {name: known.get(name, Bearing(measure=name, state=UNJUDGED)) for name in names}


# house: allow permit-first: a part of a command, which asked
def ratings_of(actor: Actor, row: models.Risk) -> list[Rated]:
    """Return the ratings of a risk, oldest first, with whether two agreed to each."""
    rows = models.Step.objects.filter(organisation_id=actor.organisation_id, risk=row, kind="analysis")
    steps = list(rows.order_by("number"))
    stand = standings(actor, [EntryId(step.entry_id) for step in steps])
    return [_rated(step, stand.get(EntryId(step.entry_id))) for step in steps]


def _rated(step: models.Step, standing: Standing | None) -> Rated:
    said: Mapping[str, Any] = step.said
    place = Place(said["likelihood"], max(said["consequences"].values(), default=0))
    agreed = standing is not None and standing.is_approved
    return Rated(place, step.criteria_version, bool(said["after_treatment"]), agreed)


# house: allow permit-first: a part of a command, which asked
def asked_of(actor: Actor, row: models.Risk, *also: Decided) -> dict[str, str]:
    """Return which treatment counts of decisions about a risk, as its row keeps it; ``also`` are about to be made."""
    rows = models.Step.objects.filter(organisation_id=actor.organisation_id, risk=row, kind="decision")
    steps = list(rows.order_by("number"))
    stand = standings(actor, [EntryId(step.entry_id) for step in steps])
    made = [_decided(step, stand.get(EntryId(step.entry_id))) for step in steps]
    treatment, nature = asked_for((*made, *also))
    return {"asked_treatment": treatment, "asked_nature": nature}


def _decided(step: models.Step, standing: Standing | None) -> Decided:
    agreed = standing is not None and standing.is_approved
    return Decided(step.said["treatment"], step.said["nature"], agreed)


# house: allow permit-first: a part of a command, which asked
def standing_of(actor: Actor, row: models.Risk, reductions: Sequence[Reduction]) -> Mapping[str, Bearing]:
    """Return how the measures of a risk stand; one that no decision in force lets take that much away is unapproved."""
    looked, approved = bearings_of(actor, [said.measure for said in reductions]), read_reductions(row.approved)
    return {
        said.measure: looked[said.measure]
        if is_approved(said, approved)
        else Bearing(measure=said.measure, state=UNAPPROVED)
        for said in reductions
    }


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
    return tuple(Reduction(**{name: said[name] for name in _ARGUED}) for said in stored)


# house: allow permit-first: translates a row that was read with permission
def read_barriers(stored: Sequence[Mapping[str, Any]]) -> tuple[Barrier, ...]:
    """Read the measures of a risk with how each stood when what remains was derived last."""
    return tuple(
        Barrier(one, Bearing(measure=one.measure, state=said.get("state", UNJUDGED), reason=said.get("why_not", "")))
        for one, said in zip(read_reductions(stored), stored, strict=True)
    )


# house: allow permit-first: translates what a row keeps
def stored_reductions(
    said: Iterable[Reduction], standing: Mapping[str, Bearing] = MappingProxyType({})
) -> list[dict[str, object]]:
    """Return reductions as a row keeps them, with how each measure stands where that is known."""
    kept: list[dict[str, object]] = []
    for one in said:
        values: dict[str, object] = {name: getattr(one, name) for name in _ARGUED}
        if one.measure in standing:
            values |= {"state": standing[one.measure].state, "why_not": standing[one.measure].reason}
        kept.append(values)
    return kept


_ARGUED = ("measure", "why", "likelihood", "consequence", "frequency", "loss")


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateRecord:
    """One estimate as it was made; ``verdict`` is what it gave against the appetite, without measures."""

    number: int
    said: Estimate
    currency: str
    seed: int
    expected_then: float
    left_then: float
    reason: str
    by: PersonId
    at: datetime
    entry_id: EntryId
    verdict: str = ""


def estimates(actor: Actor, risk_id: str) -> tuple[EstimateRecord, ...]:
    """Return the estimates of a risk, newest first, in one query."""
    permit(actor, "read", "risk")
    rows = models.Estimate.objects.filter(organisation_id=actor.organisation_id, risk__risk_id=risk_id)
    return tuple(_record(row) for row in rows.order_by("-number"))


def estimate_that_counts(actor: Actor, made: Sequence[EstimateRecord]) -> EstimateRecord | None:
    """Return which of estimates, newest first, counts, in one query; one from before approvals were asked counted."""
    permit(actor, "read", "risk")
    oldest = made[::-1]
    stand = standings(actor, [one.entry_id for one in oldest]) if len(oldest) > 1 else {}
    given = [
        Estimated(one.expected_then, one.verdict, one.entry_id not in stand or stand[one.entry_id].is_approved)
        for one in oldest
    ]
    place = counted_estimate(given)
    return None if place is None else oldest[place]


@lru_cache(maxsize=256)
def _drawn(said: Estimate, seed: int, often: float, loss: float, appetite: Appetite | None) -> Curve:
    return simulate(said, seed=seed, often=often, loss=loss, appetite=appetite)


# house: allow permit-first: computes from values that were read with permission
def curves(
    said: Estimate, seed: int, reductions: Sequence[Reduction], holding: Collection[str], appetite: Appetite | None
) -> tuple[Curve, Curve]:
    """Return the curve without measures and the one with those that hold; the same seed gives the same numbers."""
    often, loss = shares(reductions, holding)
    return _drawn(said, seed, 1.0, 1.0, appetite), _drawn(said, seed, often, loss, appetite)


# house: allow permit-first: a part of a command, which asked
def priced(
    actor: Actor,
    row: models.Risk,
    reductions: Sequence[Reduction],
    holding: Collection[str],
    appetite: Appetite | None,
) -> dict[str, Any]:
    """Return what a risk is expected to cost a year with the measures that hold; nothing where nobody estimated it."""
    if row.expected_loss is None:
        return {}
    record = estimate_that_counts(actor, estimates(actor, row.risk_id))
    if record is None:
        return {}
    return cost_values(curves(record.said, record.seed, reductions, holding, appetite)[1])


# house: allow permit-first: translates values
def cost_values(left: Curve) -> dict[str, Any]:
    """Return what a risk keeps of its curve: the mean, and whether it is over the appetite, None where unclear."""
    over = {Verdict.OVER: True, Verdict.WITHIN: False}
    return {"expected_loss": left.mean, "loss_over": over.get(left.verdict) if left.verdict else None}


# house: allow permit-first: computes from values that were read with permission
def share_text(points: Iterable[tuple[float, float]]) -> tuple[tuple[str, str], ...]:
    """Return amounts and probabilities as a form writes them."""
    return tuple((f"{amount:.0f}", f"{100 * likely:g}") for amount, likely in points)


def _record(row: models.Estimate) -> EstimateRecord:
    result: Mapping[str, Any] = row.result
    return EstimateRecord(
        number=row.number,
        said=read_estimate(row.said),
        currency=str(result["currency"]),
        seed=int(result["seed"]),
        expected_then=float(result["expected"]),
        left_then=float(result["left"]),
        reason=row.reason,
        by=PersonId(row.by_person),
        at=row.at,
        entry_id=EntryId(row.entry_id),
        verdict=str(result.get("verdict", "")),
    )
