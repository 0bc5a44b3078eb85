"""What stands above the rules: decisions on applicability, open major nonconformities and findings, exceptions."""

from dataclasses import replace

import pytest

from clerestory.catalogue.catalogue import NotYetProduced
from clerestory.judgement.applicability import applicability
from clerestory.judgement.evaluate import UnknownFramework, UnknownRequirement, evaluate, explain
from clerestory.judgement.index import FactIndex
from clerestory.judgement.phrase import TEMPLATES, phrase
from clerestory.judgement.reuse import reuse
from clerestory.judgement.status import Counted
from clerestory.terms.ids import FrameworkId, RequirementId
from clerestory.terms.status import Conformity
from tests.judgement.facts import AUTHOR, NOON, SECOND, days, person
from tests.judgement.one_rule import ORGANISATION, SYSTEM, book, need, rule, status
from tests.judgement.stories import ISO, whole

HELD = rule(need("record.impact_assessment"))


@pytest.mark.parametrize(
    "raised, answer, confirmed",
    [
        ("register.nonconformity", "record.corrective_action_effectiveness", "effective"),
        ("register.finding", "record.finding_follow_up", "confirmed"),
    ],
)
def test_an_open_major_one_stands_until_somebody_else_confirms_that_it_was_dealt_with(
    raised: str, answer: str, confirmed: str
) -> None:
    made = book()
    made.write("record.impact_assessment", SYSTEM, at=NOON)
    minor = {"grade": "minor_nonconformity", "requirement": "A.7.4"}
    made.write(raised, ORGANISATION, minor, at=NOON, entity="x/1")
    beside = status(HELD, made.facts)
    assert beside.conformity is Conformity.CONFORMS
    assert beside.notes[0].code == "minor_nonconformity"
    major = made.write(raised, ORGANISATION, {**minor, "grade": "major_nonconformity"}, at=NOON, entity="x/1")
    found = status(HELD, made.facts)
    assert found.conformity is Conformity.NONCONFORMING
    assert found.because[0] == major.entry_id
    owner = person(responsible=True)
    made.write(answer, ORGANISATION, {confirmed: True}, at=NOON, answers=(major.entry_id,), by=owner)
    made.write(answer, ORGANISATION, {confirmed: False}, at=NOON, answers=(major.entry_id,))
    assert status(HELD, made.facts).conformity is Conformity.NONCONFORMING
    made.write(answer, ORGANISATION, {confirmed: True}, at=NOON, answers=(major.entry_id,))
    assert status(HELD, made.facts).conformity is Conformity.CONFORMS


def test_only_the_latest_decision_on_a_control_counts_and_a_draft_after_it_undoes_the_exclusion() -> None:
    made = book()
    values = {"control": "A.7.4", "included": False}
    made.write("decision.applicability", ORGANISATION, values, at=NOON - days(5), approved_by=SECOND)
    assert status(HELD, made.facts).conformity is Conformity.NOT_APPLICABLE
    assert status(HELD, made.facts).coverage == Counted(0, 0)
    made.write("decision.applicability", ORGANISATION, values, at=NOON - days(4), approved_by=AUTHOR)
    assert status(HELD, made.facts).conformity is Conformity.NOT_EVIDENCED
    index = FactIndex.of(whole(), made.facts)
    assert not applicability(index, NOON)[RequirementId("A.7.4")].excludes
    assert applicability(index, NOON - days(5))[RequirementId("A.7.4")].excludes


def test_an_exclusion_says_nothing_about_another_framework_with_the_same_number() -> None:
    made = book()
    values = {"control": "A.5.2", "included": False}
    made.write("decision.applicability", ORGANISATION, values, at=NOON, approved_by=SECOND)
    index = FactIndex.of(whole(), made.facts)
    other = evaluate(whole(), FrameworkId("iso27001-2022"), index, at=NOON)
    assert {found.conformity for found in other.values()} == {Conformity.NOT_EVIDENCED}


def test_an_exception_for_one_system_leaves_the_others_and_cannot_stand_alone() -> None:
    made = book()
    values = {"rule": "A.7.4/tried", "valid_until": "2026-12-31"}
    made.write("approval.exception", SYSTEM, values, at=NOON, approved_by=SECOND)
    alone = status(HELD, made.facts)
    assert alone.conformity is Conformity.NOT_EVIDENCED
    assert alone.missing[0].code == "nothing_applies"
    second = replace(SYSTEM, id="fraud")
    made.write("register.ai_system", second, at=NOON)
    assert status(HELD, made.facts).coverage == Counted(0, 1)
    made.write("record.impact_assessment", second, at=NOON)
    held = status(HELD, made.facts)
    assert held.conformity is Conformity.CONFORMS
    assert held.notes[0].code == "excepted"


def test_what_this_version_cannot_bring_in_is_said_whatever_facts_there_are() -> None:
    made = book()
    made.write("record.impact_assessment", SYSTEM, at=NOON)
    lacking = NotYetProduced(frozenset({"record.impact_assessment"}), frozenset())
    catalogue = replace(whole(), rules={ISO: (HELD,)}, not_yet_produced=lacking)
    found = evaluate(catalogue, ISO, FactIndex.of(catalogue, made.facts), at=NOON)[RequirementId("A.7.4")]
    assert found.conformity is Conformity.NOT_EVIDENCED
    assert "is not provable in this version" in found.missing[0].text


def test_an_unknown_framework_or_requirement_is_named_with_what_there_is() -> None:
    index = FactIndex(whole())
    with pytest.raises(UnknownFramework, match="iso42001-2023"):
        evaluate(whole(), FrameworkId("iso99999"), index, at=NOON)
    with pytest.raises(UnknownRequirement, match=r"A\.99"):
        explain(whole(), ISO, index, RequirementId("A.99"), at=NOON)


def test_evidence_is_shown_for_other_frameworks_and_derives_no_status_there() -> None:
    made = book()
    made.write("record.impact_assessment", SYSTEM, at=NOON)
    catalogue = replace(whole(), rules={ISO: (HELD,)})
    index = FactIndex.of(catalogue, made.facts)
    own = evaluate(catalogue, ISO, index, at=NOON)
    rows = [row for row in catalogue.crosswalk if row.source == "A.7.4"]
    target = rows[0].target_framework
    shown = reuse(catalogue, target, own)[RequirementId(rows[0].target)]
    related = {r.source for r in catalogue.crosswalk if (r.target_framework, r.target) == (target, rows[0].target)}
    assert (shown.have, shown.need) == (1, len(related))
    assert {s.conformity for s in evaluate(catalogue, target, index, at=NOON).values()} == {Conformity.NOT_EVIDENCED}


def test_a_phrase_without_one_of_its_parts_is_refused() -> None:
    with pytest.raises(KeyError, match="entry"):
        phrase("not_approved", subject="x", kind="y", day="z")
    assert all(template.endswith((".", "{justification}")) for template in TEMPLATES.values())
