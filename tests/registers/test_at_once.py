"""Two people who do something at the same moment: nobody is left alone, nobody is refused without need."""

from datetime import date

from clerestory.desk.approval import ApprovalRefused, approve, revoke, standings
from clerestory.desk.models import Membership
from clerestory.desk.people import LastAdministrator
from clerestory.registers.impact.commands import meet_condition
from clerestory.registers.impact.rules import ImpactRefused
from clerestory.registers.incidents import commands as incidents
from clerestory.registers.incidents.queries import TrialRecord
from clerestory.registers.incidents.rules import ConcernRefused, Outcome
from clerestory.registers.inventory import commands as inventory
from clerestory.registers.inventory.queries.triage import use
from clerestory.registers.inventory.rules import InventoryRefused, Stage
from clerestory.registers.inventory.rules.use import Question
from clerestory.registers.inventory.rules.use import State as UseState
from clerestory.registers.lifecycle import commands as lifecycle
from clerestory.registers.lifecycle.queries import change
from clerestory.registers.lifecycle.rules import State
from clerestory.registers.nonconformity import commands as nonconformity
from clerestory.registers.risk import commands as risk
from clerestory.registers.risk.queries import risk_record
from clerestory.registers.roles.commands import change_member, end_membership
from tests.organisation import NOW, found, join
from tests.registers.impact.surroundings import assessed
from tests.registers.incidents.surroundings import in_force, procedure, spoken
from tests.registers.lifecycle.surroundings import ASSESSED, wanted
from tests.registers.nonconformity.walk import opening
from tests.registers.records import LATER, register
from tests.registers.risk.risks import acceptance, decided, identified, version

DUE = date(2026, 12, 1)


def two(access="editor"):
    one = found()
    return one, join(one.organisation_id, access, (), "other@example.org")


def administrators(organisation_id):
    rows = Membership.objects.filter(organisation_id=organisation_id, access="admin", ended_at=None)
    return rows.count()


def refused(answers, kind):
    return sum(isinstance(answer, kind) for answer in answers)


def test_two_administrators_who_end_each_other_leave_one(at_once):
    one, other = two("admin")
    ended = at_once(
        lambda: end_membership(actor=one, person_id=other.person_id),
        lambda: end_membership(actor=other, person_id=one.person_id),
    )
    assert refused(ended, LastAdministrator) == 1
    assert administrators(one.organisation_id) == 1


def test_two_administrators_who_take_each_others_access_leave_one(at_once):
    one, other = two("admin")
    changed = at_once(
        lambda: change_member(actor=one, person_id=other.person_id, access="editor"),
        lambda: change_member(actor=other, person_id=one.person_id, access="viewer"),
    )
    assert refused(changed, LastAdministrator) == 1
    assert administrators(one.organisation_id) == 1


def test_two_who_open_a_record_each_get_a_number_of_their_own(at_once):
    one, other = two()
    opened = at_once(
        lambda: nonconformity.open_nonconformity(actor=one, opening=opening(one), now=NOW),
        lambda: nonconformity.open_nonconformity(actor=other, opening=opening(other), now=NOW),
    )
    assert {written.record_id for written in opened} == {"NC-1", "NC-2"}


def test_of_two_who_begin_the_one_thing_that_may_run_one_does(at_once):
    one, other = two("admin")
    opened = (lambda by=by: inventory.open_access_review(actor=by, due_on=DUE, now=NOW) for by in (one, other))
    reviews = at_once(*opened)
    assert refused(reviews, InventoryRefused) == 1
    in_force(one, other)
    trials = at_once(*(lambda by=by: incidents.begin_trial(actor=by) for by in (one, other)))
    assert (refused(trials, TrialRecord), refused(trials, ConcernRefused)) == (1, 1)


def test_of_two_approvals_by_one_person_one_counts_and_two_people_both_count(at_once):
    one, other = two()
    third = join(one.organisation_id, "editor", (), "third@example.org")
    made = incidents.propose_procedure(actor=one, procedure=procedure(one, other), now=NOW)
    said = at_once(*(lambda: approve(actor=other, entry_id=made),) * 2, lambda: approve(actor=third, entry_id=made))
    assert refused(said, ApprovalRefused) == 1


