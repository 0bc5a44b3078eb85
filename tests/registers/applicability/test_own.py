"""Own controls beside Annex A: added, changed, retired with a reason, linked by name, never said to work unproved."""

from datetime import timedelta

import pytest
from django.urls import reverse

from clerestory.desk.approval import revoke, standings
from clerestory.desk.people import NotAMember
from clerestory.desk.permit import NotPermitted
from clerestory.desk.version import ChangedMeanwhile
from clerestory.judgement.own import ProofUnknown
from clerestory.registers.applicability import commands, queries
from clerestory.registers.applicability.queries import ControlUnknown
from clerestory.registers.applicability.rules import ApplicabilityRefused, Decision, Ground, OwnControl
from clerestory.store import directory, log, sequencer, trace
from clerestory.terms.ids import RequirementId
from clerestory.terms.status import Conformity
from clerestory.terms.text import TextUnusable
from tests.organisation import NOW, found
from tests.registers.context.test_conformity import AT, weighed
from tests.registers.records import LATER, register
from tests.registers.test_pages import signed_in

MINUTE = timedelta(minutes=1)
REASON = "Our systems decide on people."


def own(actor, **changes) -> OwnControl:
    said = {
        "title": "Second look at refusals",
        "purpose": "A second officer reads each refusal before it is sent.",
        "owner": actor.person_id,
        "why": "Customers asked for a person behind each refusal.",
    } | changes
    return OwnControl(**said)


def decide_all(actor, now=NOW):
    commands.decide_many(
        actor=actor,
        decisions=[
            Decision(control=row.control, included=True, justification=REASON, ground=Ground.LAW)
            for row in queries.annex(actor)
        ],
        now=now,
    )


def known(actor, kind, record_id, label):
    directory.publish(actor.organisation_id, kind, record_id, label, f"/{kind}/{record_id}/")


def test_an_own_control_stands_in_the_statement_and_in_the_list_after_the_38(actor):
    made = commands.add_own_control(actor=actor, said=own(actor), now=NOW)
    assert made.record_id == "O.1"
    rows = queries.standing_rows(actor)
    assert (len(rows), rows[-1].row.control, rows[-1].row.title) == (39, "O.1", "Second look at refusals")
    assert rows[-1].row.newest.decision.included
    fact = log.entry(actor.organisation_id, made.entry_id).fact
    assert (fact.kind, fact.values["status"], fact.values["owner"]) == (
        "register.own_control", "in force", actor.person_id,
    )  # fmt: skip


def test_one_approval_of_the_statement_approves_own_controls_with_it(actor, second):
    decide_all(actor)
    made = commands.add_own_control(actor=actor, said=own(actor), now=NOW)
    commands.issue_statement(actor=actor, now=NOW)
    commands.approve_statement(actor=second, version=1, now=LATER)
    version = queries.statement_version(actor, 1)
    assert (version.included, len(version.lines), version.lines[-1].own_title) == (39, 39, "Second look at refusals")
    assert standings(actor, [made.entry_id])[made.entry_id].is_approved


def test_a_retired_control_leaves_the_next_statement_and_keeps_its_history(actor):
    decide_all(actor)
    commands.add_own_control(actor=actor, said=own(actor), now=NOW)
    commands.issue_statement(actor=actor, now=NOW)
    with pytest.raises(ApplicabilityRefused, match="no reason"):
        commands.retire_own_control(actor=actor, control="O.1", reason="old", expected_version=1, now=LATER)
    retired = {"control": "O.1", "reason": "All refusals are made by people now.", "expected_version": 1}
    commands.retire_own_control(actor=actor, **retired, now=LATER)
    commands.issue_statement(actor=actor, now=LATER)
    assert [line.control for line in queries.statement_version(actor, 2).lines][-1] != "O.1"
    assert queries.statement_version(actor, 1).lines[-1].own_title == "Second look at refusals"
    newest, first = queries.own_control(actor, "O.1")
    assert (newest.retired, first.retired) == ("All refusals are made by people now.", "")
    for refused in (
        lambda: commands.retire_own_control(actor=actor, **retired | {"expected_version": 2}),
        lambda: commands.change_own_control(actor=actor, control="O.1", said=own(actor), expected_version=2),
    ):
        with pytest.raises(ApplicabilityRefused, match="was retired"):
            refused()
    assert commands.add_own_control(actor=actor, said=own(actor), now=LATER).record_id == "O.2"


