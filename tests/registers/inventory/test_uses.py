"""Members ask to use AI: the rules answer at once or a person does, and the same question gets the same answer."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clerestory.desk.approval import ApprovalRefused, approve, open_proposals, revoke, standings
from clerestory.desk.lists import ListQuery
from clerestory.desk.notice.inbox import notices
from clerestory.desk.permit import NotPermitted
from clerestory.registers.inventory.commands import approve_use, ask_for_use, refuse_use
from clerestory.registers.inventory.queries import InventoryUnknown
from clerestory.registers.inventory.queries.triage import policy_in_force, use, uses
from clerestory.registers.inventory.rules import NO_AREA, InventoryRefused
from clerestory.registers.inventory.rules.use import Answer, Question, State, use_rules
from clerestory.registers.policy.commands import begin_policy
from clerestory.registers.policy.rules import Policy
from clerestory.store import log
from clerestory.store.log import Search
from clerestory.terms.text import TextUnusable
from tests.organisation import NOW
from tests.registers.policy.surroundings import DRAFT
from tests.registers.records import LATER, register

LOW = {"use_areas": (NO_AREA,), "affects_people": False, "interacts": False, "has_customers": False,
       "autonomy_level": 1}  # fmt: skip


def question(*marks, purpose="Summarise minutes of our meetings", system_id="credit-scoring"):
    return Question(purpose, system_id, marks)


def ask(actor, *marks, now=NOW, **more):
    return use(actor, ask_for_use(actor=actor, question=question(*marks, **more), now=now).record_id)


def anew(actor):
    return replace(actor, authentication_id="auth-9")


@pytest.mark.parametrize(
    "marks, answer",
    [
        (("public data",), Answer.ALLOWED), (("internal data",), Answer.CONDITIONS),
        (("public data", "goes outside"), Answer.CONDITIONS), (("personal data",), Answer.ASKS),
        (("internal data", "about a person"), Answer.ASKS), (("sensitive data",), Answer.ASKS),
        (("emotions",), Answer.FORBIDDEN), (("rates people", "public data"), Answer.FORBIDDEN),
        (("alone", "about a person"), Answer.FORBIDDEN), (("secrets",), Answer.FORBIDDEN),
        (("deceives",), Answer.FORBIDDEN),
    ],
)  # fmt: skip
def test_the_strictest_rule_answers_with_its_reason_and_source(actor, marks, answer):
    register(actor, **LOW)
    record = ask(actor, *marks)
    assert (record.answer, bool(record.reasons)) == (answer, True)
    assert record.state is (State.WAITING if answer is Answer.ASKS else State.ANSWERED)
    assert all(because and source for because, source in record.reasons)


def test_a_viewer_asks_in_three_fields_and_is_answered_at_once_with_the_policy_in_force(actor, member):
    register(actor, **LOW)
    begin_policy(actor=actor, said=Policy(policy_id="acceptable-use", title="Acceptable use", owner=actor.person_id),
                 draft=replace(DRAFT, policy_id="acceptable-use", related=()), now=NOW)  # fmt: skip
    assert policy_in_force(actor) == ""
    (waiting,) = open_proposals(actor)
    top = replace(member("admin", ("top_management",), "top@example.org"), authentication_id="auth-3")
    approve(actor=top, entry_id=waiting.entry_id, role="top_management", now=NOW)
    viewer = member("viewer", (), "viewer@example.org")
    record = ask(viewer, "internal data")
    assert record.policy.startswith("Acceptable use, ")
    assert record.conditions == ("Use the organisation's own access, not a private account.",)
    fact = log.entry(actor.organisation_id, record.entry_id).fact
    assert (fact.kind, fact.values["answer"], fact.values["use_rules"]) == (
        "record.use_request", "allowed with conditions", "1"
    )  # fmt: skip


@pytest.mark.parametrize(
    "system_id, facts", [("", LOW), ("credit-scoring", {}), ("credit-scoring", {"use_areas": ("credit",)})]
)
def test_a_system_that_is_unknown_or_strict_asks_a_person(actor, system_id, facts):
    register(actor, **facts)
    record = ask(actor, "public data", system_id=system_id)
    assert (record.answer, record.state) == (Answer.ASKS, State.WAITING)
    assert record.due_on == NOW.date() + timedelta(days=5)


def test_who_may_decide_hears_of_it_at_once_and_has_it_to_do_and_the_asker_does_not(actor, member):
    register(actor, **LOW)
    viewer, editor = member("viewer", (), "viewer@example.org"), member("editor", (), "editor@example.org")
    asked = ask(viewer, "personal data", purpose="Summarise complaints of customers by topic")
    for who, heard in ((actor, 1), (editor, 1), (viewer, 0)):
        told = [row for row in notices(who, ListQuery()).rows if row.url == f"/inventory/uses/{asked.use_id}/"]
        assert len(told) == heard
        assert [one.entry_id for one in open_proposals(who) if one.can_approve(who)] == [asked.entry_id] * heard


def test_a_person_approves_what_waits_and_the_same_question_gets_the_same_answer(actor, member):
    register(actor, **LOW)
    viewer, editor = member("viewer", (), "viewer@example.org"), member("editor", (), "editor@example.org")
    first = ask(viewer, "personal data", purpose="Summarise complaints of customers by topic")
    approve_use(actor=anew(editor), use_id=first.use_id, now=LATER)
    decided = use(viewer, first.use_id)
    assert (decided.state, decided.decided_by) == (State.APPROVED, "Editor")
    fact = log.entry(actor.organisation_id, first.entry_id).fact
    assert (fact.kind, fact.values["outcome"]) == ("decision.use_approval", "approved with conditions")
    again = ask(actor, "personal data", purpose="Summarise the complaints of customers by topic", now=LATER)
    assert (again.state, again.same_as, again.decided_by) == (State.APPROVED, first.use_id, "Editor")
    other = ask(actor, "personal data", purpose="Write letters to debtors", now=LATER)
    assert other.state is State.WAITING
    late = ask(actor, "personal data", purpose="Summarise complaints of customers by topic",
               now=LATER + timedelta(days=400))  # fmt: skip
    assert late.state is State.WAITING


@pytest.mark.parametrize("system_id", ["credit-scoring", ""])
def test_a_use_whose_approval_is_taken_back_waits_again_and_so_does_whatever_got_the_same_answer(
    actor, member, system_id
):
    register(actor, **LOW)
    viewer, editor = member("viewer", (), "viewer@example.org"), member("editor", (), "editor@example.org")
    wanted = {"purpose": "Summarise complaints of customers by topic", "system_id": system_id}
    first = ask(viewer, "personal data", **wanted)
    approve_use(actor=anew(editor), use_id=first.use_id, now=LATER)
    alike = [ask(actor, "personal data", **wanted, now=LATER) for _ in range(2)]

    def states():
        return {use(actor, one.use_id).state for one in (first, *alike)}

    def given():
        return standings(actor, (first.entry_id,))[first.entry_id].approvals[-1].entry_id

    assert states() == {State.APPROVED}
    revoke(actor=anew(editor), entry_id=given(), reason="I read it wrongly", now=LATER)
    assert states() == {State.WAITING}
    assert ask(actor, "personal data", **wanted, now=LATER).state is State.WAITING
    third = member("editor", (), "third@example.org")
    approve_use(actor=anew(third), use_id=alike[1].use_id, now=LATER)
    assert states() == {State.APPROVED}
    assert use(actor, first.use_id).valid_until == first.valid_until
    revoke(actor=anew(actor), entry_id=first.entry_id, reason="No longer", now=LATER)
    assert states() == {State.REFUSED}
    assert {use(actor, one.use_id).decision_reason for one in alike} == {"No longer"}


def test_a_person_refuses_with_a_reason_that_the_asker_reads(actor, member):
    register(actor, **LOW)
    viewer = member("viewer", (), "viewer@example.org")
    first = ask(viewer, "sensitive data")
    refuse_use(actor=anew(actor), use_id=first.use_id, reason="Not with data about health", now=LATER)
    decided = use(viewer, first.use_id)
    assert (decided.state, decided.decision_reason) == (State.REFUSED, "Not with data about health")
    with pytest.raises(InventoryRefused):
        refuse_use(actor=anew(actor), use_id=first.use_id, reason="again", now=LATER)


def test_nobody_decides_about_their_own_question_and_others_do_not_see_it(actor, member):
    register(actor, **LOW)
    own = ask(actor, "personal data")
    with pytest.raises(ApprovalRefused):
        approve_use(actor=anew(actor), use_id=own.use_id, now=LATER)
    with pytest.raises(InventoryRefused, match="own"):
        refuse_use(actor=anew(actor), use_id=own.use_id, reason="no", now=LATER)
    viewer = member("viewer", (), "viewer@example.org")
    with pytest.raises(InventoryUnknown):
        use(viewer, own.use_id)
    assert uses(viewer, ListQuery()).total == 0
    assert uses(actor, ListQuery()).total == 1
    with pytest.raises(NotPermitted):
        approve_use(actor=anew(viewer), use_id=own.use_id)


@pytest.mark.parametrize("purpose, marks, system_id", [
    ("", ("public data",), ""), ("x" * 5000, ("public data",), ""), ("a\x00b", ("public data",), ""),
    ("Fine", (), ""), ("Fine", ("astrology",), ""), ("Fine", ("public data",), "nowhere"),
])  # fmt: skip
def test_a_question_without_words_or_truths_is_refused_and_nothing_is_written(actor, purpose, marks, system_id):
    with pytest.raises((TextUnusable, InventoryRefused, InventoryUnknown)):
        ask_for_use(actor=actor, question=Question(purpose, system_id, marks), now=NOW)
    assert log.search(actor.organisation_id, Search(kind="record.use_request")).total == 0


def test_an_auditor_from_outside_asks_for_nothing(actor, member):
    with pytest.raises(NotPermitted):
        ask_for_use(actor=member("auditor", (), "auditor@example.org"), question=question("public data"), now=NOW)


def test_a_token_that_may_only_read_asks_for_nothing_in_its_members_name(actor):
    with pytest.raises(NotPermitted, match="lacks the scope write"):
        ask_for_use(
            actor=replace(actor, scopes=frozenset({"read"})), question=question("public data"), now=NOW
        )  # fmt: skip
    assert log.search(actor.organisation_id, Search(kind="record.use_request")).total == 0


def test_every_mark_has_a_rule_and_every_rule_a_source():
    rules = use_rules()
    assert {name for name, _label in rules.marks} == {mark for rule in rules.rules for mark in rule.when}
    assert all(rule.source and rule.because for rule in rules.rules)
