"""Two people who do something at the same moment: nobody is left alone, nobody is refused without need."""

from datetime import date

from clerestory.desk.approval import ApprovalRefused, approve
from clerestory.desk.models import Membership
from clerestory.desk.people import LastAdministrator
from clerestory.registers.incidents import commands as incidents
from clerestory.registers.incidents.queries import TrialRecord
from clerestory.registers.incidents.rules import ConcernRefused
from clerestory.registers.inventory import commands as inventory
from clerestory.registers.inventory.rules import InventoryRefused
from clerestory.registers.nonconformity import commands as nonconformity
from clerestory.registers.roles.commands import change_member, end_membership
from tests.organisation import NOW, found, join
from tests.registers.incidents.surroundings import in_force, procedure
from tests.registers.nonconformity.walk import opening

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
