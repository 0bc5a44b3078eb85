"""The Statement of Applicability: 38 controls, each decided with a reason and approved by designated management."""

from datetime import date, timedelta

import pytest

from clerestory.desk.approval import ApprovalRefused, approve, revoke
from clerestory.desk.permit import NotPermitted
from clerestory.registers.applicability import commands, queries
from clerestory.registers.applicability.queries import ControlUnknown
from clerestory.registers.applicability.rules import ApplicabilityRefused, Decision, Ground, Loosening
from clerestory.store import directory, log, trace
from clerestory.terms.ids import RequirementId
from clerestory.terms.status import Conformity
from tests.organisation import NOW, found
from tests.registers.conformity import conformity, judged
from tests.registers.records import LATER

MINUTE = timedelta(minutes=1)


def decision(control: str = "A.10.3", *, included: bool = False, **changes) -> Decision:
    plain = {
        "justification": "No supplier takes part in any of our systems.",
        "ground": Ground.LAW,
        "risks": (),
    } | changes
    return Decision(control=RequirementId(control), included=included, **plain)


def test_an_excluded_control_is_excluded_only_once_designated_management_approved(actor, second):
    made = commands.decide_applicability(actor=actor, decision=decision(), now=NOW)
    assert conformity(actor, "A.10.3", LATER) is not Conformity.NOT_APPLICABLE
    approve(actor=second, entry_id=made.entry_id, now=LATER)
    assert conformity(actor, "A.10.3", LATER + MINUTE) is Conformity.NOT_APPLICABLE
    assert conformity(actor, "A.10.3", LATER - MINUTE) is not Conformity.NOT_APPLICABLE


def test_a_control_applies_again_when_the_exclusion_is_taken_back(actor, second):
    made = commands.decide_applicability(actor=actor, decision=decision(), now=NOW)
    approve(actor=second, entry_id=made.entry_id, now=LATER)
    revoke(actor=second, entry_id=made.entry_id, reason="a supplier joined", now=LATER + MINUTE)
    assert conformity(actor, "A.10.3", LATER + 2 * MINUTE) is not Conformity.NOT_APPLICABLE


def test_an_exclusion_of_old_does_not_come_to_life_when_the_decision_after_it_is_taken_back(actor, second):
    excluded = commands.decide_applicability(actor=actor, decision=decision(), now=NOW)
    approve(actor=second, entry_id=excluded.entry_id, now=NOW)
    applies = commands.decide_applicability(actor=actor, decision=decision(included=True), now=LATER)
    approve(actor=second, entry_id=applies.entry_id, now=LATER)
    assert conformity(actor, "A.10.3", LATER + MINUTE) is not Conformity.NOT_APPLICABLE
    revoke(actor=actor, entry_id=applies.entry_id, reason="it turns the board red", now=LATER + MINUTE)
    assert conformity(actor, "A.10.3", LATER + 2 * MINUTE) is not Conformity.NOT_APPLICABLE


def test_the_author_cannot_approve_and_an_editor_without_the_role_cannot_either(actor, member):
    made = commands.decide_applicability(actor=actor, decision=decision(), now=NOW)
    with pytest.raises(ApprovalRefused):
        approve(actor=actor, entry_id=made.entry_id, now=LATER)
    with pytest.raises(ApprovalRefused, match="designated management"):
        approve(actor=member("editor"), entry_id=made.entry_id, now=LATER)


@pytest.mark.parametrize("clause", ["5.3", "6.1.3", "10.2"])
def test_clauses_cannot_be_excluded(actor, clause):
    with pytest.raises(ApplicabilityRefused, match="clause"):
        commands.decide_applicability(actor=actor, decision=decision(clause), now=NOW)


@pytest.mark.parametrize(
    "changes, word",
    [
        ({"control": "A.99"}, "no control"),
        ({"control": "A.2"}, "no control"),
        ({"justification": "n/a"}, "reason"),
        ({"ground": Ground.RISK}, "names none"),
    ],
)
def test_a_decision_without_reason_risk_or_control_is_refused(actor, changes, word):
    control = changes.pop("control", "A.10.3") if "control" in changes else "A.10.3"
    with pytest.raises(ApplicabilityRefused, match=word):
        commands.decide_applicability(actor=actor, decision=decision(control, **changes), now=NOW)


def test_the_statement_shows_all_38_controls_and_those_nobody_decided(actor):
    commands.decide_applicability(actor=actor, decision=decision(), now=NOW)
    rows = queries.statement(actor)
    assert len(rows) == 38
    assert [row.control for row in rows if row.newest is not None] == ["A.10.3"]
    assert rows[0].control == "A.2.2"


def test_the_statement_costs_at_most_five_queries(actor, django_assert_max_num_queries):
    for row in queries.statement(actor):
        commands.decide_applicability(actor=actor, decision=decision(row.control, included=True), now=NOW)
    with django_assert_max_num_queries(5):
        assert all(row.newest is not None for row in queries.statement(actor))


