"""Requirements 5.3 and A.3.2 reach CONFORMS through commands alone, and fall again."""

from datetime import timedelta

import pytest

from clerestory.catalogue.load import load
from clerestory.desk.approval import ApprovalRefused, approve, open_proposals, revoke
from clerestory.registers.inventory import commands as inventory
from clerestory.registers.inventory.rules import Stage
from clerestory.registers.roles import commands
from clerestory.registers.roles.rules import CONFORMITY_DUTY, Assignment, Role, SystemDuties
from clerestory.terms.status import Conformity
from tests.organisation import NOW
from tests.registers.conformity import conformity, judged
from tests.registers.records import register

OVERSEER = Role(role_id="overseer", name="Overseer", has_ai_duties=True, duties=("oversight",))
MINUTE = timedelta(minutes=1)


@pytest.fixture
def boss(member):
    """Give top management."""
    return member("editor", ("top_management",), "boss@example.org")


def assign(actor, holder, approver, *, at, role_id="overseer", duty="oversight"):
    made = commands.assign_role(
        actor=actor, assignment=Assignment(role_id=role_id, duty=duty, holder=holder.person_id), now=at
    )
    approve(actor=approver, entry_id=made.entry_id, now=at + MINUTE)
    return made


@pytest.fixture
def in_order(actor, second, boss):
    """Fulfil 5.3; give the entries that it rests on."""
    commands.define_role(actor=actor, role=OVERSEER, now=NOW)
    given = assign(actor, second, boss, at=NOW + MINUTE)
    accepted = commands.accept_role(actor=second, role_id="overseer", now=NOW + 3 * MINUTE)
    answers = assign(actor, second, boss, at=NOW + 3 * MINUTE, role_id=None, duty=CONFORMITY_DUTY)
    report = commands.report_performance(
        actor=second, received_by=["top_management"], topics=["status"], summary="Status told.", now=NOW + 5 * MINUTE
    )
    approve(actor=boss, entry_id=report.entry_id, now=NOW + 6 * MINUTE)
    return {"given": given, "accepted": accepted, "answers": answers, "report": report}


AT = NOW + timedelta(hours=1)


def test_assigned_accepted_and_reported_roles_conform_to_5_3(actor, in_order):
    status = judged(actor, "5.3", AT)
    assert status.conformity is Conformity.CONFORMS, status
    assert {made.entry_id for made in in_order.values()} <= set(status.because)


def test_a_report_counts_once_top_management_signed_that_it_reached_them(actor, second, boss, in_order):
    late = AT + timedelta(days=200)
    renew = assign(actor, second, boss, at=late, role_id=None, duty=CONFORMITY_DUTY)
    made = commands.report_performance(
        actor=second, received_by=["top_management"], topics=["status"], summary="Told.", now=late + 2 * MINUTE
    )
    alone = judged(actor, "5.3", late + 60 * MINUTE)
    assert (alone.conformity, renew.entry_id in alone.because) == (Conformity.STALE, True)
    with pytest.raises(ApprovalRefused, match="top management"):
        approve(actor=actor, entry_id=made.entry_id, now=late + 3 * MINUTE)
    approve(actor=boss, entry_id=made.entry_id, now=late + 3 * MINUTE)
    assert conformity(actor, "5.3", late + 60 * MINUTE) is Conformity.CONFORMS


def test_a_role_that_was_only_proposed_does_not_conform(actor, second, boss):
    commands.define_role(actor=actor, role=OVERSEER, now=NOW)
    commands.assign_role(
        actor=actor,
        assignment=Assignment(role_id="overseer", duty="oversight", holder=second.person_id),
        now=NOW,
    )
    assert conformity(actor, "5.3", AT) is Conformity.NOT_EVIDENCED


def test_the_duty_to_answer_for_conformity_is_approved_by_top_management_only(actor, second, boss, in_order):
    revoke(actor=actor, entry_id=in_order["answers"].entry_id, reason="given again", now=AT)
    made = commands.assign_role(
        actor=actor,
        assignment=Assignment(role_id=None, duty=CONFORMITY_DUTY, holder=second.person_id),
        now=AT,
    )

    with pytest.raises(ApprovalRefused, match="top management"):
        approve(actor=second, entry_id=made.entry_id, now=AT + MINUTE)


@pytest.mark.parametrize("name", ["given", "accepted", "answers", "report"])
def test_5_3_falls_when_any_of_its_records_is_taken_back(actor, in_order, name):
    revoke(actor=actor, entry_id=in_order[name].entry_id, reason="recorded by mistake", now=AT)
    assert conformity(actor, "5.3", AT) is Conformity.STALE
    assert conformity(actor, "5.3", AT - MINUTE) is Conformity.CONFORMS


