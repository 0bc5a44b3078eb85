"""Committees meet with an agenda of what waits, decide with a quorum only, and their decisions lead to records."""

import io
import zipfile
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.utils.translation import override

from clerestory.desk.approval import approve, revoke
from clerestory.desk.models import Notice
from clerestory.desk.people import NotAMember, member_names
from clerestory.desk.version import ChangedMeanwhile
from clerestory.registers.applicability.commands import decide_applicability
from clerestory.registers.applicability.rules import Decision as Applies
from clerestory.registers.applicability.rules import Ground
from clerestory.registers.policy import commands as policies
from clerestory.registers.policy.rules import MAIN, Alignment
from clerestory.registers.roles import commands
from clerestory.registers.roles.queries import committee as queries
from clerestory.registers.roles.rules import RoleRefused
from clerestory.registers.roles.rules.committee import Decision, Item, Minutes, Seat
from clerestory.report.agenda import agenda
from clerestory.store import log, trace
from clerestory.terms.day import DayUnusable
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import RequirementId
from tests.organisation import NOW, found
from tests.registers.policy.surroundings import DRAFT, policy
from tests.registers.roles.council import council, said
from tests.registers.test_pages import signed_in

MINUTE = timedelta(minutes=1)
MONTH = timedelta(days=40)
TODAY = NOW.date()


@pytest.fixture
def people(actor):
    """Give who sits in the committee, the owner first."""
    return council(actor)


def minutes(*present, decisions=(), held_on=TODAY, text="We looked at all of it."):
    return Minutes(
        held_on=held_on, present=tuple(who.person_id for who in present), text=text, decisions=tuple(decisions)
    )


def write(actor, what, version=0, number=1, now=NOW + MINUTE):
    return commands.write_minutes(
        actor=actor, committee_id="ai-council", number=number, said=what, expected_version=version, now=now
    )


def test_the_agenda_is_built_from_what_is_late_and_what_waits_for_approval(actor, second, place):
    policies.begin_policy(actor=actor, said=policy(actor), draft=DRAFT, now=NOW)
    other = "Information security policy"
    against = Alignment(compared=(other,), conflicts=((other, "It allows any AI service.", date(2026, 12, 15)),))
    policies.compare_policies(actor=actor, said=against, now=NOW)
    place()
    first = agenda(actor, now=NOW + MINUTE)
    assert {one.why for one in first} == {"waits for approval"}
    assert ("policy", MAIN) in {(one.kind, one.id) for one in first}
    late = [one for one in agenda(actor, now=NOW + MONTH) if one.why == "late"]
    assert [(one.title, one.day) for one in late] == [("policy conflict 1", date(2026, 12, 15))]
    amended = policies.amend(actor=actor, number=1, amended="version 2", now=NOW + MINUTE)
    approve(actor=second, entry_id=amended.entry_id, now=NOW + 2 * MINUTE)
    place()
    assert not [one for one in agenda(actor, now=NOW + MONTH) if one.why == "late"]
    assert agenda(found("Other Bank", email="other@example.org"), now=NOW + MONTH) == ()


def test_many_proposals_of_one_kind_hide_none_of_another_on_the_agenda(actor, second):
    for control in ("A.2.2", "A.2.3", "A.2.4", "A.3.2", "A.3.3"):
        said = Applies(control=RequirementId(control), included=True, justification="We build AI.", ground=Ground.NONE)
        decide_applicability(actor=actor, decision=said, now=NOW)
    policies.begin_policy(actor=actor, said=policy(actor), draft=DRAFT, now=NOW + MINUTE)
    titles = [one.title for one in agenda(actor, now=NOW + 2 * MINUTE)]
    assert titles == [
        "A.2.2 applies",
        "A.2.3 applies",
        "A.2.4 applies, and 2 more of this sort",
        "Ai policy, version 1",
    ]
    with override("de"):
        last = agenda(actor, now=NOW + 2 * MINUTE)[2].title
    assert last == "A.2.4 gilt, und 2 weitere dieser Art"


