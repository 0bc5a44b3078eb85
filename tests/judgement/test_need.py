"""Coverage over time, answers and nil returns, alternatives, and checks that a list names."""

from datetime import UTC, datetime, timedelta

import pytest

from clerestory.catalogue.rule import Answers, Coverage, NilReturn
from clerestory.judgement.need.coverage import required
from clerestory.judgement.status import Counted, State
from clerestory.terms.evidence import Subject
from clerestory.terms.status import Conformity
from tests.judgement.facts import AUTHOR, NOON, SECOND, Book, days, person
from tests.judgement.one_rule import DATA, ORGANISATION, START, SYSTEM, book, need, rule, status

PROCESS = Subject("process", "review")
YEAR = timedelta(days=365)


@pytest.mark.parametrize(
    "minimum, total, enough", [(1.0, 7, 7), (0.9, 10, 9), (0.95, 20, 19), (0.95, 21, 20), (0.9, 1, 1), (0.99, 100, 99)]
)
def test_a_share_is_counted_exactly(minimum: float, total: int, enough: int) -> None:
    assert required(minimum, total) == enough


def planned(*items: str) -> Book:
    made = book()
    made.write("register.process", PROCESS, at=START, lists={"planned_runs": items}, entity="process/1")
    return made


RUNS = rule(need("record.process_run", max_age=YEAR, coverage=Coverage("planned_runs", 0.9)), for_each="process")


def test_a_run_that_falls_due_and_was_not_made_is_a_lapse_from_its_day_on() -> None:
    made = planned("run@2026-11-01", "run@2026-12-01")
    made.write("record.process_run", PROCESS, at=NOON - days(15), covers=("run@2026-11-01",))
    first = status(RUNS, made.facts)
    assert first.conformity is Conformity.CONFORMS
    assert first.stale_on is not None and first.stale_on.isoformat() == "2026-11-30"
    late = status(RUNS, made.facts, NOON + days(10))
    assert late.conformity is Conformity.STALE
    assert "not covered: run@2026-12-01" in late.missing[-1].text


def test_before_the_first_run_is_due_nothing_is_covered_and_waiting_does_not_change_that() -> None:
    made = planned("run@2026-12-01")
    assert status(RUNS, made.facts).conformity is Conformity.NOT_EVIDENCED
    assert status(RUNS, made.facts, NOON + days(30)).conformity is Conformity.NOT_EVIDENCED


def test_a_run_made_early_counts_at_once_so_that_no_share_grows_by_waiting() -> None:
    made = planned("run@2026-12-01")
    made.write("record.process_run", PROCESS, at=NOON, covers=("run@2026-12-01",))
    assert status(RUNS, made.facts).conformity is Conformity.CONFORMS
    assert status(RUNS, made.facts, NOON + days(30)).conformity is Conformity.CONFORMS


def test_coverage_is_of_all_facts_together_and_ages_with_the_one_that_decides() -> None:
    made = planned("a", "b")
    made.write("record.process_run", PROCESS, at=NOON - days(300), covers=("a",))
    made.write("record.process_run", PROCESS, at=NOON - days(10), covers=("b", "not on the list"))
    found = status(RUNS, made.facts)
    assert found.conformity is Conformity.CONFORMS
    assert found.stale_on == (NOON - days(300) + YEAR).date()
    assert found.rules[0].needs[0].members[0].coverage is not None
    assert found.rules[0].needs[0].members[0].coverage.need == 2


def test_a_process_older_than_the_age_of_its_runs_conforms_on_the_runs_of_that_age() -> None:
    months = [f"run@{year}-{month:02}-01" for year in (2024, 2025, 2026) for month in range(1, 13)]
    made = planned(*months)
    for item in months:
        day = datetime.fromisoformat(item[4:]).replace(tzinfo=UTC)
        if day <= NOON and item not in ("run@2024-05-01", "run@2025-02-01", "run@2025-06-01"):
            made.write("record.process_run", PROCESS, at=day + days(3), covers=(item,))
    found = status(RUNS, made.facts)
    assert found.conformity is Conformity.CONFORMS
    assert found.rules[0].needs[0].members[0].coverage == Counted(12, 12)


def test_waiting_does_not_make_a_missed_run_go_away() -> None:
    made = planned("run@2025-12-15", "run@2026-01-15", "run@2026-02-15")
    made.write("record.process_run", PROCESS, at=NOON - days(240), covers=("run@2026-01-15", "run@2026-02-15"))
    assert status(RUNS, made.facts, NOON).conformity is Conformity.STALE
    assert status(RUNS, made.facts, NOON + days(60)).conformity is Conformity.STALE
    made.write("record.process_run", PROCESS, at=NOON + days(30), covers=("run@2026-01-15",))
    assert status(RUNS, made.facts, NOON + days(60)).conformity is Conformity.CONFORMS