def test_5_3_goes_stale_when_the_report_grows_old(actor, in_order):
    assert conformity(actor, "5.3", NOW + timedelta(days=179)) is Conformity.CONFORMS
    assert conformity(actor, "5.3", NOW + timedelta(days=181)) is Conformity.STALE


def test_a_new_holder_asks_for_assignment_and_acceptance_anew(actor, boss, in_order):
    assign(actor, actor, boss, at=AT)
    status = judged(actor, "5.3", AT + 5 * MINUTE)
    assert status.conformity in (Conformity.STALE, Conformity.NOT_EVIDENCED)
    commands.accept_role(actor=actor, role_id="overseer", now=AT + 6 * MINUTE)
    assert conformity(actor, "5.3", AT + 7 * MINUTE) is not Conformity.CONFORMS


def test_5_3_conforms_again_when_every_holder_accepted_after_the_change(actor, second, boss, in_order):
    assign(actor, actor, boss, at=AT)
    for holder in (actor, second):
        commands.accept_role(actor=holder, role_id="overseer", now=AT + 5 * MINUTE)
    assert conformity(actor, "5.3", AT + 6 * MINUTE) is Conformity.CONFORMS


def decide(actor, second, *, left_out=(), at=AT):
    duties = [duty for duty in load().coverages["ai_duties"].items if duty not in left_out]
    return commands.decide_system_duties(
        actor=actor,
        duties=SystemDuties(
            system_id="credit-scoring",
            held=dict.fromkeys(duties, second.person_id),
            accountable=actor.person_id,
        ),
        now=at,
    )


def test_held_and_accepted_duties_conform_to_a_3_2(actor, second, boss, in_order):
    register(actor, in_scope=True)
    made = decide(actor, second)
    assert conformity(actor, "A.3.2", AT + MINUTE) is Conformity.NOT_EVIDENCED
    approve(actor=boss, entry_id=made.entry_id, now=AT + 2 * MINUTE)
    status = judged(actor, "A.3.2", AT + 3 * MINUTE)
    assert status.conformity is Conformity.CONFORMS, status


def test_a_duty_that_nobody_holds_is_named_as_missing(actor, second, boss, in_order):
    register(actor, in_scope=True)
    approve(actor=boss, entry_id=decide(actor, second, left_out=("privacy",)).entry_id, now=AT + MINUTE)
    status = judged(actor, "A.3.2", AT + 2 * MINUTE)
    assert status.conformity is Conformity.NOT_EVIDENCED
    assert "privacy" in str(status.missing)


def test_one_system_without_duties_keeps_a_3_2_from_conforming(actor, second, boss, in_order):
    register(actor, in_scope=True)
    approve(actor=boss, entry_id=decide(actor, second).entry_id, now=AT + MINUTE)
    from tests.registers.records import system

    inventory.register_ai_system(actor=actor, system=system(actor, "fraud"), now=AT + MINUTE)
    assert conformity(actor, "A.3.2", AT + 2 * MINUTE) is Conformity.NOT_EVIDENCED
    inventory.change_stage(
        actor=actor, system_id="fraud", stage=Stage.RETIREMENT, expected_version=1, now=AT + 3 * MINUTE
    )
    assert conformity(actor, "A.3.2", AT + 3 * MINUTE) is Conformity.NOT_EVIDENCED, "nobody else agreed"
    (waits,) = open_proposals(second)
    approve(actor=second, entry_id=waits.entry_id, now=AT + 4 * MINUTE)
    assert conformity(actor, "A.3.2", AT + 4 * MINUTE) is Conformity.CONFORMS


def test_a_3_2_falls_when_the_decision_or_its_approval_is_taken_back_or_grows_old(actor, second, boss, in_order):
    register(actor, in_scope=True)
    made = decide(actor, second)
    (given,) = approve(actor=boss, entry_id=made.entry_id, now=AT + MINUTE).approvals
    assert conformity(actor, "A.3.2", AT + 2 * MINUTE) is Conformity.CONFORMS
    assert conformity(actor, "A.3.2", AT + timedelta(days=366)) is Conformity.STALE
    revoke(actor=boss, entry_id=given.entry_id, reason="approved the wrong version", now=AT + 3 * MINUTE)
    assert conformity(actor, "A.3.2", AT + 4 * MINUTE) in (Conformity.STALE, Conformity.NOT_EVIDENCED)
