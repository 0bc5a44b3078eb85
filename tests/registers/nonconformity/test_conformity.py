"""10.2 reaches CONFORMS by its steps alone, each a leaf of the log, and falls when the day of a step passes."""

from datetime import timedelta

import pytest

from clerestory.desk.approval import ApprovalRefused, approve, revoke
from clerestory.registers.nonconformity.queries import nonconformity
from clerestory.registers.nonconformity.rules import SIMILAR, Grade, Step
from clerestory.store import log
from clerestory.terms.status import Conformity
from tests.organisation import NOW
from tests.registers.conformity import conformity, judged
from tests.registers.nonconformity.walk import acted, analysed, confirmed, corrected, opened

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def third(member):
    """Give somebody who confirms effects: not the owner, not the approver."""
    return member("editor", ("designated_management",), "third@example.org")


def walk(actor, second, third):
    """Take every step but the last, an hour apart."""
    return [
        opened(actor),
        corrected(actor, now=NOW + HOUR),
        analysed(actor, second, now=NOW + 2 * HOUR),
        acted(actor, second, third, now=NOW + 3 * HOUR),
    ]


def test_10_2_conforms_once_somebody_else_confirmed_the_effect(actor, second, third):
    steps = walk(actor, second, third)
    steps.append(confirmed(third, now=NOW + 4 * HOUR))
    status = judged(actor, "10.2", NOW + 5 * HOUR)
    assert status.conformity is Conformity.CONFORMS, status.missing
    assert {step.entry_id for step in steps[1:]} <= set(status.because)
    places = [log.entry(actor.organisation_id, step.entry_id).position for step in steps]
    assert None not in places and places == sorted(places)
    assert nonconformity(actor, "NC-1").row.step is Step.CLOSED


@pytest.mark.parametrize("days, stands", [(14, Conformity.CONFORMS), (15, Conformity.STALE)])
def test_10_2_goes_stale_by_itself_when_the_day_of_the_correction_passes(actor, second, third, days, stands):
    walked_through(actor, second, third)
    opened(actor, now=NOW + DAY, title="Another")
    assert conformity(actor, "10.2", NOW + DAY + HOUR) is Conformity.CONFORMS
    assert conformity(actor, "10.2", NOW.replace(hour=12) + days * DAY) is stands


def walked_through(actor, second, third):
    """Close one nonconformity, so that each kind of answer was given once."""
    walk(actor, second, third)
    confirmed(third, now=NOW + 4 * HOUR)


def test_each_step_left_out_makes_10_2_stale_after_its_day(actor, second, third):
    walked_through(actor, second, third)
    opened(actor, now=NOW + DAY, title="Another")
    corrected(actor, "NC-2", now=NOW + DAY)
    assert conformity(actor, "10.2", NOW + 30 * DAY) is Conformity.CONFORMS
    assert conformity(actor, "10.2", NOW + 31 * DAY) is Conformity.STALE
    analysed(actor, second, "NC-2", now=NOW + 29 * DAY)
    assert conformity(actor, "10.2", NOW + 31 * DAY) is Conformity.CONFORMS
    assert conformity(actor, "10.2", NOW + 61 * DAY) is Conformity.STALE
    acted(actor, second, third, "NC-2", now=NOW + 50 * DAY)
    assert conformity(actor, "10.2", NOW + 61 * DAY) is Conformity.CONFORMS
    assert conformity(actor, "10.2", NOW + 121 * DAY) is Conformity.STALE
    confirmed(third, "NC-2", now=NOW + 119 * DAY)
    assert conformity(actor, "10.2", NOW + 121 * DAY) is Conformity.CONFORMS


def test_an_analysis_that_nobody_approved_does_not_count(actor, second, third):
    opened(actor)
    corrected(actor)
    made = analysed(actor, None)
    assert nonconformity(actor, "NC-1").row.step is Step.CAUSE
    status = judged(actor, "10.2", NOW + 31 * DAY)
    assert status.conformity is not Conformity.CONFORMS
    assert made.entry_id not in status.because


def test_like_cases_that_nobody_looked_for_are_missing_from_their_day_on(actor, second, third):
    walked_through(actor, second, third)
    opened(actor, now=NOW + DAY, title="Another")
    corrected(actor, "NC-2", now=NOW + DAY)
    analysed(actor, second, "NC-2", now=NOW + DAY, places=SIMILAR[:2])
    acted(actor, second, third, "NC-2", now=NOW + DAY + HOUR)
    confirmed(third, "NC-2", now=NOW + DAY + 2 * HOUR)
    assert conformity(actor, "10.2", NOW + 2 * DAY) is Conformity.CONFORMS
    status = judged(actor, "10.2", NOW + 40 * DAY)
    assert status.conformity is not Conformity.CONFORMS
    assert "NC-2 other processes" in str(status.missing)


def test_a_major_one_holds_its_requirement_as_nonconforming_until_its_effect_is_confirmed(actor, second, third):
    opened(actor, grade=Grade.MAJOR)
    assert conformity(actor, "A.6.2.8", NOW + HOUR) is Conformity.NONCONFORMING
    corrected(actor)
    analysed(actor, second)
    acted(actor, second, third)
    assert conformity(actor, "A.6.2.8", NOW + HOUR) is Conformity.NONCONFORMING
    confirmed(third, now=NOW + 2 * HOUR)
    assert conformity(actor, "A.6.2.8", NOW + 3 * HOUR) is Conformity.NOT_EVIDENCED


def test_an_action_without_effect_sends_it_back_to_the_cause_with_new_days(actor, second, third):
    walk(actor, second, third)
    later = NOW + 10 * DAY
    confirmed(third, now=later, effective=False)
    detail = nonconformity(actor, "NC-1")
    assert (detail.row.step, detail.row.cycle) == (Step.CAUSE, 2)
    assert detail.days.cause_by == (later + 30 * DAY).date()
    assert conformity(actor, "10.2", later + HOUR) is not Conformity.NONCONFORMING
    again = analysed(actor, second, now=later + DAY)
    assert log.entry(actor.organisation_id, again.entry_id).fact.supersedes
    acted(actor, second, third, now=later + 2 * DAY)
    confirmed(third, now=later + 3 * DAY)
    assert nonconformity(actor, "NC-1").row.step is Step.CLOSED
    assert conformity(actor, "10.2", later + 4 * DAY) is Conformity.CONFORMS


def test_nobody_takes_a_nonconformity_back_alone(actor, second, third):
    walked_through(actor, second, third)
    made = opened(actor, now=NOW + DAY, title="Another", grade=Grade.MAJOR)
    assert conformity(actor, "10.2", NOW + 40 * DAY) is not Conformity.CONFORMS
    gone = revoke(actor=actor, entry_id=made.entry_id, reason="It looks bad.", now=NOW + 2 * DAY)
    assert conformity(actor, "10.2", NOW + 40 * DAY) is not Conformity.CONFORMS
    assert conformity(actor, "A.6.2.8", NOW + 3 * DAY) is Conformity.NONCONFORMING
    assert nonconformity(actor, "NC-2").row.step is Step.CORRECTION
    with pytest.raises(ApprovalRefused, match="yourself"):
        approve(actor=actor, entry_id=gone, now=NOW + 2 * DAY)
    approve(actor=second, entry_id=gone, now=NOW + 3 * DAY)
    assert conformity(actor, "10.2", NOW + 40 * DAY) is Conformity.CONFORMS
    assert conformity(actor, "A.6.2.8", NOW + 4 * DAY) is not Conformity.NONCONFORMING
    assert nonconformity(actor, "NC-2").row.step is Step.TAKEN_BACK