def two_who_sign():
    one, other = two()
    register(one, stage=Stage.OPERATION, in_scope=True)
    return one, other, join(one.organisation_id, "editor", (), "third@example.org")


def test_what_one_approves_while_another_takes_it_back_stands_as_its_evidence_does(at_once):
    one, other, third = two_who_sign()
    for _ in range(3):
        change_id = lifecycle.request_change(actor=one, said=wanted(), now=NOW).record_id
        made = lifecycle.assess_change(actor=one, change_id=change_id, said=ASSESSED, expected_version=1, now=NOW)
        at_once(
            lambda made=made: approve(actor=other, entry_id=made.entry_id, now=LATER),
            lambda made=made: revoke(actor=third, entry_id=made.entry_id, reason="It was wrong.", now=LATER),
        )
        standing = standings(one, (made.entry_id,))[made.entry_id]
        assert standing.revoked_at is not None
        assert change(one, change_id).state is State.ASKED, "it was taken back, so nobody may make it"


def test_a_use_that_one_approves_while_another_refuses_it_stands_as_its_evidence_does(at_once):
    one, other, third = two_who_sign()
    for number in range(3):
        question = Question(f"Summarise letters {number}", "credit-scoring", ("personal data",))
        use_id = inventory.ask_for_use(actor=one, question=question, now=NOW).record_id
        at_once(
            lambda use_id=use_id: inventory.approve_use(actor=other, use_id=use_id, now=LATER),
            lambda use_id=use_id: inventory.refuse_use(actor=third, use_id=use_id, reason="Too much.", now=LATER),
        )
        assert use(one, use_id).state is UseState.REFUSED


def test_what_two_take_back_at_once_is_taken_back_once(at_once):
    one, other, third = two_who_sign()
    made = lifecycle.request_change(actor=one, said=wanted(), now=NOW)
    back = (
        lambda by=by: revoke(actor=by, entry_id=made.entry_id, reason="It was wrong.", now=LATER)
        for by in (other, third)
    )
    assert refused(at_once(*back), ApprovalRefused) == 1


def test_an_older_acceptance_approved_while_its_owner_accepts_anew_leaves_nobody_with_an_error_of_the_database(at_once):
    one, *_rest = two_who_sign()
    boss = join(one.organisation_id, "editor", ("designated_management",), "boss@example.org")
    identified(one)
    decided(one)
    signed = {"actor": one, "risk_id": "R-1", "acceptance": acceptance(DUE), "now": NOW}
    made = risk.accept_risk(**signed, expected_version=version(one))
    again, seen = signed | {"now": LATER}, version(one)
    said = at_once(
        lambda: risk.accept_risk(**again, expected_version=seen),
        lambda: approve(actor=boss, entry_id=made.entry_id, now=LATER),
        where="evidence.written",
    )
    assert not any(one is None for one in said), "each was done, or refused with what to do"
    older = standings(one, (made.entry_id,))[made.entry_id]
    record = risk_record(one, "R-1")
    assert record.accepted_by_two == (older.is_approved and older.replaced_at is None)


def test_a_condition_is_met_once_by_two_at_once(at_once):
    one, other = two()
    register(one, in_scope=True)
    assessed(one)
    met = (
        lambda by=by: meet_condition(actor=by, system_id="credit-scoring", decision=1, place=1, how="Done.", now=LATER)
        for by in (one, other)
    )
    assert refused(at_once(*met), ImpactRefused) == 1


def test_a_concern_is_answered_once_by_two_at_once(at_once):
    one, other = two()
    in_force(one, other)
    spoken(one)
    done = Outcome(outcome="Explained", answer="We looked.", not_involved=True)
    ended = at_once(*(lambda by=by: incidents.decide_outcome(actor=by, number=1, outcome=done) for by in (one, other)))
    assert refused(ended, ConcernRefused) == 1
