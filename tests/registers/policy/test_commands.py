"""What the commands of policies take and refuse: nothing half, nothing for others, nothing twice."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from clerestory.desk.actor import RoleNotHeld
from clerestory.desk.approval import approve
from clerestory.desk.people import NotAMember
from clerestory.desk.permit import NotPermitted
from clerestory.desk.version import ChangedMeanwhile
from clerestory.registers.policy import commands, queries
from clerestory.registers.policy.queries import PolicyUnknown
from clerestory.registers.policy.rules import MAIN, Alignment, Outcome, PolicyRefused, Publication, Review, templates
from clerestory.store import log
from clerestory.terms.day import DayUnusable
from clerestory.terms.ids import PersonId
from clerestory.terms.text import TextUnusable
from tests.organisation import NOW, found
from tests.registers.policy.surroundings import DRAFT, draft, policy

LATER = NOW + timedelta(minutes=5)
OTHER = "Information security policy"


@pytest.fixture
def second(member):
    """Give a second person who signs for top management."""
    return member("editor", ("designated_management", "top_management"), "second@example.org")


@pytest.fixture
def in_force(actor, second):
    """Bring the AI policy into force."""
    made = commands.begin_policy(actor=actor, said=policy(actor), draft=DRAFT, now=NOW)
    return approve(actor=second, entry_id=made.entry_id, role="top_management", now=NOW)


def entries(actor):
    return log.search(actor.organisation_id, log.Search()).total


@pytest.mark.parametrize(
    "write, error, word",
    [
        (lambda a: commands.begin_policy(actor=a, said=policy(a, "A policy"), draft=DRAFT), PolicyRefused, "A policy"),
        (lambda a: commands.begin_policy(actor=a, said=policy(a), draft=DRAFT), PolicyRefused, "already"),
        (
            lambda a: commands.begin_policy(
                actor=a,
                said=replace(policy(a, "x"), owner=PersonId("person-none")),
                draft=draft(policy_id="x", related=()),
            ),
            NotAMember,
            "member",
        ),
        (
            lambda a: commands.propose_version(actor=a, draft=draft(policy_id="none", related=()), expected_version=1),
            PolicyUnknown,
            "none",
        ),
        (lambda a: commands.propose_version(actor=a, draft=draft(text=" "), expected_version=1), TextUnusable, "empty"),
        (
            lambda a: commands.propose_version(actor=a, draft=draft(elements=("luck",)), expected_version=1),
            PolicyRefused,
            "luck",
        ),
        (
            lambda a: commands.propose_version(actor=a, draft=draft(kinds=("toys",)), expected_version=1),
            PolicyRefused,
            "toys",
        ),
        (
            lambda a: commands.propose_version(actor=a, draft=draft(audiences=()), expected_version=1),
            PolicyRefused,
            "nobody",
        ),
        (
            lambda a: commands.propose_version(actor=a, draft=draft(review_by=NOW.date()), expected_version=1, now=NOW),
            PolicyRefused,
            "not to come",
        ),
        (
            lambda a: commands.propose_version(actor=a, draft=draft(review_by=date.max), expected_version=1, now=NOW),
            DayUnusable,
            "next review is 9999-12-31",
        ),
        (
            lambda a: commands.publish_version(
                actor=a, said=Publication(policy_id=MAIN, version=2, reached=("staff",), how="Web")
            ),
            PolicyRefused,
            "in force",
        ),
        (
            lambda a: commands.publish_version(
                actor=a, said=Publication(policy_id=MAIN, version=1, reached=("mars",), how="Web")
            ),
            PolicyRefused,
            "mars",
        ),
        (
            lambda a: commands.compare_policies(actor=a, said=Alignment(compared=("Travel",), conflicts=())),
            PolicyRefused,
            "Travel",
        ),
        (
            lambda a: commands.compare_policies(
                actor=a, said=Alignment(compared=(OTHER,), conflicts=((OTHER, "x", date(2020, 1, 1)),))
            ),
            PolicyRefused,
            "was due",
        ),
        (
            lambda a: commands.compare_policies(
                actor=a, said=Alignment(compared=(OTHER,), conflicts=((OTHER, "x", date(2032, 1, 1)),)), now=NOW
            ),
            DayUnusable,
            "resolved is 2032-01-01",
        ),
        (lambda a: commands.amend(actor=a, number=7, amended="2.0"), PolicyUnknown, "7"),
        (
            lambda a: commands.review_policies(actor=a, said=Review(inputs=(), recommendation="x")),
            PolicyRefused,
            "looked at",
        ),
        (
            lambda a: commands.decide_outcome(actor=a, outcome=Outcome.KEPT, next_review_on=date(2030, 1, 1)),
            PolicyRefused,
            "no review",
        ),
    ],
)
def test_what_lacks_something_is_refused_and_nothing_is_written(actor, in_force, write, error, word):
    before = entries(actor)
    with pytest.raises(error, match=word):
        write(actor)
    assert entries(actor) == before


def test_a_version_is_proposed_from_the_one_that_was_seen_and_only_an_approved_one_is_in_force(actor, second, in_force):
    commands.propose_version(actor=actor, draft=draft(text="Next."), expected_version=1, now=LATER)
    with pytest.raises(ChangedMeanwhile):
        commands.propose_version(actor=actor, draft=draft(text="Other."), expected_version=1, now=LATER)
    record = queries.policy(actor, MAIN)
    assert (record.newest.version, record.in_force.version) == (2, 1)


def test_everybody_confirms_for_themselves_once_and_no_machine_does(actor, second, in_force):
    assert [r.policy.policy_id for r in queries.to_confirm(second)] == [MAIN]
    with pytest.raises(NotPermitted):
        commands.confirm_policies(actor=replace(actor, scopes=frozenset({"read", "write"})), seen={MAIN: 1}, roles=())
    assert commands.confirm_policies(actor=actor, seen={MAIN: 1}, roles=(), now=LATER) == 1
    with pytest.raises(PolicyRefused, match="Nothing is left"):
        commands.confirm_policies(actor=actor, seen={MAIN: 1, "none": 1}, roles=(), now=LATER)
    (row,) = queries.rows(actor)
    assert (row.confirmed.have, row.confirmed.asked, row.confirmed.missing) == (1, 2, (second.person_id,))
    (kept,) = queries.acts(actor, "confirmation")
    assert (kept.about, kept.said["holders"]) == ("members", [actor.person_id])


def test_nobody_confirms_a_version_that_came_into_force_after_they_opened_the_page(actor, second, in_force):
    made = commands.propose_version(
        actor=actor, draft=draft(text="You never read this."), expected_version=1, now=LATER
    )
    approve(actor=second, entry_id=made.entry_id, role="top_management", now=LATER)
    with pytest.raises(ChangedMeanwhile):
        commands.confirm_policies(actor=actor, seen={MAIN: 1}, roles=(), now=LATER)
    assert queries.acts(actor, "confirmation") == ()
    assert commands.confirm_policies(actor=actor, seen={MAIN: 2}, roles=(), now=LATER) == 1


def test_who_has_to_confirm_or_review_finds_it_among_what_is_to_do(actor, second, in_force):
    assert [duty.url for duty in queries.duties(second, NOW.date())] == [f"/policy/{MAIN}/"]
    commands.confirm_policies(actor=actor, seen={MAIN: 1}, roles=(), now=LATER)
    assert queries.duties(actor, NOW.date()) == ()
    assert [duty.url for duty in queries.duties(actor, DRAFT.review_by)] == ["/policy/review/"]


def test_only_top_management_decides_what_follows_from_a_review(actor, second, in_force):
    commands.review_policies(actor=actor, said=Review(inputs=("law",), recommendation="Keep."), now=LATER)
    with pytest.raises(RoleNotHeld):
        commands.decide_outcome(actor=actor, outcome=Outcome.KEPT, next_review_on=date(2027, 1, 1), now=LATER)
    commands.decide_outcome(actor=second, outcome=Outcome.KEPT, next_review_on=date(2027, 1, 1), now=LATER)
    with pytest.raises(PolicyRefused, match="no review"):
        commands.decide_outcome(actor=second, outcome=Outcome.KEPT, next_review_on=date(2027, 1, 1), now=LATER)


def test_strangers_see_nothing_and_readers_write_nothing(actor, member, in_force):
    stranger = found("Other Bank", email="other@example.org")
    assert queries.policies(stranger) == ()
    with pytest.raises(PolicyUnknown):
        queries.policy(stranger, MAIN)
    with pytest.raises(PolicyRefused):
        commands.confirm_policies(actor=stranger, seen={MAIN: 1}, roles=())
    with pytest.raises(NotPermitted):
        commands.propose_version(actor=member("viewer"), draft=DRAFT, expected_version=1)


def test_the_texts_to_begin_with_are_whole_and_hold_together_what_a_policy_must(actor):
    from clerestory.catalogue.load import load

    assert {element for one in templates() for element in one.elements} == set(
        load().coverages["policy_elements"].items
    )
    for one in templates():
        begun = draft(
            policy_id=one.policy_id, text=one.text, elements=one.elements, kinds=one.kinds, audiences=one.audiences,
            related=(),
        )  # fmt: skip
        made = commands.begin_policy(actor=actor, said=policy(actor, one.policy_id), draft=begun, now=NOW)
        assert made.version == 1