def test_a_meeting_is_told_to_its_members_and_its_decisions_lead_to_the_records(actor, people):
    policies.begin_policy(actor=actor, said=policy(actor), draft=DRAFT, now=NOW)
    asked = Item("AI policy", "waits for approval", "/policy/ai-policy/", "policy", MAIN)
    points = [asked, Item("More", "late", "/x/")]
    number = commands.call_meeting(
        actor=actor, committee_id="ai-council", planned_for=NOW.date(), agenda=points, now=NOW
    )
    told = Notice.objects.filter(organisation_id=actor.organisation_id, key=f"meeting/ai-council/{number}")
    assert set(told.values_list("person_id", flat=True)) == {who.person_id for who in people}
    made = write(actor, minutes(people[0], people[1], decisions=[Decision(0, "We keep it as it is.")]), number=number)
    links = trace.links_from(actor.organisation_id, "meeting", f"ai-council/{number}")
    assert ("decided on", "policy", MAIN) in {(link.relation, link.to_kind, link.to_id) for link in links}
    record = queries.meeting(actor, "ai-council", number)
    assert [(item.title, text) for item, text in record.decided] == [("AI policy", "We keep it as it is.")]
    assert not record.standing.is_approved
    approve(actor=people[1], entry_id=made.entry_id, now=NOW + 2 * MINUTE)
    assert queries.meeting(actor, "ai-council", number).standing.is_approved
    fact = log.entry(actor.organisation_id, made.entry_id).fact
    assert (fact.values["quorate"], fact.values["decisions"]) == (True, 1)
    revoke(actor=people[1], entry_id=made.entry_id, reason="The wrong policy", now=NOW + 3 * MINUTE)
    assert not queries.meeting(actor, "ai-council", number).standing.is_approved


def test_without_a_quorum_nothing_is_decided_but_minutes_are_kept(actor, people):
    alone = minutes(people[0], decisions=[Decision(0, "Approved by me.")])
    with pytest.raises(RoleRefused, match="nothing is decided"):
        write(actor, alone)
    assert queries.meeting(actor, "ai-council", 1).version == 0
    made = write(actor, replace(alone, decisions=()))
    assert log.entry(actor.organisation_id, made.entry_id).fact.values["quorate"] is False


@pytest.mark.parametrize(
    "changes, says",
    [
        ({"held_on": date(2026, 12, 24)}, "still to come"),
        ({"held_on": date(1, 1, 1)}, "called on .* held on 0001-01-01"),
        ({"held_on": TODAY - timedelta(days=1)}, "was called on"),
        ({"present": ()}, "Nobody was there"),
        ({"present": ("person-stranger",)}, "no member of the committee"),
        ({"text": " "}, "minutes"),
        ({"decisions": (Decision(7, "What?"),)}, "no point 8"),
    ],
)
def test_minutes_that_cannot_be_are_refused_and_nothing_is_written(actor, people, changes, says):
    with pytest.raises(ClerestoryError, match=says):
        write(actor, replace(minutes(*people), **changes))
    assert queries.meeting(actor, "ai-council", 1).version == 0


def test_the_second_of_two_who_write_the_minutes_sees_the_conflict(actor, people):
    write(actor, minutes(*people, text="First."))
    with pytest.raises(ChangedMeanwhile):
        write(people[1], minutes(*people, text="Second."))
    write(people[1], minutes(*people, text="Both."), version=1)
    assert queries.meeting(actor, "ai-council", 1).minutes.text == "Both."


