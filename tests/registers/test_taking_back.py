"""Taking an entry back never makes less be asked for, nor brings back what a newer version had replaced."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clerestory.desk.approval import approve, open_proposals, revoke
from clerestory.desk.permit import NotPermitted
from clerestory.registers.context import commands as context
from clerestory.registers.context.queries.scope import approved_placement
from clerestory.registers.incidents import commands as concerns
from clerestory.registers.incidents import queries as heard
from clerestory.registers.incidents.rules import Outcome
from clerestory.registers.inventory.queries.records import ai_system
from clerestory.store import facts, sequencer
from tests.organisation import NOW
from tests.registers.context.surroundings import PLACE
from tests.registers.incidents.surroundings import in_force, procedure, spoken
from tests.registers.records import register

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def members(actor, kind):
    """Return the ids of the subjects that rules look at."""
    sequencer.sequence(actor.organisation_id)
    return [node.subject.id for node in facts.fact_index(actor.organisation_id).members(kind)]


def test_nobody_alone_takes_a_system_out_of_the_sight_of_the_rules(actor, second):
    register(actor, in_scope=True)
    entry = ai_system(actor, "credit-scoring").entry_id
    revoke(actor=actor, entry_id=entry, reason="It was never there", now=NOW + MINUTE)
    assert members(actor, "ai_system") == ["credit-scoring"]
    (waiting,) = open_proposals(second)
    approve(actor=second, entry_id=waiting.entry_id, now=NOW + 2 * MINUTE)
    assert members(actor, "ai_system") == []


def test_taking_back_that_a_system_is_inside_does_not_put_it_outside_again(actor, second):
    register(actor)
    outside = replace(PLACE, included=False, justification="A toy of the laboratory.")
    for minutes, said in enumerate((outside, PLACE)):
        placed = context.place_system(actor=actor, said=said, now=NOW + minutes * HOUR)
        approve(actor=second, entry_id=placed.membership.entry_id, now=NOW + minutes * HOUR + MINUTE)
    assert approved_placement(actor, "credit-scoring").included is True
    revoke(actor=actor, entry_id=placed.membership.entry_id, reason="I like it better outside", now=NOW + 2 * HOUR)
    assert approved_placement(actor, "credit-scoring").included is None
    again = context.place_system(actor=actor, said=PLACE, now=NOW + 3 * HOUR)
    assert again.membership is not None
    assert again.ai_role is None, "nobody took the roles back"


def test_who_no_longer_receives_concerns_does_not_become_a_receiver_by_taking_the_newer_procedure_back(
    actor, second, member
):
    third = member("editor", ("designated_management",), "third@example.org")
    in_force(actor, second)
    spoken(actor, now=NOW + MINUTE)
    newer = concerns.propose_procedure(actor=second, procedure=procedure(second, third), now=NOW + HOUR)
    approve(actor=third, entry_id=newer, now=NOW + HOUR + MINUTE)
    with pytest.raises(NotPermitted):
        heard.concern(actor, 1)
    revoke(actor=actor, entry_id=newer, reason="I want to read it", now=NOW + 2 * HOUR)
    with pytest.raises(NotPermitted):
        heard.concern(actor, 1)


def test_a_concern_whose_outcome_was_taken_back_waits_for_another_one(actor, second):
    in_force(actor, second)
    spoken(actor, now=NOW + MINUTE)
    said = Outcome(outcome="Nothing to it", answer="We looked.", not_involved=True)
    made = concerns.decide_outcome(actor=actor, number=1, outcome=said, now=NOW + HOUR)
    revoke(actor=second, entry_id=made, reason="Nobody looked", now=NOW + 2 * HOUR)
    assert heard.concern(second, 1).is_open
    assert heard.concern_counts(second, NOW.date()).open == 1
    again = replace(said, outcome="Corrected")
    concerns.decide_outcome(actor=second, number=1, outcome=again, now=NOW + 3 * HOUR)
    assert heard.concern(actor, 1).outcome == "Corrected"
