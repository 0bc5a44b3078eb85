"""A.3.3 conforms by a procedure in force, a trial that arrived and concerns that are answered, and falls again."""

from dataclasses import replace
from datetime import timedelta

from clerestory.desk.approval import revoke
from clerestory.registers.incidents import commands
from clerestory.registers.incidents.rules import Outcome
from clerestory.terms.status import Conformity
from tests.organisation import NOW
from tests.registers.conformity import conformity, judged
from tests.registers.incidents.surroundings import SAID, in_force, spoken

DAY = timedelta(days=1)
DONE = Outcome(outcome="Explained and corrected", answer="You were right.", not_involved=True)


def tried(actor, second, now):
    """Send the message of a trial and let the other receiver find it; return the entry."""
    trial = commands.begin_trial(actor=actor, now=now)
    spoken(actor, replace(SAID, text=trial.word), now=now)
    return commands.end_trial(actor=second, number=trial.number, came_as=1, now=now)


def test_a_channel_that_was_tried_and_answers_conforms_until_its_trial_is_old_or_its_procedure_taken_back(
    actor, second
):
    assert conformity(actor, "A.3.3", NOW) is Conformity.NOT_EVIDENCED
    made = in_force(actor, second)
    tried(actor, second, NOW + DAY)
    spoken(actor, now=NOW + 2 * DAY)
    open_still = judged(actor, "A.3.3", NOW + 3 * DAY)
    assert [phrase.code for phrase in open_still.missing] == ["pending"]
    commands.decide_outcome(actor=second, number=2, outcome=DONE, now=NOW + 4 * DAY)
    status = judged(actor, "A.3.3", NOW + 5 * DAY)
    assert status.conformity is Conformity.CONFORMS, [str(m) for m in status.missing]
    assert conformity(actor, "A.3.3", NOW + 200 * DAY) is not Conformity.CONFORMS
    revoke(actor=actor, entry_id=made, reason="The receivers changed", now=NOW + 6 * DAY)
    assert conformity(actor, "A.3.3", NOW + 7 * DAY) is not Conformity.CONFORMS


def test_a_procedure_that_leaves_a_protection_out_or_a_trial_that_did_not_arrive_does_not_conform(actor, second):
    in_force(actor, second, safeguards=("confidential", "no reprisals", "qualified receiver", "escalation"))
    trial = commands.begin_trial(actor=actor, now=NOW)
    commands.end_trial(actor=second, number=trial.number, now=NOW + 8 * DAY)
    status = judged(actor, "A.3.3", NOW + 9 * DAY)
    assert status.conformity is Conformity.NOT_EVIDENCED
    assert "anonymous" in str(status.missing)
    assert "trial" in str(status.missing)