def test_a_committee_is_of_several_people_and_functions_and_meets_once_it_is_approved(actor, second, member):
    third = member("editor", (), "third@example.org")
    fine = said(actor, second, third)
    for wrong, says in (
        (replace(fine, seats=fine.seats[:2]), "fewer than three"),
        (replace(fine, seats=tuple(Seat(seat.person, "Law") for seat in fine.seats)), "one function"),
        (replace(fine, quorum=4), "quorum"),
        (replace(fine, seats=(*fine.seats, fine.seats[0])), "twice"),
    ):
        with pytest.raises(RoleRefused, match=says):
            commands.constitute(actor=actor, said=wrong, now=NOW)
    with pytest.raises(NotAMember):
        commands.constitute(actor=actor, said=replace(fine, seats=(*fine.seats, Seat("person-x", "Law"))), now=NOW)
    assert queries.committees(actor) == ()
    made = commands.constitute(actor=actor, said=fine, now=NOW)
    with pytest.raises(RoleRefused, match="not approved"):
        commands.call_meeting(actor=actor, committee_id="ai-council", planned_for=NOW.date(), agenda=(), now=NOW)
    approve(actor=second, entry_id=made.entry_id, now=NOW)
    assert (
        commands.call_meeting(actor=actor, committee_id="ai-council", planned_for=NOW.date(), agenda=(), now=NOW) == 1
    )
    with pytest.raises(RoleRefused, match="past"):
        commands.call_meeting(actor=actor, committee_id="ai-council", planned_for=date(2026, 1, 1), agenda=(), now=NOW)
    with pytest.raises(DayUnusable):
        commands.call_meeting(actor=actor, committee_id="ai-council", planned_for=date.max, agenda=(), now=NOW)


def test_what_only_waits_for_approval_gives_nobody_a_seat_and_lowers_no_quorum(actor, member):
    first, second, third, fourth = (member() for _ in range(4))
    large = said(actor, first, second, third, quorum=4)
    made = commands.constitute(actor=actor, said=large, now=NOW)
    approve(actor=first, entry_id=made.entry_id, now=NOW)
    points = [Item("A policy waits", "waits for approval", "/policy/ai-policy/")]
    call = {"actor": actor, "committee_id": "ai-council", "planned_for": TODAY, "agenda": points}
    commands.call_meeting(**call, now=NOW)
    draft = said(actor, fourth, first, quorum=2)
    commands.constitute(actor=actor, said=draft, expected_version=1, now=NOW + MINUTE)
    record = queries.committee(actor, "ai-council")
    assert (record.committee, record.in_force) == (draft, large)
    decided = [Decision(0, "We keep it.")]
    with pytest.raises(RoleRefused, match="no member of the committee"):
        write(actor, minutes(actor, fourth, decisions=decided))
    with pytest.raises(RoleRefused, match="2 of the 4"):
        write(actor, minutes(actor, first, decisions=decided))
    write(actor, minutes(actor, first, second, third, decisions=decided))
    assert commands.call_meeting(**call, now=NOW + MINUTE) == 2, "what is in force goes on meeting"
    approve(actor=first, entry_id=queries.committee(actor, "ai-council").entry_id, now=NOW + MINUTE)
    assert queries.committee(actor, "ai-council").in_force == draft


def renewed(actor, *people, at):
    """Give the committee other seats, approved by another."""
    made = commands.constitute(actor=actor, said=said(*people, quorum=2), expected_version=1, now=at)
    approve(actor=people[1], entry_id=made.entry_id, now=at)


def test_a_meeting_keeps_the_seats_of_its_day_whoever_sits_in_the_committee_now(actor, people, member):
    newcomer = member("editor", (), "newcomer@example.org")
    write(actor, minutes(actor, people[1]))
    renewed(actor, actor, people[1], newcomer, at=NOW + MONTH)
    body = queries.committee(actor, "ai-council")
    assert [seat.person for seat in body.on(TODAY).seats] == [who.person_id for who in people]
    assert newcomer.person_id in [seat.person for seat in body.on(TODAY + MONTH).seats]
    assert body.on(TODAY - timedelta(days=1)) is None
    page = signed_in("owner@example.org").get("/roles/committees/ai-council/1/", {"export": "docx"})
    paper = zipfile.ZipFile(io.BytesIO(page.content)).read("word/document.xml").decode()
    names = member_names(actor)
    assert names[people[2].person_id] in paper
    assert names[newcomer.person_id] not in paper
    late = write(actor, minutes(*people), version=1, now=NOW + MONTH + MINUTE)
    assert late.version == 2, "who left since was there"
    with pytest.raises(RoleRefused, match="no member of the committee"):
        write(actor, minutes(actor, newcomer), version=2, now=NOW + MONTH + MINUTE)
