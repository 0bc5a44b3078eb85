"""A check that fails and a control that no longer conforms stop lowering the risks that rely on them, by themselves."""

from datetime import timedelta

import pytest

from clerestory.jobs.bearing import look_at
from clerestory.registers.risk.queries import risk_record
from clerestory.registers.risk.queries.residual import bearings_of
from clerestory.registers.risk.rules.risk import Nature, Reduction, Treatment
from clerestory.registers.risk.rules.scale import Level
from clerestory.store import log, sequencer
from tests.organisation import NOW
from tests.processes.conftest import CONTRACT, HOUR, entry_of, followed
from tests.registers.policy.test_conformity import confirmed, in_force
from tests.registers.records import register
from tests.registers.risk.risks import HIGH, agreed, identified

DAY = timedelta(days=1)


def lowered_by(actor, measure: str, *, at) -> None:
    """Decide that one measure lowers the risk by two steps."""
    said = Reduction(measure=measure, why="Broken rows are what brings it about", likelihood=2)
    named = {"tests": (measure,)} if "|" in measure else {"controls": (measure,)}
    agreed(
        actor, at=at, treatment=Treatment.MODIFY, nature=Nature.TECHNICAL, reductions=(said,), **named
    )  # fmt: skip


def level(actor) -> Level | None:
    return risk_record(actor, "R-1").level


def test_a_check_lowers_a_risk_while_it_passes_and_its_failure_raises_it_at_once(actor, push):
    receipt = push(0)
    subject = log.entry(actor.organisation_id, entry_of(receipt)).fact.subject
    identified(actor, HIGH, at=NOW)
    name = f"{CONTRACT}|{subject}"
    lowered_by(actor, name, at=NOW)
    sequencer.sequence(actor.organisation_id)
    assert level(actor) is Level.HIGH, "nobody judged it yet"
    assert look_at(actor.organisation_id, NOW + HOUR) == 1
    assert level(actor) is Level.MEDIUM
    failed = push(40, at=NOW + 2 * HOUR)
    same = f"{CONTRACT}|{log.entry(actor.organisation_id, entry_of(failed)).fact.subject}"
    lowered_by(actor, same, at=NOW + 3 * HOUR)
    sequencer.sequence(actor.organisation_id)
    look_at(actor.organisation_id, NOW + 3 * HOUR)
    assert bearings_of(actor, [same])[same].state == "FAIL"
    assert level(actor) is Level.HIGH


def test_a_result_that_aged_shows_nothing_about_now(actor, push):
    receipt = push(0)
    name = f"{CONTRACT}|{log.entry(actor.organisation_id, entry_of(receipt)).fact.subject}"
    identified(actor, HIGH, at=NOW)
    lowered_by(actor, name, at=NOW)
    sequencer.sequence(actor.organisation_id)
    followed(actor, at=NOW + HOUR)
    look_at(actor.organisation_id, NOW + HOUR)
    assert level(actor) is Level.MEDIUM
    assert look_at(actor.organisation_id, NOW + 91 * DAY) == 1
    assert (level(actor), bearings_of(actor, [name])[name].state) == (Level.HIGH, "AGED")


def test_a_control_lowers_a_risk_while_it_conforms_by_the_same_judgement_as_the_board(actor, member):
    boss = member("editor", ("designated_management", "top_management"), "second@example.org")
    register(actor)
    identified(actor, HIGH, at=NOW)
    lowered_by(actor, "A.2.2", at=NOW)
    sequencer.sequence(actor.organisation_id)
    assert look_at(actor.organisation_id, NOW + HOUR) == 0
    assert bearings_of(actor, ["A.2.2"])["A.2.2"].state == "NOT_EVIDENCED"
    in_force(actor, boss, at=NOW + HOUR)
    confirmed(actor, boss, at=NOW + HOUR + HOUR / 2)
    sequencer.sequence(actor.organisation_id)
    assert look_at(actor.organisation_id, NOW + 2 * HOUR) == 1
    assert level(actor) is Level.MEDIUM
    assert look_at(actor.organisation_id, NOW + 400 * DAY) == 1, "by time alone"
    record = risk_record(actor, "R-1")
    assert (record.level, record.failing) == (Level.HIGH, 1)
    assert bearings_of(actor, ["A.2.2"])["A.2.2"].reason


@pytest.mark.parametrize("broken, state", [(0, "PASS"), (40, "FAIL")])
def test_a_pushed_result_is_followed_without_waiting_for_the_round(actor, push, broken, state):
    register(actor)
    receipt = push(0)
    identified(actor, HIGH, at=NOW)
    for run in (receipt, push(broken, at=NOW + HOUR, hand_over=False)):
        name = f"{CONTRACT}|{log.entry(actor.organisation_id, entry_of(run)).fact.subject}"
    lowered_by(actor, name, at=NOW + HOUR)
    sequencer.sequence(actor.organisation_id)
    followed(actor, at=NOW + 2 * HOUR)
    assert bearings_of(actor, [name])[name].state == state
    assert level(actor) is (Level.MEDIUM if state == "PASS" else Level.HIGH)
