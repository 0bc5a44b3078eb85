"""Evidence of planned actions, their plan and their effect, of trials of the method, and of estimates in money."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from clerestory.registers.risk.rules.agreement import Agreement
from clerestory.registers.risk.rules.money import Curve, Estimate
from clerestory.registers.risk.rules.planning import Action
from clerestory.terms.evidence import Author, Evidence, Person, Subject, number_text
from clerestory.terms.ids import EntryId, OrganisationId, PersonId


class Planner:
    """Makes the evidence of one person at one moment for one organisation."""

    def __init__(self, organisation_id: OrganisationId, by: Person, at: datetime) -> None:
        self._author = Author(Subject("organisation", organisation_id), by, at)

    def action(self, said: Action, action_id: str, version: int) -> Evidence:
        """Return the evidence of one version of a planned action."""
        return self._author.evidence(
            "register.planned_action",
            f"planned_action/{action_id}",
            version,
            {"action": said.action, "owner": said.owner, "evaluate_by": said.evaluate_by.isoformat()},
            text=f"{said.sort}: {said.about}\nMeant: {said.meant}\nAnswers: {', '.join(said.inputs)}",
        )

    def plan(
        self, actions: Sequence[str], covered: tuple[str, ...], statements: Mapping[str, str], version: int
    ) -> Evidence:
        """Return the evidence of the plan; it covers the inputs that an action answers or a reason declines."""
        told = "\n".join(f"- {item}: {why}" for item, why in sorted(statements.items()))
        return self._author.evidence(
            "record.risk_and_opportunity_plan",
            "risk_and_opportunity_plan/main",
            version,
            {"version": str(version), "actions_count": len(actions)},
            covers=covered,
            text="\n".join((*actions, told)).strip(),
        )

    def effect(self, action_id: str, raised: EntryId, *, effective: bool, judged_by: str, version: int) -> Evidence:
        """Return the evidence of what an action did; it answers the action."""
        return self._author.evidence(
            "record.action_effectiveness",
            f"action_effectiveness/{action_id}",
            version,
            {"effective": effective, "judged_by": judged_by},
            answers=(raised,),
        )

    def trial(
        self, trial_id: str, assessors: tuple[PersonId, PersonId], found: Agreement, *, tolerance: float, text: str
    ) -> Evidence:
        """Return the evidence of a trial; without a value the agreement is said to be none."""
        return self._author.evidence(
            "record.comparability_trial",
            f"comparability_trial/{trial_id}",
            1,
            {
                "assessors": assessors,
                "agreement_value": number_text(found.value or 0.0),
                "within_tolerance": found.is_within(tolerance),
            },
            text=text,
        )


def loss_evidence(
    risk_id: str,
    said: Estimate,
    curve: Curve,
    left: Curve,
    *,
    currency: str,
    seed: int,
    reason: str,
    by: Person,
    at: datetime,
    version: int,
) -> Evidence:
    """Return the evidence of an estimate in money: what was asked, the seed, and what came out before and after."""
    return Author(Subject("risk", risk_id), by, at).evidence(
        "record.loss_estimate",
        f"loss_estimate/{risk_id}",
        version,
        {
            "currency": currency,
            "seed": seed,
            "runs": curve.runs,
            "expected_loss": number_text(curve.mean),
            "expected_loss_low": number_text(curve.low),
            "expected_loss_high": number_text(curve.high),
            "residual_expected_loss": number_text(left.mean),
        },
        text=(
            f"Events a year between {said.often_low:g} and {said.often_high:g}; loss of one, {said.shape}, between "
            f"{said.loss_low:g} and {said.loss_high:g}, most likely {said.loss_likely or 'not said'}."
            f"\n{reason}"
        ),
    )