ANSWERED = rule(
    need(
        "record.finding_follow_up",
        independent=True,
        answers=Answers("register.finding", "due_on", YEAR),
        if_none=NilReturn("record.nil_return", {"register": ("finding",)}, True, timedelta(days=180)),
    ),
    for_each="organisation",
)


def found(due: str, grade: str = "minor_nonconformity") -> Book:
    made = book()
    values = {"due_on": due, "grade": grade, "requirement": "8.1"}
    made.write("register.finding", ORGANISATION, values, at=NOON - days(30), entity="finding/1")
    return made


def found_again(due: str) -> Book:
    """Give a second finding after a first one that was answered."""
    made = book()
    values = {"due_on": "2026-07-01", "grade": "minor_nonconformity", "requirement": "8.1"}
    made.write("register.finding", ORGANISATION, values, at=NOON - days(200), entity="finding/0")
    made.write("record.finding_follow_up", ORGANISATION, at=NOON - days(190), answers=(made.facts[-1].entry_id,))
    made.write("register.finding", ORGANISATION, {**values, "due_on": due}, at=NOON - days(30), entity="finding/1")
    return made


def test_an_open_finding_proves_nothing_while_none_was_ever_answered() -> None:
    open_still = status(ANSWERED, found("2026-11-25").facts)
    assert open_still.conformity is Conformity.NOT_EVIDENCED
    assert "is open until 2026-11-25, and none was ever answered" in open_still.missing[0].text
    late = status(ANSWERED, found("2026-11-25").facts, NOON + days(5))
    assert late.conformity is Conformity.NOT_EVIDENCED
    assert "was due on 2026-11-25 and has no answer" in late.missing[0].text


def test_an_open_finding_is_fine_until_its_day_and_a_lapse_after_it() -> None:
    made = found_again("2026-11-25")
    assert status(ANSWERED, made.facts).conformity is Conformity.CONFORMS
    late = status(ANSWERED, made.facts, NOON + days(5))
    assert late.conformity is Conformity.STALE
    assert "was due on 2026-11-25 and has no answer" in late.missing[0].text


def test_a_finding_that_was_overdue_when_it_was_raised_was_never_in_order() -> None:
    assert status(ANSWERED, found("2026-01-01").facts).conformity is Conformity.NOT_EVIDENCED


def test_a_due_day_that_cannot_be_read_is_no_excuse() -> None:
    assert status(ANSWERED, found("soon").facts).conformity is Conformity.NOT_EVIDENCED


def test_an_answer_by_whoever_is_responsible_does_not_count_where_independence_is_asked() -> None:
    made = found_again("2026-11-01")
    raised = made.facts[-1].entry_id
    made.write("record.finding_follow_up", ORGANISATION, at=NOON, answers=(raised,), by=person(responsible=True))
    assert status(ANSWERED, made.facts).conformity is Conformity.STALE
    made.write("record.finding_follow_up", ORGANISATION, at=NOON, answers=(raised,))
    assert status(ANSWERED, made.facts).conformity is Conformity.CONFORMS


def test_a_later_version_of_a_finding_moves_its_day_and_an_answer_to_either_counts() -> None:
    made = found_again("2026-11-01")
    first = made.facts[-1].entry_id
    made.write("register.finding", ORGANISATION, {"due_on": "2027-01-01"}, at=NOON - days(25), entity="finding/1")
    assert status(ANSWERED, made.facts).conformity is Conformity.CONFORMS
    made.write("record.finding_follow_up", ORGANISATION, at=NOON, answers=(first,))
    assert status(ANSWERED, made.facts, NOON + days(60)).conformity is Conformity.CONFORMS


def test_where_nothing_was_raised_a_signed_nil_return_stands_in() -> None:
    made = book()
    assert status(ANSWERED, made.facts).conformity is Conformity.NOT_EVIDENCED
    values = {"register": "finding"}
    made.write("record.nil_return", ORGANISATION, values, at=NOON, approved_by=AUTHOR)
    assert status(ANSWERED, made.facts).conformity is Conformity.NOT_EVIDENCED
    made.write("record.nil_return", ORGANISATION, values, at=NOON, approved_by=SECOND)
    assert status(ANSWERED, made.facts).conformity is Conformity.CONFORMS
    assert status(ANSWERED, made.facts, NOON + days(181)).conformity is Conformity.STALE


def test_a_finding_answered_long_ago_wants_a_nil_return_since() -> None:
    made = found("2026-11-01")
    made.write("record.finding_follow_up", ORGANISATION, at=NOON, answers=(made.facts[-1].entry_id,))
    assert status(ANSWERED, made.facts).conformity is Conformity.CONFORMS
    assert status(ANSWERED, made.facts, NOON + days(400)).conformity is Conformity.STALE


