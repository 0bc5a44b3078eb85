"""Changes as tests need them: of the credit scoring system, which is at work."""

from dataclasses import replace
from datetime import date, timedelta

from clerestory.desk.actor import Actor
from clerestory.registers.lifecycle.rules import Aspect, Assessment, Change, Level, Renewal
from clerestory.registers.organisation.rules.record import Process
from tests.organisation import NOW

SYSTEM = "credit-scoring"
MINUTE = timedelta(minutes=1)
ASSESSED = Assessment(
    renew=(Renewal.RISK, Renewal.TESTS), nothing_to_renew=False, risk_before=Level.MEDIUM, risk_after=Level.LOW,
    effect="Fewer wrong refusals; the groups affected stay the same.", rollback="Put version 2 back within an hour.",
)  # fmt: skip


def wanted(**changes: object) -> Change:
    """Return a change of the model, wanted and planned."""
    plain = Change(
        system_id=SYSTEM, title="New model with fresh data", aspects=(Aspect.MODEL, Aspect.DATA),
        why="Scores drifted since summer.", decide_by=NOW.date() + timedelta(days=14),
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def process(actor: Actor) -> Process:
    """Return the process of training again, whose first run lies ahead."""
    return Process(
        process_id="retraining", name="Retraining", clause_family="8", owner=actor.person_id, interval="P1M",
        first_run_on=date(2026, 12, 1),
    )  # fmt: skip
