"""Versions of the whole Statement of Applicability: complete, approved by a second person, readable as they stood."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clerestory.desk.approval import ApprovalRefused, standings
from clerestory.desk.permit import NotPermitted
from clerestory.registers.applicability import commands, queries
from clerestory.registers.applicability.queries import StatementUnknown
from clerestory.registers.applicability.rules import ApplicabilityRefused, Decision, Ground, StatementIncomplete
from clerestory.store import log
from clerestory.terms.ids import RequirementId
from clerestory.terms.status import Conformity
from tests.organisation import NOW, found
from tests.registers.conformity import conformity, judged
from tests.registers.records import LATER

MINUTE = timedelta(minutes=1)
REASON = "Our systems decide on people, so the control is needed."


def decide(actor, *controls, included=True, reason=REASON, now=NOW):
    made = [
        Decision(control=RequirementId(control), included=included, justification=reason, ground=Ground.LAW)
        for control in controls
    ]
    return commands.decide_many(actor=actor, decisions=made, now=now)


def all_controls(actor):
    return [row.control for row in queries.statement(actor)]


def test_a_statement_is_not_issued_while_a_control_is_undecided(actor):
    decide(actor, *all_controls(actor)[:-1])
    with pytest.raises(StatementIncomplete, match=r"1 of 38 controls are undecided: A.10.4"):
        commands.issue_statement(actor=actor, now=LATER)
    assert queries.statement_versions(actor) == ()
    assert log.search(actor.organisation_id, log.Search(kind="record.applicability_statement")).total == 0


def test_one_approval_of_the_statement_approves_every_decision_in_it(actor, second):
    decide(actor, *all_controls(actor))
    decide(actor, "A.10.3", included=False, reason="No supplier takes part in any of our systems.")
    commands.issue_statement(actor=actor, now=NOW)
    commands.approve_statement(actor=second, version=1, now=LATER)
    version = queries.statement_version(actor, 1)
    assert (version.included, version.excluded, len(version.lines)) == (37, 1, 38)
    stand = standings(actor, [version.entry_id, *(line.entry_id for line in version.lines)])
    assert len(stand) == 39
    assert all(standing.is_approved for standing in stand.values())
    assert conformity(actor, "A.10.3", LATER + MINUTE) is Conformity.NOT_APPLICABLE
    rule = next(r for r in judged(actor, "6.1.3", LATER + MINUTE).rules if r.rule.endswith("every-control-decided"))
    assert {n.need.kind: n.state.name for n in rule.needs}["decision.applicability"] == "HOLDS"


def test_the_content_of_the_statement_is_kept_in_words(actor):
    decide(actor, *all_controls(actor))
    made = commands.issue_statement(actor=actor, now=NOW)
    text = log.content(actor.organisation_id, made.entry_id).decode()
    assert len(text.splitlines()) == 38
    assert "A.7.4 applies, version 1, " in text
    assert REASON in text


def test_a_statement_that_says_nothing_new_is_not_issued_again(actor):
    decide(actor, *all_controls(actor))
    commands.issue_statement(actor=actor, now=NOW)
    with pytest.raises(ApplicabilityRefused, match="Nothing changed since version 1"):
        commands.issue_statement(actor=actor, now=LATER)
    decide(actor, "A.7.4", reason="Training data need criteria.", now=LATER)
    assert commands.issue_statement(actor=actor, now=LATER).version == 2


def test_a_statement_with_decisions_changed_since_is_not_approved(actor, second):
    decide(actor, *all_controls(actor))
    commands.issue_statement(actor=actor, now=NOW)
    decide(actor, "A.7.4", reason="Training data need criteria.", now=LATER)
    with pytest.raises(ApprovalRefused, match="changed since version 1"):
        commands.approve_statement(actor=second, version=1, now=LATER)


def test_the_author_does_not_approve_the_statement_nor_a_decision_in_it(actor, second):
    decide(actor, *all_controls(actor))
    decide(second, "A.7.4", reason="Training data need criteria.")
    commands.issue_statement(actor=actor, now=NOW)
    with pytest.raises(ApprovalRefused, match=r"yourself|needs an approval"):
        commands.approve_statement(actor=actor, version=1, now=LATER)
    with pytest.raises(ApprovalRefused, match=r"A.7.4: You proposed this yourself"):
        commands.approve_statement(actor=second, version=1, now=LATER)
    version = queries.statement_version(actor, 1)
    assert not any(s.is_approved for s in standings(actor, [line.entry_id for line in version.lines]).values())


def test_many_decisions_are_all_made_or_none(actor):
    with pytest.raises(ApplicabilityRefused, match=r"A.2.3"):
        commands.decide_many(
            actor=actor,
            decisions=[
                Decision(control=RequirementId("A.2.2"), included=True, justification=REASON, ground=Ground.LAW),
                Decision(control=RequirementId("A.2.3"), included=True, justification="x", ground=Ground.LAW),
            ],
            now=NOW,
        )
    assert queries.decisions(actor, "A.2.2") == ()


def test_an_old_version_still_reads_as_it_stood(actor, django_assert_max_num_queries):
    decide(actor, *all_controls(actor))
    commands.issue_statement(actor=actor, now=NOW)
    decide(actor, "A.7.4", reason="Training data need criteria.", now=LATER)
    with django_assert_max_num_queries(2):
        first = queries.statement_version(actor, 1)
    assert {line.justification for line in first.lines} == {REASON}


def test_viewers_issue_nothing_and_strangers_find_no_version(actor, member):
    decide(actor, *all_controls(actor))
    with pytest.raises(NotPermitted):
        commands.issue_statement(actor=member("viewer"), now=NOW)
    commands.issue_statement(actor=actor, now=NOW)
    stranger = found("Other Bank", email="other@example.org")
    with pytest.raises(StatementUnknown):
        queries.statement_version(stranger, 1)


def test_approving_a_statement_takes_as_many_queries_for_all_its_decisions_as_for_a_few(actor, second):
    counts = []
    everything = all_controls(actor)
    decide(actor, *everything)
    commands.issue_statement(actor=actor, now=NOW)
    with CaptureQueriesContext(connection) as all_of_them:
        commands.approve_statement(actor=second, version=1, now=LATER)
    counts.append(len(all_of_them))
    for control in everything[:3]:
        decide(actor, control, reason="It was looked at once more.", now=LATER)
    commands.issue_statement(actor=actor, now=LATER)
    with CaptureQueriesContext(connection) as three_of_them:
        commands.approve_statement(actor=second, version=2, now=LATER)
    counts.append(len(three_of_them))
    assert counts[0] <= counts[1] + 2 and counts[0] < 60, counts
    version = queries.statement_version(actor, 2)
    assert all(s.is_approved for s in standings(actor, [line.entry_id for line in version.lines]).values())
