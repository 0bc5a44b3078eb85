"""4.1, 4.2 and 4.3 reach what they can through the register of the context alone, and fall again."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from clerestory.desk.approval import approve, open_proposals, revoke
from clerestory.registers.context import commands, queries
from clerestory.registers.context.rules.party import Decision, Need
from clerestory.terms.status import Conformity
from tests.organisation import NOW
from tests.registers.conformity import conformity, judged
from tests.registers.context.surroundings import PLACE, REVIEW, SCOPE, bound, issue, party
from tests.registers.records import register

MINUTE = timedelta(minutes=1)
AT = NOW + timedelta(hours=2)


@pytest.fixture
def second(member):
    """Give a second person who signs for top management."""
    return member("editor", ("designated_management", "top_management"), "second@example.org")


@pytest.fixture
def system(actor):
    """Register the credit scoring system, inside the scope."""
    register(actor, in_scope=True)


def weighed(actor, second):
    """Bring 4.1 to CONFORMS: issues, an obligation, decided roles, and a review that top management approved."""
    commands.note_issue(actor=actor, said=issue("Law comes in steps"), now=NOW)
    commands.note_issue(actor=actor, said=issue("Few people know the models", "inside"), now=NOW)
    commands.note_obligation(actor=actor, said=bound(actor), now=NOW)
    placed = commands.place_system(actor=actor, said=PLACE, now=NOW)
    for made in (placed.membership, placed.ai_role):
        approve(actor=second, entry_id=made.entry_id, now=NOW + MINUTE)
    made = commands.review_context(actor=actor, review=REVIEW, now=NOW + 2 * MINUTE)
    return approve(actor=second, entry_id=made.entry_id, role="top_management", now=NOW + 3 * MINUTE)


def test_a_context_that_top_management_weighed_conforms_and_is_old_once_the_approval_is_taken_back(
    actor, second, system
):
    assert conformity(actor, "4.1", AT) is Conformity.NOT_EVIDENCED
    standing = weighed(actor, second)
    status = judged(actor, "4.1", AT)
    assert status.conformity is Conformity.CONFORMS, [str(m) for m in status.missing]
    assert standing.entry_id in status.because
    revoke(actor=second, entry_id=standing.entry_id, reason="We forgot the strike", now=AT)
    assert conformity(actor, "4.1", AT + MINUTE) is Conformity.STALE


def test_a_review_that_leaves_topics_out_does_not_conform_and_names_them(actor, second, system):
    commands.note_issue(actor=actor, said=issue("Law comes in steps"), now=NOW)
    assert queries.review_standing(actor).left_out == ("inside", "AI roles", "law")
    made = commands.review_context(actor=actor, review=REVIEW, now=NOW)
    approve(actor=second, entry_id=made.entry_id, role="top_management", now=NOW + MINUTE)
    status = judged(actor, "4.1", AT)
    assert status.conformity is Conformity.NOT_EVIDENCED
    assert "inside" in str(status.missing)


def test_a_review_counts_only_once_top_management_approved_it(actor, second, system):
    weighed(actor, second)
    made = commands.review_context(actor=actor, review=replace(REVIEW, conclusion="Again."), now=AT)
    (waiting,) = [standing for standing in open_proposals(second) if standing.entry_id == made.entry_id]
    assert waiting.approver_role == "top_management"


def decided(actor, second):
    """Bring 4.2 to CONFORMS: needs decided and answered, obligations compared with the law."""
    answered = Need(text="reasons for a refusal", decision=Decision.ADOPTED, answered_by=("A.8.2",))
    declined = Need(text="the source code", decision=Decision.DECLINED, reason="It is a trade secret.")
    noted = commands.note_party(actor=actor, said=party(answered, declined), now=NOW)
    review = commands.review_parties(actor=actor, now=NOW)
    approve(actor=second, entry_id=review.entry_id, now=NOW + MINUTE)
    commands.trace_needs(actor=actor, now=NOW)
    commands.note_obligation(actor=actor, said=bound(actor), now=NOW)
    law = commands.review_law(actor=actor, jurisdictions=("EU",), law_as_of=NOW.date(), now=NOW + MINUTE)
    approve(actor=second, entry_id=law.entry_id, now=NOW + 2 * MINUTE)
    return noted


def test_needs_that_are_decided_and_answered_conform_and_a_new_need_is_open_again(actor, second):
    assert conformity(actor, "4.2", AT) is Conformity.NOT_EVIDENCED
    noted = decided(actor, second)
    status = judged(actor, "4.2", AT)
    assert status.conformity is Conformity.CONFORMS, [str(m) for m in status.missing]
    before = queries.party(actor, noted.record_id)
    wanted = replace(before.party, needs=(*before.party.needs, Need(text="a person to talk to")))
    commands.change_party(actor=actor, said=wanted, expected_version=before.version, now=AT)
    after = judged(actor, "4.2", AT + MINUTE)
    assert after.conformity is Conformity.NOT_EVIDENCED
    assert "Applicants: a person to talk to" in str(after.missing)
    assert [need.decision for need in queries.party(actor, noted.record_id).party.needs] == [
        Decision.ADOPTED, Decision.DECLINED, Decision.OPEN,
    ]  # fmt: skip


def test_the_needs_of_a_party_that_one_person_ended_are_asked_for_no_more_once_two_reviewed_that(actor, second):
    noted = decided(actor, second)
    other = commands.note_party(actor=actor, said=party(Need(text="a discount"), name="Brokers"), now=NOW)
    assert conformity(actor, "4.2", AT) is not Conformity.CONFORMS
    commands.end_party(
        actor=actor, party_id=other.record_id, reason="We sell no more by brokers", expected_version=1, now=AT
    )
    assert conformity(actor, "4.2", AT + MINUTE) is Conformity.STALE
    review = commands.review_parties(actor=actor, now=AT + MINUTE)
    assert conformity(actor, "4.2", AT + 2 * MINUTE) is Conformity.STALE
    approve(actor=second, entry_id=review.entry_id, now=AT + 2 * MINUTE)
    assert conformity(actor, "4.2", AT + 3 * MINUTE) is Conformity.CONFORMS
    assert queries.party(actor, noted.record_id).ended_at is None


def test_a_need_that_one_person_struck_out_or_wrote_anew_is_not_decided_by_that(actor, second):
    noted = decided(actor, second)
    before = queries.party(actor, noted.record_id)
    wanted = replace(before.party, needs=before.party.needs[:1])
    commands.change_party(actor=actor, said=wanted, expected_version=before.version, now=AT)
    assert conformity(actor, "4.2", AT + MINUTE) is Conformity.STALE


@pytest.mark.parametrize("change", ["noted", "changed", "ended"])
def test_what_top_management_weighed_is_old_once_the_issues_are_others(actor, second, system, change):
    weighed(actor, second)
    known = queries.issues(actor)[0]
    if change == "noted":
        commands.note_issue(actor=actor, said=issue("A strike"), now=AT)
    elif change == "changed":
        other = replace(known.issue, text="Law comes all at once")
        commands.change_issue(actor=actor, said=other, expected_version=known.version, now=AT)
    else:
        issue_id = known.issue.issue_id
        commands.end_issue(actor=actor, issue_id=issue_id, reason="Gone", expected_version=known.version, now=AT)
    assert conformity(actor, "4.1", AT + MINUTE) is Conformity.STALE


def test_a_change_of_the_law_makes_the_comparison_old(actor, second):
    decided(actor, second)
    (known,) = queries.obligations(actor)
    later = replace(known.obligation, valid_from=date(2027, 12, 2))
    commands.change_obligation(actor=actor, said=later, expected_version=known.version, now=AT)
    assert conformity(actor, "4.2", AT + MINUTE) is Conformity.STALE


def test_a_scope_that_speaks_of_every_part_is_one_of_three_things_that_4_3_asks_for(actor, second, system):
    weighed(actor, second)
    before = judged(actor, "4.3", AT)
    made = commands.propose_scope(actor=actor, scope=SCOPE, now=AT)
    approve(actor=second, entry_id=made.entry_id, role="top_management", now=AT + MINUTE)
    after = judged(actor, "4.3", AT + 2 * MINUTE)
    assert made.entry_id in after.because
    missing = str(after.missing)
    assert "scope_statement" in str(before.missing) or "scope statement" in str(before.missing)
    assert "discovery-reconciliation" in missing
