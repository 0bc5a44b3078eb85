"""A system's record says what was decided about its place, and nobody leaves a system out of the scope by hand."""

from dataclasses import replace

import pytest

from clerestory.desk.approval import approve, revoke
from clerestory.registers.context.commands.scope import place_system
from clerestory.registers.inventory.commands import register_ai_system, update_ai_system
from clerestory.registers.inventory.queries import ai_system as read_record
from clerestory.registers.inventory.rules import AIRole, InventoryRefused
from clerestory.registers.roles.commands import decide_system_duties
from clerestory.registers.roles.rules import SystemDuties
from clerestory.store import log, sequencer
from clerestory.terms.evidence import Machine
from tests.organisation import NOW
from tests.processes.conftest import HOUR, followed
from tests.registers.context.surroundings import PLACE
from tests.registers.records import register

LATER = NOW + HOUR
OUT = replace(PLACE, included=False, justification="It was never put to use.", roles=("producer",))


def hand_on(actor, at):
    """Give new entries their place and hand them to the processes."""
    sequencer.sequence(actor.organisation_id)
    followed(actor, at=at)


def test_the_record_follows_an_approved_decision_and_loses_it_when_that_is_taken_back(actor, second):
    register(actor, in_scope=None)
    placed = place_system(actor=actor, said=OUT, now=NOW)
    hand_on(actor, NOW)
    assert read_record(actor, "credit-scoring").system.in_scope is None
    for made in (placed.membership, placed.ai_role):
        approve(actor=second, entry_id=made.entry_id, now=LATER)
    hand_on(actor, LATER)
    record = read_record(actor, "credit-scoring")
    assert record.system.in_scope is False
    assert record.system.ai_role == (AIRole.PRODUCER,)
    fact = log.entry(actor.organisation_id, record.entry_id).fact
    assert isinstance(fact.produced_by, Machine)
    leaves = log.leaf_hashes(actor.organisation_id, [placed.membership.entry_id, placed.ai_role.entry_id])
    assert set(fact.caused_by) == set(leaves.values())
    hand_on(actor, LATER)
    assert read_record(actor, "credit-scoring").version == record.version
    revoke(actor=actor, entry_id=placed.membership.entry_id, reason="It is in use after all", now=LATER + HOUR)
    hand_on(actor, LATER + HOUR)
    assert read_record(actor, "credit-scoring").system.in_scope is None


def test_nobody_leaves_a_system_out_by_hand_at_first_or_later(actor):
    register(actor)
    held = read_record(actor, "credit-scoring")
    out = replace(held.system, in_scope=False)
    with pytest.raises(InventoryRefused, match="approved decision"):
        update_ai_system(actor=actor, system=out, expected_version=held.version, now=NOW)
    with pytest.raises(InventoryRefused, match="approved decision"):
        register_ai_system(actor=actor, system=replace(out, system_id="another"), now=NOW)
    assert read_record(actor, "credit-scoring") == held


def test_other_approvals_about_a_system_that_was_never_placed_change_nothing(actor, second):
    register(actor, in_scope=True)
    duties = SystemDuties(system_id="credit-scoring", held={"risk": second.person_id}, accountable=second.person_id)
    decided = decide_system_duties(actor=actor, duties=duties, now=NOW)
    approve(actor=second, entry_id=decided.entry_id, now=LATER)
    hand_on(actor, LATER)
    assert read_record(actor, "credit-scoring").system.in_scope is True
