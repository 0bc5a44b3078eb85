"""5.2, A.2.2, A.2.3 and A.2.4 reach CONFORMS through policies, confirmations and reviews alone, and fall again."""

from datetime import date, timedelta

import pytest

from clerestory.desk.approval import approve, revoke
from clerestory.registers.policy import commands, queries
from clerestory.registers.policy.commands.life import Holders
from clerestory.registers.policy.rules import MAIN, Alignment, Outcome, Publication, Review
from clerestory.registers.roles import commands as roles
from clerestory.registers.roles.rules import Assignment, Role
from clerestory.terms.status import Conformity
from tests.organisation import NOW
from tests.registers.conformity import conformity, judged
from tests.registers.policy.surroundings import DRAFT, draft, policy
from tests.registers.records import register

MINUTE = timedelta(minutes=1)
AT = NOW + timedelta(hours=2)
ROLE = Role(role_id="model-owner", name="Model owner", has_ai_duties=True, duties=("answer for the model",))


@pytest.fixture
def second(member):
    """Give a second person who signs for top management."""
    return member("editor", ("designated_management", "top_management"), "second@example.org")


def in_force(actor, second, said=DRAFT, at=NOW):
    """Bring the AI policy into force and make it available."""
    made = commands.begin_policy(actor=actor, said=policy(actor), draft=said, now=at)
    standing = approve(actor=second, entry_id=made.entry_id, role="top_management", now=at + MINUTE)
    reached = Publication(policy_id=MAIN, version=1, reached=("staff", "public"), how="On the intranet and the web.")
    commands.publish_version(actor=actor, said=reached, now=at + 2 * MINUTE)
    return standing


def confirmed(actor, second, at=NOW + 5 * MINUTE):
    """Give a role with AI duties to both, who confirm the policies."""
    roles.define_role(actor=actor, role=ROLE, now=NOW)
    for who in (actor, second):
        given = Assignment(role_id="model-owner", duty="answer for the model", holder=who.person_id)
        roles.assign_role(actor=actor, assignment=given, now=NOW)
    held = [Holders("model-owner", (actor.person_id, second.person_id))]
    for who in (actor, second):
        commands.confirm_policies(actor=who, seen={MAIN: 1}, roles=held, now=at)


def test_a_policy_in_force_made_available_and_confirmed_conforms_until_its_next_version(actor, second):
    assert conformity(actor, "5.2", AT) is Conformity.NOT_EVIDENCED
    standing = in_force(actor, second)
    confirmed(actor, second)
    status = judged(actor, "5.2", AT)
    assert status.conformity is Conformity.CONFORMS, [str(m) for m in status.missing]
    assert standing.entry_id in status.because
    made = commands.propose_version(
        actor=actor, draft=draft(text="We answer for all of it."), expected_version=1, now=AT
    )
    approve(actor=second, entry_id=made.entry_id, role="top_management", now=AT + MINUTE)
    after = judged(actor, "5.2", AT + 2 * MINUTE)
    assert after.conformity is Conformity.STALE, [str(m) for m in after.missing]


def test_what_an_older_version_was_published_to_does_not_count_for_a_narrower_publication_of_the_newer(actor, second):
    in_force(actor, second)
    confirmed(actor, second)
    made = commands.propose_version(actor=actor, draft=draft(text="Others, too."), expected_version=1, now=AT)
    again = Publication(policy_id=MAIN, version=1, reached=("staff", "public"), how="Once more.")
    commands.publish_version(actor=actor, said=again, now=AT + MINUTE)
    approve(actor=second, entry_id=made.entry_id, role="top_management", now=AT + 2 * MINUTE)
    for reached, lacks in (("staff", True), ("public", False)):
        narrow = Publication(policy_id=MAIN, version=2, reached=(reached,), how="By mail.")
        commands.publish_version(actor=actor, said=narrow, now=AT + 3 * MINUTE)
        missing = [str(m) for m in judged(actor, "5.2", AT + 4 * MINUTE).missing]
        assert any("policy publication" in one for one in missing) is lacks, missing


