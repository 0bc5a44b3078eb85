"""An assessment as tests need it: complete, of the credit scoring system."""

from dataclasses import replace
from datetime import date, timedelta

from clerestory.desk.actor import Actor
from clerestory.desk.approval import approve
from clerestory.registers.impact import commands
from clerestory.registers.impact.queries.method import shipped_method
from clerestory.registers.impact.rules.assessment import Effect, Nature, Reach
from clerestory.registers.impact.rules.outcome import Condition, Consultation, Outcome, Proceeding, Way
from clerestory.registers.impact.rules.question import TOPICS
from clerestory.store import sequencer
from tests.organisation import NOW, join

MINUTE = timedelta(minutes=1)
SYSTEM = "credit-scoring"
ANSWERS = {
    "purpose": "Rank loan applications for an officer's decision",
    "capabilities": "A score from 0 to 1, with the three strongest reasons.",
    "intended_uses": "Loans to consumers up to 50,000.",
    "unintended_uses": "Ranking of tenants or applicants for work.",
    "misuse_scenarios": "score of a tenant\nscore bought by a broker",
    "data_used": "Decisions of four years",
    "data_quality": "Checked each month.",
    "personal_data": "Income, age, address; no special categories.",
    "necessity": "Without income and debts nobody can be judged; the address is left out.",
    "model_kind": "Gradient boosted trees",
    "model_evaluation": "AUC 0.81 on the year held back.",
    "deployment_context": "Branches in two countries",
    "deployment_process": "The officer sees the score before the talk.",
    "deployment_period": "Each working day, about 300 times.",
    "oversight": "An officer decides and may leave the score aside.",
    "affected_groups": "applicants\nguarantors",
    "vulnerable_groups": "People with little income",
    "failures": "A wrong score refuses a loan that would be repaid.",
    "response": "The applicant can ask for another look; the lead stops the system.",
    "measures": "Four eyes on each refusal.",
    "remaining": "A few refusals stay wrong.",
}
HARM = Effect(
    effect_id="", topic="fairness", nature=Nature.HARM, reach=Reach.GROUPS, who="younger applicants",
    what="They are refused more often than others who repay alike", severity=4, likelihood=3, reversibility=2,
    reason="Seen in the figures of last year.", measure="A second officer looks at each refusal",
    remaining_severity=3, remaining_likelihood=2,
)  # fmt: skip
BENEFIT = replace(
    HARM, topic="access", nature=Nature.BENEFIT, who="applicants", what="An answer within a day", reversibility=0,
    measure="", remaining_severity=0, remaining_likelihood=0,
)  # fmt: skip
HEARD = Consultation(
    group="applicants", held_on=NOW.date(), way=Way.INTERVIEW, people=8, said="They want the reasons in plain words.",
    done="The letter names the three strongest reasons.",
)  # fmt: skip


def method_in_force(actor: Actor, second: Actor) -> None:
    """Bring the shipped method into force."""
    made = commands.propose_method(actor=actor, method=shipped_method(), now=NOW)
    approve(actor=second, entry_id=made.entry_id, now=NOW + MINUTE)


def written(actor: Actor) -> None:
    """Write a complete assessment: answers, one harm, one benefit, everything else ruled out, people heard."""
    sequencer.sequence(actor.organisation_id)
    commands.answer(actor=actor, system_id=SYSTEM, answers=ANSWERS, now=NOW + 2 * MINUTE)
    commands.mark_use(
        actor=actor, system_id=SYSTEM, marks=("credit and insurance",), reason="It ranks who gets a loan.",
        now=NOW + 2 * MINUTE,
    )  # fmt: skip
    for effect in (HARM, BENEFIT):
        commands.judge_effect(actor=actor, system_id=SYSTEM, effect=effect, now=NOW + 2 * MINUTE)
    rest = {topic: f"Nothing of {topic} hangs on a loan of this size." for topic in TOPICS if topic != "fairness"}
    commands.rule_out_effects(actor=actor, system_id=SYSTEM, reasons=rest, now=NOW + 2 * MINUTE)
    commands.hear_people(actor=actor, system_id=SYSTEM, said=HEARD, now=NOW + 2 * MINUTE)


def proposed(actor: Actor, second: Actor) -> commands.Recorded:
    """Bring the method into force, and write and propose the assessment."""
    method_in_force(actor, second)
    written(actor)
    return commands.propose_assessment(actor=actor, system_id=SYSTEM, now=NOW + 3 * MINUTE)


def assessed(actor: Actor) -> None:
    """Give a system an assessment with a decision, as tests of all registers need it."""
    second = join(actor.organisation_id, "editor", (), f"impact-{actor.organisation_id}@example.org".lower())
    proposed(actor, second)
    conditions = (Condition(text="Four eyes", owner=actor.person_id, due_on=date(2030, 1, 1)),)
    said = Proceeding(outcome=Outcome.CONDITIONS, reason="It helps more than it harms.", conditions=conditions)
    commands.decide(actor=actor, system_id=SYSTEM, said=said, seen=1, now=NOW + 4 * MINUTE)


READS: dict[str, tuple[str | int, ...]] = {
    "impact": (),
    "impact-method": (),
    "impact-system": ("credit-scoring",),
    "impact-law": ("credit-scoring", "fria"),
    "impact-difference": ("credit-scoring", 1),
}
WRITES: dict[str, tuple[str | int, ...]] = {
    "impact-method-propose": (),
    "impact-thresholds": (),
    "impact-retention": (),
    "impact-short": ("credit-scoring",),
    "impact-use": ("credit-scoring",),
    "impact-part": ("credit-scoring", "data"),
    "impact-effects": ("credit-scoring",),
    "impact-effect-add": ("credit-scoring",),
    "impact-effect": ("credit-scoring", "E1"),
    "impact-effect-drop": ("credit-scoring", "E2"),
    "impact-propose": ("credit-scoring",),
    "impact-hear": ("credit-scoring",),
    "impact-decide": ("credit-scoring",),
    "impact-condition-met": ("credit-scoring", 1),
    "impact-trace": ("credit-scoring",),
    "impact-disclose": ("credit-scoring",),
}
"""Pages of the register with what stands in their addresses, as tests of all registers try them."""
