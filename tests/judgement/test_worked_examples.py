"""The worked examples of the judge's design, each as facts that were written down beforehand.

They all look at A.7.4: limits of data quality are approved, then kept, shown by measurement on each data set version.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from itertools import permutations

import pytest

from clerestory.catalogue.catalogue import Catalogue, NotYetProduced
from clerestory.catalogue.load import load
from clerestory.judgement.evaluate import evaluate
from clerestory.judgement.index import FactIndex
from clerestory.judgement.status import Counted, RequirementStatus
from clerestory.terms.evidence import Subject
from clerestory.terms.fact import Fact
from clerestory.terms.ids import FrameworkId, RequirementId
from clerestory.terms.status import Conformity
from tests.judgement.facts import AUTHOR, NOON, SECOND, Book, days, person

ISO = FrameworkId("iso42001-2023")
DATA_QUALITY = RequirementId("A.7.4")
ORGANISATION = Subject("organisation", "northlight")
FAMILY = ("data_quality.schema", "data_quality.representativeness", "data_quality.nulls")
DECLARED = tuple(f"{name}|<= 0.1|" for name in FAMILY)
START = NOON - days(300)
CREDIT = Subject("ai_system", "credit-1")
ABOUT_PEOPLE = {"role": "test", "labelled_by_people": False, "about_people": True}


@cache
def catalogue() -> Catalogue:
    return replace(load(), not_yet_produced=NotYetProduced(frozenset(), frozenset()))


class Bank:
    """An organisation with credit systems, one data set version each, whose quality limits were approved."""

    def __init__(self, systems: int = 1, *, criteria_approved_by: str | None = SECOND, tier: str = "limited") -> None:
        self.book = Book(catalogue())
        self.book.write("register.organisation", ORGANISATION, at=START)
        self.data = [self.system(f"credit-{number}", tier) for number in range(1, systems + 1)]
        for data in self.data:
            self.criteria(data, criteria_approved_by)

    def system(self, name: str, tier: str) -> Subject:
        system, data = Subject("ai_system", name), Subject("dataset_version", f"{name}/test/1")
        self.book.write("register.ai_system", system, {"name": name, "tier": tier, "stage": "deployment"}, at=START)
        plain = {"role": "test", "labelled_by_people": False, "about_people": False}
        self.book.write("register.dataset_version", data, plain, at=START, links=(system,))
        return data

    def criteria(self, data: Subject, approved_by: str | None, at: datetime = START, nulls: str = "<= 0.1") -> Fact:
        items = catalogue().coverages["data_quality_topics"].items
        limits = {"approved_criteria": ("data_quality.schema|<= 0.1", f"data_quality.nulls|{nulls}")}
        return self.book.write(
            "record.data_quality_criteria", data, at=at, covers=items, approved_by=approved_by, lists=limits
        )

    def run(self, data: Subject, at: datetime, *names: str, **more: object) -> None:
        for name in names or FAMILY:
            self.book.check(name, data, at=at, declared=DECLARED, **more)  # type: ignore[arg-type]

    def status(self, at: datetime) -> RequirementStatus:
        return evaluate(catalogue(), ISO, FactIndex.of(catalogue(), self.book.facts), at=at)[DATA_QUALITY]


def test_1_a_fresh_passing_run_under_approved_criteria_conforms() -> None:
    bank = Bank()
    bank.run(bank.data[0], NOON)
    status = bank.status(NOON + days(1))
    assert status.conformity is Conformity.CONFORMS
    assert status.missing == ()
    assert status.coverage == Counted(1, 1)
    assert status.stale_on == date(2027, 1, 25)  # the criteria of 25 January 2026 are a year old then
    assert len(status.because) == 4


def test_2_the_same_run_goes_stale_when_its_age_is_over_without_anybody_writing_a_status() -> None:
    bank = Bank()
    bank.run(bank.data[0], START + days(200))
    ninety = START + days(200) + days(90)
    assert bank.status(ninety).conformity is Conformity.CONFORMS
    status = bank.status(ninety + timedelta(seconds=1))
    assert status.conformity is Conformity.STALE
    assert any(phrase.code == "aged" for phrase in status.missing)
    assert status.stale_on is None


def test_3_nine_of_ten_systems_tested_is_not_evidenced_and_says_nine_of_ten() -> None:
    bank = Bank(10)
    for data in bank.data[:9]:
        bank.run(data, NOON)
    status = bank.status(NOON)
    assert status.conformity is Conformity.NOT_EVIDENCED
    assert status.coverage == Counted(9, 10)
    assert "credit-10 test data (dataset_version:credit-10/test/1)" in status.missing[0].text


def test_4_a_failure_of_one_system_is_not_hidden_by_the_later_pass_of_another() -> None:
    bank = Bank(2)
    bank.run(bank.data[0], NOON)
    bank.run(bank.data[0], NOON + days(1), "data_quality.nulls", verdict="FAIL")
    bank.run(bank.data[1], NOON + days(2))
    status = bank.status(NOON + days(3))
    assert status.conformity is Conformity.NONCONFORMING
    failing = next(f for f in bank.book.facts if f.values.get("verdict") == "FAIL")
    assert status.because[0] == failing.entry_id
    assert "data_quality.nulls failed its criterion <= 0.1" in status.missing[0].text


def test_5_a_failure_is_cured_by_a_pass_of_the_same_key_and_by_no_other() -> None:
    bank = Bank()
    bank.run(bank.data[0], NOON)
    bank.run(bank.data[0], NOON + days(1), "data_quality.nulls", verdict="FAIL")
    bank.run(bank.data[0], NOON + days(2), "data_quality.nulls", criterion="<= 0.9")
    assert bank.status(NOON + days(3)).conformity is Conformity.NONCONFORMING
    bank.run(bank.data[0], NOON + days(2), "data_quality.nulls", values={"slice": "region=north"})
    assert bank.status(NOON + days(3)).conformity is Conformity.NONCONFORMING
    bank.run(bank.data[0], NOON + days(2), "data_quality.nulls")
    assert bank.status(NOON + days(3)).conformity is Conformity.CONFORMS


def test_5c_a_pass_on_another_role_of_data_does_not_cure_a_failure() -> None:
    bank = Bank()
    bank.run(bank.data[0], NOON)
    bank.run(bank.data[0], NOON + days(1), "data_quality.nulls", verdict="FAIL")
    bank.run(bank.data[0], NOON + days(2), values={"data_role": "training"})
    assert bank.status(NOON + days(3)).conformity is Conformity.NONCONFORMING


def test_5b_age_does_not_cure_a_failure_but_its_revocation_does() -> None:
    bank = Bank()
    bank.criteria(bank.data[0], SECOND, START + timedelta(hours=1), "<= 0.2")
    bank.run(bank.data[0], NOON - days(300) + days(1), "data_quality.nulls", verdict="FAIL")
    bank.run(bank.data[0], NOON, "data_quality.schema", "data_quality.representativeness")
    bank.run(bank.data[0], NOON, "data_quality.nulls", criterion="<= 0.2")
    assert bank.status(NOON).conformity is Conformity.NONCONFORMING
    failing = next(f for f in bank.book.facts if f.values.get("verdict") == "FAIL")
    gone = bank.book.write("record.revocation", bank.data[0], {"revokes": (failing.entry_id,)}, at=NOON)
    values = {"approved_leaf": gone.leaf_hash, "approver_id": SECOND}
    bank.book.write("approval.document", bank.data[0], values, at=NOON, by=person(SECOND, "member"))
    for number, fact in enumerate(bank.book.facts):
        if fact.kind == "check":
            declared = (
                "data_quality.schema|<= 0.1|",
                "data_quality.representativeness|<= 0.1|",
                "data_quality.nulls|<= 0.2|",
            )
            bank.book.facts[number] = replace(fact, values={**fact.values, "declared": declared})
    status = bank.status(NOON)
    assert status.conformity is Conformity.CONFORMS
    assert any(note.code == "failure_revoked" for note in status.notes)


@pytest.mark.parametrize("verdict", ["FAIL", "INCONCLUSIVE"])
def test_5d_nobody_takes_a_failed_or_inconclusive_result_back_alone(verdict: str) -> None:
    bank = Bank()
    bank.run(bank.data[0], START + days(1))
    bank.run(bank.data[0], NOON - days(5))
    bank.run(bank.data[0], NOON - days(4), "data_quality.nulls", verdict=verdict)
    (result,) = (f for f in bank.book.facts if f.values.get("verdict") == verdict)
    unwelcome = bank.status(NOON).conformity
    assert unwelcome is (Conformity.NONCONFORMING if verdict == "FAIL" else Conformity.NOT_EVIDENCED)
    values = {"revokes": (result.entry_id,)}
    gone = bank.book.write("record.revocation", bank.data[0], values, at=NOON - days(3))
    assert bank.status(NOON).conformity is unwelcome
    values = {"approved_leaf": gone.leaf_hash, "approver_id": AUTHOR}
    bank.book.write("approval.document", bank.data[0], values, at=NOON - days(2), by=person(AUTHOR, "member"))
    assert bank.status(NOON).conformity is unwelcome
    values = {"approved_leaf": gone.leaf_hash, "approver_id": SECOND}
    given = bank.book.write("approval.document", bank.data[0], values, at=NOON - days(1), by=person(SECOND, "member"))
    assert bank.status(NOON - days(1) - timedelta(seconds=1)).conformity is unwelcome
    assert bank.status(NOON).conformity is not unwelcome
    bank.book.write("record.revocation", bank.data[0], {"revokes": (given.entry_id,)}, at=NOON)
    assert bank.status(NOON).conformity is unwelcome
    assert FactIndex.of(catalogue(), reversed(bank.book.facts)).rows[result.entry_id].revoked is None


def test_6_evidence_dated_back_does_not_change_a_past_status() -> None:
    bank = Bank()
    last_month = NOON - days(30)
    before = bank.status(last_month)
    bank.run(bank.data[0], last_month - days(1), received=NOON)
    assert bank.status(last_month) == before
    assert before.conformity is Conformity.NOT_EVIDENCED
    assert bank.status(NOON).conformity is Conformity.CONFORMS


def test_7_approval_by_the_author_does_not_count_and_is_named() -> None:
    bank = Bank(criteria_approved_by=AUTHOR)
    bank.run(bank.data[0], NOON)
    status = bank.status(NOON)
    assert status.conformity is Conformity.NOT_EVIDENCED
    assert any("approval by the author does not count" in phrase.text for phrase in status.missing)


@pytest.mark.parametrize("share, conformity", [("0.03", Conformity.CONFORMS), ("0.09", Conformity.NOT_EVIDENCED)])
def test_8_a_pass_counts_only_while_few_people_are_in_groups_too_small_to_assess(
    share: str, conformity: Conformity
) -> None:
    bank = Bank()
    bank.book.write("register.dataset_version", bank.data[0], ABOUT_PEOPLE, at=START, links=(CREDIT,))
    names = (*FAMILY, "data_quality.group-imbalance")
    declared = tuple(f"{name}|<= 0.1|" for name in names)
    for name in names:
        bank.book.check(name, bank.data[0], at=NOON, declared=declared, values={"share_unassessable": share})
    status = bank.status(NOON)
    assert status.conformity is conformity
    if conformity is Conformity.CONFORMS:
        assert any("3 % of people are in groups too small to assess" in note.text for note in status.notes)
    else:
        assert any("leaves 9 % of people unassessed" in phrase.text for phrase in status.missing)


@pytest.mark.parametrize("part", ["region=west", "metric=roc_auc"])
def test_8b_an_inconclusive_result_is_looked_over_for_no_pass_of_the_same_check(part: str) -> None:
    bank = Bank()
    bank.run(bank.data[0], NOON, values={"share_unassessable": "0.03"})
    bank.run(bank.data[0], NOON, "data_quality.nulls", verdict="INCONCLUSIVE", values={"slice": part})
    status = bank.status(NOON)
    assert status.conformity is Conformity.NOT_EVIDENCED
    assert any(phrase.code == "inconclusive_slice" for phrase in status.missing)


def test_8c_a_declared_slice_without_a_result_is_named_though_the_whole_passes() -> None:
    bank = Bank()
    declared = (*DECLARED, "data_quality.nulls|<= 0.1|metric=roc_auc")
    for name in FAMILY:
        bank.book.check(name, bank.data[0], at=NOON, declared=declared)
    status = bank.status(NOON)
    assert status.conformity is Conformity.NOT_EVIDENCED
    assert any(
        "data_quality.nulls <= 0.1 metric=roc_auc declared, but without a current pass" in phrase.text
        for phrase in status.missing
    )


@pytest.mark.parametrize("measured, conformity", [("<= 0.1", "CONFORMS"), ("<= 0.9", "NOT_EVIDENCED")])
def test_8d_what_was_approved_must_pass_whatever_the_newest_run_declares(measured: str, conformity: str) -> None:
    bank = Bank()
    declared = (*DECLARED[:2], f"data_quality.nulls|{measured}|")
    for name in FAMILY[:2]:
        bank.book.check(name, bank.data[0], at=NOON, declared=declared)
    bank.book.check("data_quality.nulls", bank.data[0], at=NOON, criterion=measured, declared=declared)
    bank.criteria(bank.data[0], AUTHOR, START + days(1), "<= 0.9")  # looser limits, approved by their author
    status = bank.status(NOON)
    assert status.conformity is Conformity(conformity)
    if measured != "<= 0.1":
        assert any(
            "1 of 2 approved criteria covered; not covered: data_quality.nulls" in m.text for m in status.missing
        )


def test_9_a_draft_decision_excludes_nothing_and_an_approved_one_does() -> None:
    bank = Bank()
    exclusion = {"control": "A.7.4", "included": False, "justification": "no data are used"}
    draft = bank.book.write("decision.applicability", ORGANISATION, exclusion, at=NOON)
    status = bank.status(NOON)
    assert status.conformity is Conformity.NOT_EVIDENCED
    assert status.notes[0].code == "exclusion_not_approved"
    bank.book.write("decision.applicability", ORGANISATION, exclusion, at=NOON, approved_by=AUTHOR)
    assert bank.status(NOON).conformity is Conformity.NOT_EVIDENCED
    decision = bank.book.write("decision.applicability", ORGANISATION, exclusion, at=NOON + days(1), approved_by=SECOND)
    status = bank.status(NOON + days(1))
    assert status.conformity is Conformity.NOT_APPLICABLE
    assert status.because == (decision.entry_id,)
    assert draft.entry_id not in status.because


def test_9b_a_clause_cannot_be_excluded() -> None:
    bank = Bank()
    bank.book.write(
        "decision.applicability", ORGANISATION, {"control": "8.2", "included": False}, at=NOON, approved_by=SECOND
    )
    index = FactIndex.of(catalogue(), bank.book.facts)
    status = evaluate(catalogue(), ISO, index, at=NOON)[RequirementId("8.2")]
    assert status.conformity is Conformity.NOT_EVIDENCED


def test_10_erased_content_leaves_the_status_where_facts_suffice_and_is_said() -> None:
    bank = Bank()
    bank.run(bank.data[0], NOON)
    criteria = next(f for f in bank.book.facts if f.kind == "record.data_quality_criteria")
    erasure = bank.book.write("record.erasure", bank.data[0], {"erased": (criteria.entry_id,)}, at=NOON)
    status = bank.status(NOON)
    assert status.conformity is Conformity.CONFORMS
    assert f"Content was erased by entry {erasure.entry_id} (entry {criteria.entry_id}); the facts stay." in [
        note.text for note in status.notes
    ]


def test_11_entries_delivered_in_any_order_give_the_same_status() -> None:
    bank = Bank()
    bank.run(bank.data[0], NOON, "data_quality.schema", "data_quality.representativeness")
    bank.run(bank.data[0], NOON - days(1), "data_quality.nulls", verdict="FAIL")
    bank.run(bank.data[0], NOON, "data_quality.nulls")
    head, tail = bank.book.facts[:3], bank.book.facts[3:]
    expected = bank.status(NOON)
    assert expected.conformity is Conformity.CONFORMS
    for order in permutations(tail):
        for facts in ([*head, *order], [*order, *head]):
            index = FactIndex.of(catalogue(), facts)
            assert evaluate(catalogue(), ISO, index, at=NOON)[DATA_QUALITY] == expected


def test_12_a_rule_loosened_until_yesterday_is_judged_strictly_today() -> None:
    bank = Bank()
    bank.run(bank.data[0], NOON, "data_quality.schema", "data_quality.nulls")
    values = {
        "rule": "A.7.4/quality-measured",
        "valid_until": "2026-11-30",
        "justification": "tool arrives in December",
    }
    unsigned = bank.book.write("approval.exception", ORGANISATION, values, at=NOON, approved_by=AUTHOR)
    assert bank.status(NOON).conformity is Conformity.NOT_EVIDENCED
    bank.book.facts.remove(unsigned)
    bank.book.write("approval.exception", ORGANISATION, values, at=NOON, approved_by=SECOND)
    last_day = bank.status(datetime.fromisoformat("2026-11-30T23:59:59+00:00"))
    assert last_day.conformity is Conformity.CONFORMS
    assert last_day.stale_on == date(2026, 11, 30)
    assert any("Rule A.7.4/quality-measured is loosened" in note.text for note in last_day.notes)
    assert bank.status(datetime.fromisoformat("2026-12-01T00:00:00+00:00")).conformity is Conformity.NOT_EVIDENCED


def test_12b_an_exception_never_hides_a_failure() -> None:
    bank = Bank()
    bank.run(bank.data[0], NOON)
    bank.run(bank.data[0], NOON, "data_quality.nulls", verdict="FAIL", values={"slice": "region=west"})
    values = {"rule": "A.7.4/quality-measured", "valid_until": "2027-11-30"}
    bank.book.write("approval.exception", ORGANISATION, values, at=NOON, approved_by=SECOND)
    assert bank.status(NOON).conformity is Conformity.NONCONFORMING