def test_one_holder_who_did_not_confirm_leaves_the_requirement_open_and_is_named(actor, second):
    in_force(actor, second)
    roles.define_role(actor=actor, role=ROLE, now=NOW)
    for who in (actor, second):
        given = Assignment(role_id="model-owner", duty="answer for the model", holder=who.person_id)
        roles.assign_role(actor=actor, assignment=given, now=NOW)
    held = [Holders("model-owner", (actor.person_id, second.person_id))]
    commands.confirm_policies(actor=actor, seen={MAIN: 1}, roles=held, now=NOW + 5 * MINUTE)
    status = judged(actor, "5.2", AT)
    assert status.conformity is Conformity.NOT_EVIDENCED
    assert second.person_id in str(status.missing)


def test_a_policy_that_leaves_an_element_or_an_audience_out_does_not_conform(actor, second):
    in_force(actor, second, draft(elements=("purpose",), audiences=("staff", "public", "suppliers")))
    confirmed(actor, second)
    status = judged(actor, "5.2", AT)
    assert status.conformity is Conformity.NOT_EVIDENCED
    assert "improvement" in str(status.missing)
    assert "suppliers" in str(status.missing)


def test_rules_cover_the_kinds_of_system_that_the_inventory_has(actor, second):
    register(actor, affects_people=True)
    in_force(actor, second, draft(kinds=("built",)))
    confirmed(actor, second)
    status = judged(actor, "A.2.2", AT)
    assert status.conformity is Conformity.NOT_EVIDENCED
    assert "about people" in str(status.missing)
    made = commands.propose_version(actor=actor, draft=DRAFT, expected_version=1, now=AT)
    approve(actor=second, entry_id=made.entry_id, role="top_management", now=AT + MINUTE)
    held = [Holders("model-owner", (actor.person_id, second.person_id))]
    for who in (actor, second):
        commands.confirm_policies(actor=who, seen={MAIN: 2}, roles=held, now=AT + 2 * MINUTE)
    after = judged(actor, "A.2.2", AT + 3 * MINUTE)
    assert after.conformity is Conformity.CONFORMS, [str(m) for m in after.missing]


def test_other_policies_are_compared_and_a_conflict_is_open_until_its_amendment_is_approved(actor, second):
    in_force(actor, second)
    other = "Information security policy"
    said = Alignment(compared=(other,), conflicts=((other, "It allows any AI service.", date(2026, 12, 15)),))
    made = commands.compare_policies(actor=actor, said=said, now=NOW + 3 * MINUTE)
    approve(actor=second, entry_id=made.entry_id, now=NOW + 4 * MINUTE)
    assert conformity(actor, "A.2.3", AT) is not Conformity.CONFORMS
    (conflict,) = queries.acts(actor, "conflict")
    amended = commands.amend(actor=actor, number=conflict.number, amended="version 4.1", now=AT)
    approve(actor=second, entry_id=amended.entry_id, now=AT + MINUTE)
    status = judged(actor, "A.2.3", AT + 2 * MINUTE)
    assert status.conformity is Conformity.CONFORMS, [str(m) for m in status.missing]


def test_a_review_with_an_outcome_by_top_management_conforms_and_without_one_it_does_not(actor, second):
    in_force(actor, second)
    looked = Review(inputs=("law", "context", "incidents", "results", "feedback"), recommendation="Add agents.")
    made = commands.review_policies(actor=actor, said=looked, now=NOW + 3 * MINUTE)
    approve(actor=second, entry_id=made.entry_id, now=NOW + 4 * MINUTE)
    assert conformity(actor, "A.2.4", AT) is Conformity.NOT_EVIDENCED
    commands.decide_outcome(actor=second, outcome=Outcome.CHANGED, next_review_on=date(2027, 11, 1), now=AT)
    status = judged(actor, "A.2.4", AT + MINUTE)
    assert status.conformity is Conformity.CONFORMS, [str(m) for m in status.missing]
    revoke(actor=second, entry_id=made.entry_id, reason="The incidents were those of last year", now=AT + MINUTE)
    assert conformity(actor, "A.2.4", AT + 2 * MINUTE) is not Conformity.CONFORMS
