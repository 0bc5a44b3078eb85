"""Estimate what a risk may cost in a year: quantiles in, a simulation whose seed stays with the record."""

from datetime import datetime
from hashlib import sha256

from django.db.models import Max

from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.desk.version import first_wins
from clerestory.registers.risk import models
from clerestory.registers.risk.commands.identify import _check_open
from clerestory.registers.risk.commands.writing import Written, address, append_and_propose, locked, write
from clerestory.registers.risk.facts.planning import loss_evidence
from clerestory.registers.risk.queries.criteria import criteria_in_force
from clerestory.registers.risk.queries.residual import (
    cost_values,
    curves,
    estimate_that_counts,
    estimates,
    read_reductions,
    standing_of,
)
from clerestory.registers.risk.rules.money import Curve, Estimate, MoneyRefused, check_estimate, stored_estimate
from clerestory.registers.risk.rules.risk import check_reason
from clerestory.store import clock
from clerestory.store.unit import atomic
from clerestory.terms.sentence import gettext as _

MOST_SEED = 2**32
CURRENCY = "EUR"
"""What amounts are in where the criteria name no currency."""


def estimate_loss(
    *,
    actor: Actor,
    risk_id: str,
    said: Estimate,
    reason: str,
    expected_version: int,
    seed: int | None = None,
    now: datetime | None = None,
) -> Written:
    """Keep what people who know said about frequency and loss, and what the simulation of it gave.

    One that says less than the one that counts waits for a second person. Without a seed one follows from organisation,
    risk and number, so that nobody tries seeds until a result pleases.

    Raises:
        MoneyRefused: the quantiles do not fit, or the seed is none.
        RiskRefused: the risk is closed, or the reason is missing.
        ChangedMeanwhile: somebody else changed it since.
    """
    permit(actor, "write", "risk")
    moment, why = now or clock.now(), check_reason(reason, _("source of the numbers"))
    check_estimate(said)
    _check_seed(seed)
    with first_wins(), atomic():
        row = locked(actor, risk_id, expected_version)
        _check_open(row)
        rows = models.Estimate.objects.filter(organisation_id=actor.organisation_id, risk=row)
        number = (rows.aggregate(newest=Max("number"))["newest"] or 0) + 1
        chosen = _seed(f"{actor.organisation_id}/{risk_id}/{number}") if seed is None else seed
        appetite, reductions = criteria_in_force(actor).criteria.money, read_reductions(row.reductions)
        standing = standing_of(actor, row, reductions)
        holding = {name for name, bearing in standing.items() if bearing.holds}
        before, left = curves(said, chosen, reductions, holding, appetite)
        currency = appetite.currency if appetite else CURRENCY
        made = loss_evidence(
            risk_id,
            said,
            before,
            left,
            currency=currency,
            seed=chosen,
            reason=why,
            by=actor.person(responsible=actor.person_id == row.owner),
            at=moment,
            version=number,
        )
        title = f"{risk_id} costs {before.mean:.0f} {currency} a year: {row.event}"
        entry = append_and_propose(actor, made, moment, title=title, url=f"{address(risk_id)}money/")
        result = {"currency": currency, "seed": chosen, "expected": before.mean, "left": left.mean}
        models.Estimate.objects.create(
            organisation_id=actor.organisation_id, risk=row, number=number, said=stored_estimate(said),
            result=result | _against(before), reason=why, by_person=actor.person_id, at=moment, entry_id=entry.entry_id,
        )  # fmt: skip
        counts = estimate_that_counts(actor, estimates(actor, risk_id))
        if counts is not None and counts.number != number:
            _before, left = curves(counts.said, counts.seed, reductions, holding, appetite)
        written = write(actor, row, moment, note=f"Estimated in {currency}", **cost_values(left))
    return Written(risk_id, written.version, entry.entry_id)


def _against(before: Curve) -> dict[str, str]:
    return {"verdict": str(before.verdict)} if before.verdict else {}


def _check_seed(seed: int | None) -> None:
    if seed is not None and not 0 <= seed < MOST_SEED:
        raise MoneyRefused(
            _("{seed} is no seed.", seed=seed),
            _("Choose a whole number from 0 to {most_seed}.", most_seed=MOST_SEED - 1),
        )


def _seed(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:4])
