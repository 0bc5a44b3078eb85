"""Approval in order: each role is asked once the one before approved; the judge counts nothing before the last."""

from datetime import date, timedelta

import pytest

from clerestory.desk.approval import ApprovalRefused, approve, open_proposals, revoke, standings, waiting_for
from clerestory.registers.policy import commands
from clerestory.registers.policy.rules import PolicyRefused
from clerestory.terms.order import Signed, steps_done
from clerestory.terms.status import Conformity
from tests.organisation import NOW
from tests.registers.conformity import conformity
from tests.registers.policy.surroundings import draft, policy

MINUTE = timedelta(minutes=1)
ORDER = ("legal_counsel", "designated_management", "top_management")


@pytest.fixture
def people(member):
    """Give a holder of each role, in the order in which they are asked."""
    return [member("editor", (role,), f"{role}@example.org") for role in ORDER]


@pytest.fixture
def proposed(actor, people):
    """Give the entry of a policy that waits for three people in order."""
    return commands.begin_policy(actor=actor, said=policy(actor), draft=draft(approvers=ORDER), now=NOW).entry_id


def asked(people, entry_id):
    """Who of them is asked now."""
    return [entry_id in {one.entry_id for one in waiting_for(who, 5).oldest} for who in people]


def given(standing, role):
    return next(one.entry_id for one in standing.done if one.role == role)


def test_each_is_asked_once_the_one_before_approved_and_the_last_makes_it_count(actor, people, proposed):
    for done, who in enumerate(people):
        assert asked(people, proposed) == [place == done for place in range(3)]
        standing = standings(actor, [proposed])[proposed]
        assert (standing.approver_role, standing.is_approved, standing.is_open) == (ORDER[done], False, True)
        assert [step.is_next for step in standing.steps] == [place == done for place in range(3)]
        assert conformity(actor, "A.2.2", NOW + timedelta(hours=1)) is not Conformity.CONFORMS
        standing = approve(actor=who, entry_id=proposed, now=NOW + (done + 1) * MINUTE)
    assert (standing.is_approved, standing.is_open, open_proposals(actor)) == (True, False, ())
    assert asked(people, proposed) == [False, False, False]
    assert [step.approval.approver for step in standing.steps] == [who.person_id for who in people]


def test_nobody_approves_before_their_turn_twice_or_their_own(actor, people, proposed, member):
    with pytest.raises(ApprovalRefused, match="legal counsel"):
        approve(actor=people[2], entry_id=proposed, now=NOW + MINUTE)
    both = member("editor", ("legal_counsel", "designated_management"), "both@example.org")
    approve(actor=both, entry_id=proposed, now=NOW + MINUTE)
    assert not standings(actor, [proposed])[proposed].can_approve(both)
    with pytest.raises(ApprovalRefused, match="before"):
        approve(actor=both, entry_id=proposed, now=NOW + 2 * MINUTE)
    own = commands.begin_policy(
        actor=people[0], said=policy(people[0], "acceptable-use"), now=NOW,
        draft=draft(policy_id="acceptable-use", related=(), approvers=("legal_counsel", "top_management")),
    )  # fmt: skip
    with pytest.raises(ApprovalRefused, match="yourself"):
        approve(actor=people[0], entry_id=own.entry_id, now=NOW + MINUTE)


def test_an_approval_is_not_dated_before_what_it_approves_nor_before_the_step_before_it(actor, people, proposed):
    with pytest.raises(ApprovalRefused, match="dated before"):
        approve(actor=people[0], entry_id=proposed, now=NOW - MINUTE)
    approve(actor=people[0], entry_id=proposed, now=NOW + 5 * MINUTE)
    with pytest.raises(ApprovalRefused, match="dated before"):
        approve(actor=people[1], entry_id=proposed, now=NOW + 4 * MINUTE)


