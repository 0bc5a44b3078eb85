"""Reviews of access: every known right, those of people who left first; kept or withdrawn, approved, due again."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from clerestory.desk.approval import approve
from clerestory.desk.lists import ListQuery
from clerestory.desk.people import change_membership
from clerestory.desk.permit import NotPermitted
from clerestory.desk.version import ChangedMeanwhile
from clerestory.registers.inventory import commands
from clerestory.registers.inventory.queries import duties
from clerestory.registers.inventory.queries.access import access_review, all_rights, next_due, rights_of
from clerestory.registers.inventory.rules import InventoryRefused
from clerestory.registers.inventory.rules.access import Right
from clerestory.store import log
from clerestory.store.log import Search
from clerestory.terms.day import DayUnusable
from clerestory.terms.text import TextUnusable
from tests.organisation import NOW
from tests.registers.records import LATER, dataset, register, system

DUE = NOW.date() + timedelta(days=14)
WHY = "Needed for the role."


@pytest.fixture
def opened(actor, second, member):
    """Open a review where somebody who left still answers for a system."""
    gone = member("editor", (), "gone@example.org")
    register(actor)
    commands.register_dataset_version(actor=actor, dataset=dataset(), now=NOW)
    commands.register_ai_system(actor=actor, system=replace(system(gone, "fraud"), name="Fraud alarm"), now=NOW)
    change_membership(organisation_id=actor.organisation_id, person_id=gone.person_id, ended_at=NOW)
    return commands.open_access_review(actor=actor, due_on=DUE, now=NOW)


def decide_all(actor, second, number) -> None:
    """Decide about everything, each about rights of others."""
    for right in all_rights(actor, number):
        by = second if right.person_id == actor.person_id else actor
        said = "withdraw" if right.has_left else "keep"
        commands.decide_right(actor=by, number=number, place=right.place, decision=said, reason=WHY)


def test_a_review_begins_with_every_right_that_records_name_and_those_of_who_left_first(actor, second, opened):
    rights = all_rights(actor, opened)
    assert (rights[0].person, rights[0].to, rights[0].has_left) == ("Gone", "Fraud alarm", True)
    assert [right.has_left for right in rights] == [True] + [False] * (len(rights) - 1)
    named = {(right.person, right.right, right.to) for right in rights}
    assert ("Ada Owner", "account: admin", "Clerestory") in named
    assert ("Second", "role: designated_management", "Clerestory") in named
    assert ("Ada Owner", "answers for it", "Credit scoring") in named
    assert {right.to_kind for right in rights} == {"organisation", "ai_system", "dataset_version"}


def test_a_review_is_decided_handed_in_approved_and_due_again_after_180_days(actor, second, opened):
    assert next_due(actor) is None
    decide_all(actor, second, opened)
    made = commands.hand_in_access_review(actor=actor, number=opened, now=LATER)
    fact = log.entry(actor.organisation_id, made.entry_id).fact
    assert (fact.values["accounts_checked"], fact.values["rights_removed"]) == (3, 1)
    assert fact.covers == ("AI systems", "accounts", "data")
    assert next_due(actor) is None  # nobody approved it
    approve(actor=second, entry_id=made.entry_id, now=LATER)
    assert next_due(actor) == LATER.date() + timedelta(days=180)
    before, after = LATER.date() + timedelta(days=100), LATER.date() + timedelta(days=160)
    commands.change_owner(actor=actor, system_id="fraud", owner=second.person_id, expected_version=1, now=LATER)
    assert [one for one in duties(actor, before) if one.topic == "access"] == []
    (duty,) = [one for one in duties(actor, after) if one.topic == "access"]
    assert duty.due_on == LATER.date() + timedelta(days=180)


def test_what_was_withdrawn_stays_a_duty_of_who_administers_until_it_is_really_gone(actor, second, opened):
    role = next(one.place for one in all_rights(actor, opened) if one.right == "role: designated_management")
    decide_all(actor, second, opened)
    commands.decide_right(
        actor=actor, number=opened, place=role, decision="withdraw", reason="Moved to another unit.", seen="keep"
    )
    commands.hand_in_access_review(actor=actor, number=opened, now=LATER)
    assert [one.title for one in duties(actor, LATER.date()) if one.topic == "access"] == [
        "Gone: answers for it, Fraud alarm",
        "Second: role: designated_management, Clerestory",
    ]
    assert [one for one in duties(second, LATER.date()) if one.topic == "access"] == []
    change_membership(organisation_id=actor.organisation_id, person_id=second.person_id, roles=())
    commands.change_owner(actor=actor, system_id="fraud", owner=second.person_id, expected_version=1, now=LATER)
    assert [one for one in duties(actor, LATER.date()) if one.topic == "access"] == []


def test_an_open_review_is_a_duty_of_who_administers_until_its_day(actor, second, opened):
    (duty,) = [one for one in duties(actor, NOW.date()) if one.topic == "access"]
    assert duty.due_on == DUE
    assert [one for one in duties(second, NOW.date()) if one.topic == "access"] == []


def test_nobody_decides_about_their_own_access_and_who_left_keeps_nothing(actor, second, opened):
    own = next(right for right in all_rights(actor, opened) if right.person_id == actor.person_id)
    with pytest.raises(InventoryRefused, match="own access"):
        commands.decide_right(actor=actor, number=opened, place=own.place, decision="keep", reason=WHY)
    with pytest.raises(InventoryRefused, match="left"):
        commands.decide_right(actor=actor, number=opened, place=1, decision="keep", reason=WHY)
    with pytest.raises(TextUnusable):
        commands.decide_right(actor=actor, number=opened, place=1, decision="withdraw", reason=" ")
    with pytest.raises(InventoryRefused, match="decided"):
        commands.decide_right(actor=actor, number=opened, place=1, decision="perhaps", reason=WHY)
    places = tuple(right.place for right in all_rights(actor, opened))
    with pytest.raises(InventoryRefused):
        commands.decide_rights(actor=actor, number=opened, places=places, decision="keep", reason=WHY)
    assert access_review(actor, opened).decided == 0


def test_keeping_many_at_once_overturns_nothing_that_somebody_withdrew(actor, second, member, opened):
    third = member("admin", (), "keeps@example.org")
    rights = [one for one in all_rights(actor, opened) if one.person_id == actor.person_id and not one.has_left][:2]
    withdrawn, other = (one.place for one in rights)
    keep = {"actor": third, "number": opened, "decision": "keep", "reason": "All fine."}
    commands.decide_right(actor=second, number=opened, place=withdrawn, decision="withdraw", reason=WHY)
    with pytest.raises(ChangedMeanwhile, match="decided otherwise"):
        commands.decide_rights(**keep, places=(withdrawn, other))
    assert commands.decide_rights(**keep, places=(other,)) == 1
    assert commands.decide_rights(**keep | {"reason": "Again."}, places=(other,)) == 0
    found = {one.place: (one.decision, one.reason) for one in all_rights(actor, opened)}
    assert (found[withdrawn], found[other]) == (("withdraw", WHY), ("keep", "All fine."))


def test_a_review_with_something_undecided_is_not_handed_in_and_only_one_is_open(actor, second, opened):
    with pytest.raises(InventoryRefused, match="undecided"):
        commands.hand_in_access_review(actor=actor, number=opened, now=LATER)
    assert log.search(actor.organisation_id, Search(kind="record.access_review")).total == 0
    with pytest.raises(InventoryRefused, match="open already"):
        commands.open_access_review(actor=actor, due_on=DUE, now=NOW)
    decide_all(actor, second, opened)
    commands.hand_in_access_review(actor=actor, number=opened, now=LATER)
    with pytest.raises(InventoryRefused, match="handed in"):
        commands.decide_right(actor=actor, number=opened, place=1, decision="withdraw", reason=WHY)
    with pytest.raises(InventoryRefused, match="passed"):
        commands.open_access_review(actor=actor, due_on=date(2020, 1, 1), now=NOW)
    with pytest.raises(DayUnusable, match="day of the review is 9999-12-31"):
        commands.open_access_review(actor=actor, due_on=date.max, now=NOW)


def test_of_two_who_decide_about_one_right_the_second_sees_it(actor, second, opened):
    commands.decide_right(actor=actor, number=opened, place=1, decision="withdraw", reason=WHY, seen="")
    with pytest.raises(ChangedMeanwhile):
        commands.decide_right(actor=second, number=opened, place=1, decision="withdraw", reason="x", seen="")
    assert all_rights(actor, opened)[0].reason == WHY


def test_a_right_that_no_record_names_is_added_and_who_may_not_administer_opens_nothing(actor, second, opened):
    right = Right(place=0, person="=cmd|' /C calc'!A0", person_id="", right="read", to="Data lake", to_kind="ai_system")
    commands.add_right(actor=actor, number=opened, right=right)
    page = rights_of(actor, opened, ListQuery(search="lake"))
    assert (page.total, page.rows[0].person) == (1, right.person)
    with pytest.raises(TextUnusable):
        commands.add_right(actor=actor, number=opened, right=replace(right, person=" "))
    with pytest.raises(NotPermitted):
        commands.open_access_review(actor=second, due_on=DUE, now=NOW)
