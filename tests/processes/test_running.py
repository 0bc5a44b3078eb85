"""A failed result about what runs opens a nonconformity of its deployment, and a later one is noted with it."""

from datetime import timedelta

from clerestory.intake.receive import receive
from clerestory.registers.nonconformity.queries import nonconformity, nonconformity_counts
from clerestory.store import sequencer
from clerestory.store.facts import forget
from tests.intake.running.served import DEPLOYMENT, LIVE, SERVICE, pushed
from tests.organisation import NOW
from tests.processes.conftest import followed

DAY = timedelta(days=1)


def measured(actor, folder, failed: int, *, at=NOW, deployment: str = DEPLOYMENT) -> None:
    folder.mkdir(exist_ok=True)
    receive(
        pushed(folder, LIVE + deployment + SERVICE, failed=failed, now=at), actor=actor, now=at + timedelta(minutes=1)
    )
    sequencer.sequence(actor.organisation_id)
    followed(actor, at=at + timedelta(minutes=2))


def test_a_service_that_fails_opens_a_nonconformity_and_its_recovery_is_noted(actor, tmp_path):
    forget()
    measured(actor, tmp_path / "a", 200)
    found = nonconformity(actor, "NC-1")
    assert found.row.requirement == "A.6.2.6"
    assert found.row.system_id == "credit-scoring"
    assert "operation.availability <= 0.02 on deployment:credit-scoring/branch-offices" in found.statement
    other = DEPLOYMENT.replace("branch-offices", "head-office")
    measured(actor, tmp_path / "b", 0, at=NOW + timedelta(minutes=10), deployment=other)
    assert [one.verdict for one in nonconformity(actor, "NC-1").results] == ["FAIL"]  # another deployment's
    measured(actor, tmp_path / "a", 0, at=NOW + timedelta(minutes=20))
    assert [one.verdict for one in nonconformity(actor, "NC-1").results] == ["FAIL", "PASS"]
    assert nonconformity_counts(actor, NOW.date()).open == 1