def test_what_was_answered_holds_until_nothing_was_raised_lately_or_the_nil_return_ages() -> None:
    made = found("2026-11-01")
    made.write("record.finding_follow_up", ORGANISATION, at=NOON, answers=(made.facts[-1].entry_id,))
    raised = NOON - days(30)
    assert status(ANSWERED, made.facts).stale_on == (raised + YEAR).date()
    nil = NOON + days(300)
    made.write("record.nil_return", ORGANISATION, {"register": "finding"}, at=nil, approved_by=SECOND)
    longer = status(ANSWERED, made.facts, nil)
    assert (longer.conformity, longer.stale_on) == (Conformity.CONFORMS, (nil + days(180)).date())
    assert status(ANSWERED, made.facts, nil + days(179)).conformity is Conformity.CONFORMS
    assert status(ANSWERED, made.facts, nil + days(181)).conformity is Conformity.STALE


EITHER = rule(
    need("record.impact_assessment"),
    any_of=(
        (need("record.design_record", approved=True), need("record.use_objectives")),
        (need("check", check="security.abuse-scenarios", verdict_pass=True),),
    ),
)


def test_one_alternative_that_holds_is_enough_and_the_nearest_one_is_spoken_of() -> None:
    made = book()
    made.write("record.impact_assessment", SYSTEM, at=NOON)
    made.write("record.design_record", SYSTEM, at=NOON, approved_by=SECOND)
    lacking = status(EITHER, made.facts)
    assert lacking.conformity is Conformity.NOT_EVIDENCED
    assert [phrase.code for phrase in lacking.missing] == ["no_record"]
    made.check("security.abuse-scenarios", SYSTEM, at=NOON)
    assert status(EITHER, made.facts).conformity is Conformity.CONFORMS


def test_a_failure_in_an_alternative_counts_although_another_holds() -> None:
    made = book()
    for kind in ("record.impact_assessment", "record.use_objectives"):
        made.write(kind, SYSTEM, at=NOON)
    made.write("record.design_record", SYSTEM, at=NOON, approved_by=SECOND)
    made.check("security.abuse-scenarios", SYSTEM, at=NOON, verdict="FAIL")
    assert status(EITHER, made.facts).conformity is Conformity.NONCONFORMING


RISK = Subject("risk", "r-1")
TREATED = rule(need("check", verdict_pass=True, coverage=Coverage("treatment_tests", 1.0)), for_each="risk")


def treated(*tests: str) -> Book:
    made = book()
    made.write("register.risk", RISK, at=START, links=(SYSTEM,))
    made.write("record.treatment_plan", ORGANISATION, at=START, lists={"treatment_tests": tests})
    return made


def test_the_tests_that_a_plan_names_must_pass_where_they_run() -> None:
    made = treated("robustness.evasion", f"provenance.dataset-lineage|{DATA}", "privacy.leak|risk:another")
    made.check("robustness.evasion", SYSTEM, at=NOON)
    assert status(TREATED, made.facts).conformity is Conformity.NOT_EVIDENCED
    made.check("provenance.dataset-lineage", DATA, at=NOON)
    holds = status(TREATED, made.facts)
    assert holds.conformity is Conformity.CONFORMS
    assert holds.rules[0].needs[0].state is State.HOLDS
    made.check("robustness.evasion", RISK, at=NOON, verdict="FAIL")
    assert status(TREATED, made.facts).conformity is Conformity.NONCONFORMING


def test_a_plan_that_names_no_test_for_the_risk_proves_nothing() -> None:
    made = treated("robustness.evasion|risk:another")
    made.check("robustness.evasion", RISK, at=NOON)
    assert status(TREATED, made.facts).conformity is Conformity.NOT_EVIDENCED


def test_a_newer_version_of_a_record_that_says_otherwise_takes_the_older_with_it() -> None:
    asked = rule(need("record.document_review", where={"fit": True}), for_each="document")
    made = book()
    document = Subject("document", "policy")
    made.write("register.document", document, at=START)
    made.write("record.document_review", document, {"fit": True}, at=NOON - days(9), entity="review/1")
    assert status(asked, made.facts).conformity is Conformity.CONFORMS
    made.write("record.document_review", document, {"fit": False}, at=NOON - days(8), entity="review/1")
    assert status(asked, made.facts).conformity is Conformity.NOT_EVIDENCED


def test_a_pushed_pass_neither_counts_nor_hides_the_reproduced_one_before_it() -> None:
    asked = rule(need("check", check="provenance.dataset-lineage", verdict_pass=True, reproduced=True),
                 for_each="dataset_version")  # fmt: skip
    made = book()
    made.check("provenance.dataset-lineage", DATA, at=NOON - days(1), values={"run_mode": "pushed"})
    assert status(asked, made.facts).missing[0].code == "not_reproduced"
    made.check("provenance.dataset-lineage", DATA, at=NOON - days(5), values={"run_mode": "reproduced"})
    assert status(asked, made.facts).conformity is Conformity.CONFORMS