def test_a_step_that_is_taken_back_is_open_again_and_those_after_it_are_given_anew(actor, people, proposed):
    for done, who in enumerate(people):
        standing = approve(actor=who, entry_id=proposed, now=NOW + (done + 1) * MINUTE)
    at = NOW + timedelta(hours=1)
    revoke(actor=people[1], entry_id=given(standing, "designated_management"), reason="Read the wrong text", now=at)
    standing = standings(actor, [proposed])[proposed]
    assert (standing.is_approved, standing.is_open) == (False, True)
    assert [step.approval is not None for step in standing.steps] == [True, False, False]
    assert asked(people, proposed) == [False, True, False]
    assert [one.entry_id for one in open_proposals(actor)] == [proposed]
    assert standings(actor, [proposed])[proposed].can_approve(people[1])
    approve(actor=people[1], entry_id=proposed, now=at + MINUTE)
    assert asked(people, proposed) == [False, False, True]
    assert approve(actor=people[2], entry_id=proposed, now=at + 2 * MINUTE).is_approved


def test_the_judge_counts_the_last_step_only_and_not_once_an_earlier_one_was_taken_back(actor, people, proposed):
    at = NOW + timedelta(hours=2)
    holds = []
    for done, who in enumerate(people):
        standing = approve(actor=who, entry_id=proposed, now=NOW + (done + 1) * MINUTE)
        holds.append(approved(actor, proposed))
    assert holds == [(), (), tuple(sorted(ORDER))]
    revoke(actor=people[0], entry_id=given(standing, "legal_counsel"), reason="The law changed", now=at)
    assert approved(actor, proposed) == ()
    approve(actor=people[0], entry_id=proposed, now=at + MINUTE)
    assert approved(actor, proposed) == ()
    approve(actor=people[1], entry_id=proposed, now=at + 2 * MINUTE)
    approve(actor=people[2], entry_id=proposed, now=at + 3 * MINUTE)
    assert approved(actor, proposed) == tuple(sorted(ORDER))


def approved(actor, entry_id):
    """In which roles the judge takes an entry as approved by a second person."""
    from clerestory.store import sequencer
    from clerestory.store.facts import fact_index

    sequencer.sequence(actor.organisation_id)
    index = fact_index(actor.organisation_id)
    return index.marks(index.rows[entry_id]).second


def test_a_newer_version_keeps_who_approves_and_replaces_what_waited(actor, people, proposed):
    approve(actor=people[0], entry_id=proposed, now=NOW + MINUTE)
    newer = commands.propose_version(actor=actor, draft=draft(text="Newer."), expected_version=1, now=NOW + MINUTE)
    assert standings(actor, [newer.entry_id])[newer.entry_id].order == ORDER
    assert asked(people, proposed) == [False, False, False]
    assert asked(people, newer.entry_id) == [True, False, False]
    with pytest.raises(ApprovalRefused, match="newest"):
        approve(actor=people[1], entry_id=proposed, now=NOW + 2 * MINUTE)


@pytest.mark.parametrize(
    "order, says",
    [
        (("somebody", "top_management"), "no role"),
        (("top_management", "legal_counsel"), "not asked last"),
        (("legal_counsel", "legal_counsel", "top_management"), "twice"),
    ],
)
def test_an_order_that_cannot_be_is_refused_and_nothing_is_written(actor, people, order, says):
    with pytest.raises(PolicyRefused, match=says):
        commands.begin_policy(actor=actor, said=policy(actor), draft=draft(approvers=order), now=NOW)
    assert open_proposals(actor) == ()


def test_who_approves_follows_from_the_kind_of_policy_and_who_is_there(actor, people):
    made = commands.begin_policy(actor=actor, said=policy(actor), draft=draft(), now=NOW)
    assert standings(actor, [made.entry_id])[made.entry_id].order == ORDER
    said = draft(policy_id="house-rules", related=(), review_by=date(2027, 1, 1))
    made = commands.begin_policy(actor=actor, said=policy(actor, "house-rules"), draft=said, now=NOW)
    standing = standings(actor, [made.entry_id])[made.entry_id]
    assert (standing.order, standing.approver_role) == ((), "top_management")


def test_steps_are_filled_in_time_by_different_people():
    def signed(role, minute, *people):
        return Signed(role, NOW + minute * MINUTE, frozenset(people))

    first, last = signed("legal_counsel", 1, "a"), signed("top_management", 2, "b")
    order = ("legal_counsel", "top_management")
    assert steps_done(order, [last, first]) == (first, last)
    assert steps_done(order, [signed("top_management", 0, "b"), first]) == (first,)
    assert steps_done(order, [first, signed("top_management", 2, "b", "a")]) == (first,)
    assert steps_done(order, [last]) == ()