@pytest.mark.parametrize(
    "changes, error, word",
    [
        ({"title": " "}, TextUnusable, "title of the control is empty"),
        ({"title": "x" * 10_000}, TextUnusable, "10000 characters"),
        ({"purpose": "a\x00b"}, TextUnusable, r"U\+0000"),
        ({"why": "because"}, ApplicabilityRefused, "no reason"),
        ({"owner": "person-nobody"}, NotAMember, "no member"),
        ({"risks": ("risk-99",)}, ApplicabilityRefused, "unknown risks: risk-99"),
        ({"obligations": ("obligation-9",)}, ApplicabilityRefused, "unknown obligations: obligation-9"),
        ({"proved_by": ("A.7.4/quality-mesured",)}, ProofUnknown, "Did you mean|No rule and no check"),
    ],
)
def test_what_lacks_something_is_refused_and_nothing_is_written(actor, changes, error, word):
    before = log.search(actor.organisation_id, log.Search()).total
    with pytest.raises(error, match=word):
        commands.add_own_control(actor=actor, said=own(actor, **changes), now=NOW)
    assert queries.own_controls(actor) == ()
    assert log.search(actor.organisation_id, log.Search()).total == before


def test_the_second_writer_sees_the_conflict(actor):
    commands.add_own_control(actor=actor, said=own(actor), now=NOW)
    changed = own(actor, title="Another pair of eyes")
    commands.change_own_control(actor=actor, control="O.1", said=changed, expected_version=1, now=LATER)
    with pytest.raises(ChangedMeanwhile):
        commands.change_own_control(actor=actor, control="O.1", said=own(actor), expected_version=1, now=LATER)
    with pytest.raises(ApplicabilityRefused, match="Nothing changed"):
        commands.change_own_control(actor=actor, control="O.1", said=changed, expected_version=2, now=LATER)
    assert queries.own_control(actor, "O.1")[0].control.title == "Another pair of eyes"


def test_decisions_and_own_controls_are_linked_to_records_of_three_kinds_by_name(actor):
    known(actor, "risk", "risk-1", "Refusals without reason")
    known(actor, "impact_assessment", "impact-1", "Assessment of Credit scoring")
    known(actor, "obligation", "obligation-1", "GDPR, Article 22")
    said = own(actor, risks=("risk-1",), impacts=("impact-1",), obligations=("obligation-1",))
    commands.add_own_control(actor=actor, said=said, now=NOW)
    links = {(link.to_kind, link.to_id) for link in trace.links_from(actor.organisation_id, "control", "O.1")}
    assert links == {("risk", "risk-1"), ("impact_assessment", "impact-1"), ("obligation", "obligation-1")}
    (row,) = [row for row in queries.standing_rows(actor) if row.row.is_own]
    assert [record.label for record in row.behind] == [
        "Refusals without reason", "Assessment of Credit scoring", "GDPR, Article 22",
    ]  # fmt: skip
    trace.link(actor.organisation_id, "risk", "risk-1", "calls_for", "control", "O.1")
    assert [record.id for record in queries.behind(actor)["O.1"]] == ["risk-1"]
    around = queries.around(actor, "O.1", (("impact_assessment", "impact-1"), ("risk", "none")))
    assert [record.id for record in around.called] == ["risk-1"]
    assert around.known.keys() == {("risk", "risk-1"), ("impact_assessment", "impact-1")}
    assert [record.id for record in around.offered] == ["risk-1", "obligation-1"]
    commands.change_own_control(actor=actor, control="O.1", said=own(actor), expected_version=1, now=LATER)
    assert trace.links_from(actor.organisation_id, "control", "O.1") == ()


