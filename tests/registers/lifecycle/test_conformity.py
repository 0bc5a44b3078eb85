"""What the register of the life cycle brings of 8.1 and A.5.2, and how it falls again."""

from datetime import timedelta

import pytest

from clerestory.desk.approval import approve, revoke
from clerestory.registers.inventory import commands as inventory
from clerestory.registers.inventory.rules import Stage
from clerestory.registers.lifecycle import commands, queries
from clerestory.registers.lifecycle.rules import Release
from clerestory.registers.organisation import commands as organisation
from clerestory.terms.status import Conformity
from tests.organisation import NOW
from tests.registers.conformity import conformity, judged
from tests.registers.impact.surroundings import proposed
from tests.registers.lifecycle.surroundings import ASSESSED, MINUTE, SYSTEM, process, wanted
from tests.registers.records import model, register, system

AT = NOW + timedelta(hours=2)
RELEASE = Release(system_id=SYSTEM, model_version=model().version_id, conditions=("all release checks pass",))


@pytest.fixture
def second(member):
    """Give a second person who signs for top management."""
    return member("editor", ("designated_management", "top_management"), "second@example.org")


@pytest.fixture
def running(actor):
    """Register the credit scoring system, at work and inside the scope."""
    register(actor, stage=Stage.OPERATION, in_scope=True)


def decided(actor, second):
    """Ask for a change and have it approved."""
    commands.request_change(actor=actor, said=wanted(), now=NOW)
    made = commands.assess_change(
        actor=actor, change_id="change-1", said=ASSESSED, expected_version=1, now=NOW + MINUTE
    )
    return approve(actor=second, entry_id=made.entry_id, now=NOW + 2 * MINUTE)


def test_a_change_approved_by_a_second_person_counts_for_8_1_and_no_longer_once_it_is_taken_back(
    actor, second, running
):
    standing = decided(actor, second)
    status = judged(actor, "8.1", AT)
    assert standing.entry_id in status.because
    revoke(actor=second, entry_id=standing.entry_id, reason="The tests were old", now=AT)
    assert standing.entry_id not in judged(actor, "8.1", AT + MINUTE).because


def test_criteria_of_a_process_count_for_8_1_once_a_second_person_approved_them(actor, second, running):
    organisation.register_process(actor=actor, process=process(actor), now=NOW)
    made = commands.set_criteria(
        actor=actor, process_id="retraining", criteria=["completeness >= 0.98"], now=NOW + MINUTE
    )
    assert made.entry_id not in judged(actor, "8.1", AT).because
    approve(actor=second, entry_id=made.entry_id, now=NOW + 2 * MINUTE)
    assert made.entry_id in judged(actor, "8.1", AT).because


def test_a_release_on_a_valid_assessment_brings_a_5_2_to_conforms_and_a_new_purpose_makes_it_old(
    actor, second, running, place
):
    inventory.register_model_version(actor=actor, model=model(), now=NOW)
    assert conformity(actor, "A.5.2", NOW) is Conformity.NOT_EVIDENCED
    made = proposed(actor, second)
    approve(actor=second, entry_id=made.entry_id, now=NOW + 4 * MINUTE)
    place()
    assert queries.valid_on(actor, SYSTEM, AT).is_valid
    released = commands.release(actor=actor, said=RELEASE, now=NOW + 10 * MINUTE)
    approve(actor=second, entry_id=released.entry_id, now=NOW + 11 * MINUTE)
    status = judged(actor, "A.5.2", AT)
    assert status.conformity is Conformity.CONFORMS, [str(m) for m in status.missing]
    changed = system(actor, stage=Stage.OPERATION, in_scope=True, purpose="Rank tenants")
    inventory.update_ai_system(actor=actor, system=changed, expected_version=1, now=AT)
    assert conformity(actor, "A.5.2", AT + MINUTE) is Conformity.STALE
    assert queries.valid_on(actor, SYSTEM, AT + MINUTE).why == "changed"


def test_a_release_without_an_assessment_never_holds_the_gate(actor, second, running):
    inventory.register_model_version(actor=actor, model=model(), now=NOW)
    made = commands.release(
        actor=actor,
        said=Release(system_id=SYSTEM, model_version=model().version_id, conditions=(), despite="It burns."),
        now=NOW,
    )
    approve(actor=second, entry_id=made.entry_id, now=NOW + MINUTE)
    assert conformity(actor, "A.5.2", AT) is Conformity.NOT_EVIDENCED
    assert made.entry_id not in judged(actor, "A.5.2", AT).because