def test_each_decision_on_a_control_is_a_version_and_the_risks_behind_it_are_links(actor):
    directory.publish(actor.organisation_id, "risk", "risk-12", "Data grow old", "/risk/risk-12/")
    commands.decide_applicability(actor=actor, decision=decision(), now=NOW)
    made = commands.decide_applicability(
        actor=actor, decision=decision(included=True, ground=Ground.RISK, risks=("risk-12",)), now=LATER
    )
    assert made.version == 2
    assert [d.decision.included for d in queries.decisions(actor, "A.10.3")] == [True, False]
    fact = log.entry(actor.organisation_id, made.entry_id).fact
    assert (fact.values["risks_linked"], fact.covers) == (("risk-12",), ("A.10.3",))
    assert [link.to_id for link in trace.links_from(actor.organisation_id, "control", "A.10.3")] == ["risk-12"]
    commands.decide_applicability(actor=actor, decision=decision(included=True), now=LATER)
    assert trace.links_from(actor.organisation_id, "control", "A.10.3") == ()


def test_a_decision_cannot_rest_on_a_risk_that_nobody_identified(actor):
    with pytest.raises(ApplicabilityRefused, match="unknown risks: risk-99"):
        commands.decide_applicability(actor=actor, decision=decision(ground=Ground.RISK, risks=("risk-99",)), now=NOW)
    assert queries.decisions(actor, "A.10.3") == ()


def test_following_decisions_back_counts_those_with_a_ground(actor):
    with pytest.raises(ApplicabilityRefused, match="decided"):
        commands.trace_applicability(actor=actor, now=NOW)
    directory.publish(actor.organisation_id, "obligation", "obligation-1", "GDPR", "/context/obligation/obligation-1/")
    commands.decide_applicability(actor=actor, decision=decision(obligations=("obligation-1",)), now=NOW)
    commands.decide_applicability(actor=actor, decision=decision("A.10.4", ground=Ground.LAW), now=NOW)
    made = commands.trace_applicability(actor=actor, now=LATER)
    fact = log.entry(actor.organisation_id, made.entry_id).fact
    assert (fact.values["rows_traced"], fact.values["rows_total"], fact.covers) == (1, 38, ("A.10.3",))


def test_all_38_decisions_approved_hold_their_part_of_6_1_3(actor, second):
    directory.publish(actor.organisation_id, "obligation", "obligation-1", "GDPR", "/context/obligation/obligation-1/")
    named = {"included": True, "obligations": ("obligation-1",)}
    for row in queries.statement(actor):
        made = commands.decide_applicability(actor=actor, decision=decision(row.control, **named), now=NOW)
        approve(actor=second, entry_id=made.entry_id, now=NOW + MINUTE)
    commands.trace_applicability(actor=actor, now=NOW + MINUTE)
    status = judged(actor, "6.1.3", LATER)
    rule = next(rule for rule in status.rules if rule.rule.endswith("every-control-decided"))
    states = {need.need.kind: need.state.name for need in rule.needs}
    assert states["decision.applicability"] == "HOLDS"
    assert states["record.applicability_trace"] == "HOLDS"


def test_an_exception_loosens_a_rule_until_its_day_once_management_approved(actor, second):
    loosening = Loosening(
        rule="5.3/reports-to-the-top",
        justification="The first report is due in spring.",
        valid_until=date(2026, 12, 31),
    )
    made = commands.loosen_rule(actor=actor, loosening=loosening, now=NOW)
    approve(actor=second, entry_id=made.entry_id, now=LATER)
    (record,) = queries.exceptions(actor)
    assert (record.loosening, record.is_over(date(2026, 12, 31)), record.is_over(date(2027, 1, 1))) == (
        loosening,
        False,
        True,
    )


@pytest.mark.parametrize(
    "changes, word",
    [
        ({"rule": "5.3/none"}, "no rule"),
        ({"justification": "late"}, "reason"),
        ({"valid_until": date(2026, 11, 20)}, "end"),
        ({"valid_until": date(2028, 1, 1)}, "end"),
    ],
)
def test_an_exception_for_no_rule_without_reason_or_without_end_is_refused(actor, changes, word):
    plain = {
        "rule": "5.3/reports-to-the-top",
        "justification": "The first report is due in spring.",
        "valid_until": date(2026, 12, 31),
    } | changes
    with pytest.raises(ApplicabilityRefused, match=word):
        commands.loosen_rule(actor=actor, loosening=Loosening(**plain), now=NOW)


def test_viewers_read_and_strangers_see_only_their_own(actor, member):
    commands.decide_applicability(actor=actor, decision=decision(), now=NOW)
    viewer = member("viewer")
    assert queries.statement_row(viewer, "A.10.3").newest is not None
    with pytest.raises(NotPermitted):
        commands.decide_applicability(actor=viewer, decision=decision(), now=NOW)
    stranger = found("Other Bank", email="other@example.org")
    assert queries.statement_row(stranger, "A.10.3").newest is None
    with pytest.raises(ControlUnknown):
        queries.statement_row(stranger, "5.3")