def test_a_record_is_found_by_its_whole_name_or_id_and_not_where_two_have_the_name(actor):
    known(actor, "risk", "risk-1", "Labels grow old")
    known(actor, "risk", "risk-2", "Labels grow old")
    known(actor, "obligation", "obligation-1", "GDPR, Article 22")
    known(actor, "ai_system", "credit", "Credit")
    assert queries.sought(actor, "gdpr, article 22").id == "obligation-1"
    assert queries.sought(actor, "Labels grow old") is None
    assert queries.sought(actor, "risk-2").label == "Labels grow old"
    assert queries.sought(actor, "GDPR") is None
    assert queries.sought(actor, "Credit") is None


def status_of(actor, at):
    sequencer.sequence(actor.organisation_id)
    found = queries.implementations(actor, queries.own_controls(actor), at=at)
    return found.get("O.1")


def test_without_named_evidence_the_status_is_unknown_and_with_it_the_judge_derives_it(actor):
    register(actor, in_scope=True)
    commands.add_own_control(actor=actor, said=own(actor), now=NOW)
    assert status_of(actor, LATER) is None
    proved = own(actor, proved_by=("context-decided", "fairness.selection-rate-ratio"))
    with pytest.raises(ProofUnknown):
        commands.change_own_control(actor=actor, control="O.1", said=proved, expected_version=1, now=NOW)
    proved = own(actor, proved_by=("fairness.selection-rate-ratio",))
    commands.change_own_control(actor=actor, control="O.1", said=proved, expected_version=1, now=NOW + MINUTE)
    status = status_of(actor, LATER)
    assert (status.conformity, status.have) == (Conformity.NOT_EVIDENCED, 0)


def test_the_status_of_an_own_control_is_that_of_the_rule_it_names_and_falls_with_it(actor, member):
    """The rule is one that commands alone can hold: nothing needs to be measured for it."""
    register(actor, in_scope=True)
    commands.add_own_control(actor=actor, said=own(actor, proved_by=("4.1/context-decided",)), now=NOW)
    assert status_of(actor, AT).conformity is Conformity.NOT_EVIDENCED
    top = member("editor", ("top_management", "designated_management"), "chair@example.org")
    standing = weighed(actor, top)
    held = status_of(actor, AT)
    assert (held.conformity, held.have, held.need) == (Conformity.CONFORMS, 1, 1)
    revoke(actor=top, entry_id=standing.entry_id, reason="it left the strike out", now=AT)
    assert status_of(actor, AT + MINUTE).conformity is Conformity.STALE


def test_another_organisation_and_viewers(actor, member):
    commands.add_own_control(actor=actor, said=own(actor), now=NOW)
    stranger = found("Other Bank", email="other@example.org")
    assert queries.own_controls(stranger) == ()
    with pytest.raises(ControlUnknown):
        queries.own_control(stranger, "O.1")
    viewer = member("viewer")
    assert queries.own_control(viewer, "O.1")
    with pytest.raises(NotPermitted):
        commands.add_own_control(actor=viewer, said=own(actor))


def test_an_own_control_is_added_changed_and_retired_by_form(actor):
    client = signed_in("owner@example.org")
    known(actor, "obligation", "obligation-1", "GDPR, <b>Article</b> 22")
    page = client.get(reverse("applicability-own-add")).content.decode()
    assert "GDPR, &lt;b&gt;Article&lt;/b&gt; 22" in page
    sent = {
        "title": "<i>Second</i> look", "purpose": "Read it twice.", "owner": actor.person_id,
        "why": "=HYPERLINK() is what a customer wrote.", "links": "obligation:obligation-1",
        "more": "", "proved_by": "",
    }  # fmt: skip
    assert client.post(reverse("applicability-own-add"), sent | {"more": "no such thing"}).status_code == 422
    assert client.post(reverse("applicability-own-add"), sent).status_code == 302
    page = client.get(reverse("applicability-control", args=["O.1"])).content.decode()
    assert "&lt;i&gt;Second&lt;/i&gt; look" in page
    assert "unknown" in page
    edit = reverse("applicability-own-edit", args=["O.1"])
    changed = sent | {"title": "A second look", "version": "1", "_seen": ""}
    assert client.post(edit, changed).status_code == 302
    raced = client.post(edit, changed | {"title": "A third look"})
    assert raced.status_code == 422
    assert b"A third look" in raced.content
    retire = reverse("applicability-own-retire", args=["O.1"])
    assert client.post(retire, {"version": "2", "reason": ""}).status_code == 422
    assert client.post(retire, {"version": "2", "reason": "People decide on refusals now."}).status_code == 302
    page = client.get(reverse("applicability-control", args=["O.1"])).content.decode()
    assert "People decide on refusals now." in page
    for tab in ("history", "comments", "files", "links"):
        assert client.get(reverse("applicability-control", args=["O.1"]), {"tab": tab}).status_code == 200
    assert client.get(reverse("applicability-control", args=["O.7"])).status_code == 404


def test_versions_are_compared_row_by_row_with_the_status_then_and_now(actor, django_assert_max_num_queries):
    decide_all(actor)
    known(actor, "risk", "risk-1", "Labels grow old")
    commands.issue_statement(actor=actor, now=NOW)
    changed = Decision(
        control=RequirementId("A.7.4"), included=True, justification="Our systems decide on <b>loans</b>.",
        ground=Ground.RISK, risks=("risk-1",),
    )  # fmt: skip
    commands.decide_applicability(actor=actor, decision=changed, now=LATER)
    excluded = Decision(
        control=RequirementId("A.10.3"), included=False, justification="No supplier takes part.", ground=Ground.NONE
    )
    commands.decide_applicability(actor=actor, decision=excluded, now=LATER)
    commands.add_own_control(actor=actor, said=own(actor), now=LATER)
    commands.issue_statement(actor=actor, now=LATER)
    made = queries.statement_difference(actor, 1, 2, now=LATER + MINUTE)
    anew = {row.control: row for row in made.rows if row.is_decided_anew}
    assert set(anew) == {"A.7.4", "A.10.3", "O.1"}
    assert [piece for piece in anew["A.7.4"].reason if piece[0] != "same"] == [
        ("removed", "people."), ("added", "<b>loans</b>."),
    ]  # fmt: skip
    assert anew["A.7.4"].added == (("risk", "risk-1"),)
    assert (anew["O.1"].before, anew["O.1"].now) == (None, None)
    assert anew["A.10.3"].then.conformity is Conformity.NOT_EVIDENCED
    client = signed_in("owner@example.org")
    address = reverse("applicability-version-difference", args=[2, 1])
    with django_assert_max_num_queries(10):
        page = client.get(address).content.decode()
    assert "&lt;b&gt;loans&lt;/b&gt;." in page
    assert "Labels grow old" in page
    assert page.count('<th scope="row">') == 3
    assert client.get(address, {"all": "1"}).content.decode().count('<th scope="row">') == 39
    for form in ("pdf", "docx", "xlsx"):
        assert f".{form}" in client.get(address, {"export": form}).headers["Content-Disposition"]
    assert client.get(reverse("applicability-version-difference", args=[2, 7])).status_code == 404


def test_the_statement_is_shown_while_nothing_is_known_of_an_own_control(actor):
    commands.add_own_control(actor=actor, said=own(actor), now=NOW)
    page = signed_in("owner@example.org").get(reverse("applicability"))
    assert page.status_code == 200
    assert b"Second look at refusals" in page.content
