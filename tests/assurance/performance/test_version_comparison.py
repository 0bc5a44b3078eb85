"""Version comparison: values against numpy and scikit-learn, paired and separate, margins, bad data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from clerestory.assurance.criterion import Criterion
from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Reason
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import CriterionBackwards, find
from clerestory.assurance.statistics.rate import newcombe
from clerestory.assurance.tally import ScorePair
from clerestory.terms.status import Verdict
from tests.simulators.checking import parameters, run
from tests.simulators.counting import count

NAME = "performance.version-comparison"
BEFORE = {"previous_outcome": "before", "previous_score": "before_score"}
DATA = {"outcome": "predicted", "label": "happened", "score": "score", **BEFORE}
APART = {"outcome": "predicted", "label": "happened", "score": "score"}
DECIDED = {"outcome": "predicted", "label": "happened", "previous_outcome": "before"}
METRICS = ["accuracy", "roc_auc", "brier"]


def cases(n=900, seed=0, noise=0.1):
    chance = np.random.default_rng(seed)
    score = np.round(chance.beta(2, 2, n), 3)
    other = np.round(np.clip(score + chance.normal(0, noise, n), 0, 1), 3)
    happened = chance.random(n) < score
    return {
        "score": score.tolist(), "before_score": other.tolist(), "happened": happened.tolist(),
        "predicted": (score >= 0.5).tolist(), "before": (other >= 0.5).tolist(),
    }  # fmt: skip


@pytest.mark.parametrize("metric, now, before, other, sign", [
    ("accuracy", "predicted", "before", sk.accuracy_score, 1),
    ("roc_auc", "score", "before_score", sk.roc_auc_score, 1),
    ("brier", "score", "before_score", sk.brier_score_loss, -1),
])  # fmt: skip
def test_the_gain_is_the_difference_of_scikit_learns_figures(metric, now, before, other, sign):
    table = cases()
    found = run(NAME, table, data=DATA, metric=metric)
    expected = sign * (other(table["happened"], table[now]) - other(table["happened"], table[before]))
    assert found.value == pytest.approx(expected, abs=1e-9)
    assert found.low < found.value < found.high
    assert found.n == 900


@pytest.mark.parametrize("metric", METRICS)
def test_against_the_reference_the_same_columns_of_other_rows_are_compared(metric):
    table, reference = cases(seed=1), cases(700, seed=2)
    found = run(NAME, table, reference, data=APART, metric=metric, against="reference")
    tasks = [run("performance.task-metric", side, data=APART, metric=metric) for side in (table, reference)]
    sign = -1 if metric == "brier" else 1
    assert found.value == pytest.approx(sign * (tasks[0].value - tasks[1].value))
    assert found.details["rows compared with"] == "700"
    assert {item.group: item.n for item in found.by_group} == {"this version": 900, "version compared with": 700}
    if metric == "accuracy":
        hits = [sum(np.array(side["predicted"]) == np.array(side["happened"])) for side in (table, reference)]
        other = newcombe(int(hits[0]), 900, int(hits[1]), 700)
        assert (found.low, found.high) == pytest.approx((other.low, other.high))


def test_pairs_are_told_apart_and_both_versions_shown():
    table = {"happened": [True] * 60 + [False] * 40, "predicted": [True] * 50 + [False] * 50,
             "before": [True] * 40 + [False] * 20 + [True] * 5 + [False] * 35}  # fmt: skip
    found = run(NAME, table, data=DECIDED)
    assert found.details["right only now"] == "15"
    assert found.details["right only before"] == "0"
    assert found.value == pytest.approx(0.15)
    assert [(item.group, item.value) for item in found.by_group] == [
        ("this version", 0.9),
        ("version compared with", 0.75),
    ]


def test_the_paired_interval_is_narrower_than_that_of_separate_rows():
    table = cases(noise=0.03)
    paired = run(NAME, table, data=DATA)
    other = {**table, "predicted": table["before"]}
    apart = run(NAME, table, other, data=APART, against="reference")
    assert paired.value == pytest.approx(apart.value)
    assert paired.high - paired.low < (apart.high - apart.low) / 2


@pytest.mark.parametrize("metric", METRICS)
def test_many_rows_prove_not_worse_few_rows_say_nothing_and_a_worse_version_fails(metric):
    criterion = find(NAME).criterion(">= -0.02", parameters(NAME, cases(50), data=DATA, metric=metric))
    same = cases(1500)
    same["before"], same["before_score"] = same["predicted"], same["score"]
    assert judge(run(NAME, same, data=DATA, metric=metric), criterion).verdict is Verdict.PASS
    few = {key: column[:60] for key, column in same.items()}
    assert judge(run(NAME, few, data=DATA, metric=metric), criterion).verdict is Verdict.INCONCLUSIVE
    chance = np.random.default_rng(9)
    worse = {**cases(1500), "predicted": (chance.random(1500) < 0.5).tolist(), "score": chance.random(1500).tolist()}
    assert judge(run(NAME, worse, data=DATA, metric=metric), criterion).verdict is Verdict.FAIL


def test_equal_versions_hardly_ever_fail_where_the_point_rule_often_does():
    chance, criterion = np.random.default_rng(10), Criterion.parse(">= -0.02")
    pointed = failed = 0
    for _ in range(200):
        happened = chance.random(100) < 0.5
        table = {"happened": happened.tolist()}
        for name in ("predicted", "before"):
            table[name] = np.where(chance.random(100) < 0.9, happened, ~happened).tolist()
        judged = judge(run(NAME, table, data=DECIDED), criterion)
        pointed += not judged.point_rule
        failed += judged.verdict is Verdict.FAIL
    assert pointed / 200 > 0.2
    assert failed / 200 <= 0.03


@pytest.mark.parametrize("metric", METRICS)
def test_one_class_and_too_few_rows_are_inconclusive_with_a_reason(metric):
    few = {key: column[:20] for key, column in cases().items()}
    assert run(NAME, few, data=DATA, metric=metric).reason is Reason.INSUFFICIENT_DATA
    empty = {key: [] for key in cases(1)}
    found = run(NAME, empty, data=DATA, metric=metric)
    assert (found.value, found.reason) == (None, Reason.INSUFFICIENT_DATA)
    one = {**cases(), "happened": [True] * 900}
    assert (run(NAME, one, data=DATA, metric=metric).reason is Reason.INSUFFICIENT_DATA) == (metric == "roc_auc")
    for against, reference in (("previous", None), ("reference", empty)):
        found = run(NAME, cases(), reference or empty, data=DATA, metric=metric, against=against)
        assert (found.reason is Reason.INSUFFICIENT_DATA) == (against == "reference")


@pytest.mark.parametrize("metric", METRICS)
def test_missing_labels_are_inconclusive(metric):
    late = {**cases(), "happened": [None if at % 10 == 0 else value for at, value in enumerate(cases()["happened"])]}
    assert run(NAME, late, data=DATA, metric=metric).reason is Reason.LABELS_MISSING
    assert run(NAME, cases(), late, data=APART, metric=metric, against="reference").reason is Reason.LABELS_MISSING
    none = {**cases(), "happened": [None] * 900}
    assert run(NAME, none, data=DATA, metric=metric).reason is not None


@pytest.mark.parametrize("metric, column, bad", [
    ("accuracy", "before", None), ("accuracy", "predicted", None), ("roc_auc", "before_score", float("nan")),
    ("brier", "before_score", float("inf")), ("brier", "score", None),
])  # fmt: skip
def test_rows_without_one_of_both_answers_count_as_unjudged(metric, column, bad):
    table = cases()
    table[column] = [bad if at < 90 else value for at, value in enumerate(table[column])]
    found = run(NAME, table, data=DATA, metric=metric)
    assert found.n == 810
    assert found.share_unassessable == pytest.approx(0.1)
    assert judge(found, Criterion.parse(">= -0.9")).reason is Reason.UNJUDGED_SHARE


def test_scores_outside_zero_to_one_have_no_squared_error():
    table = cases()
    table["before_score"] = [3 * score - 1 for score in table["before_score"]]
    found = run(NAME, table, data=DATA, metric="brier")
    assert (found.value, found.reason) == (None, Reason.ASSUMPTION_BROKEN)
    assert run(NAME, table, data=DATA, metric="roc_auc").reason is None


def test_decisions_in_words_and_numbers_are_read_as_those_of_this_version():
    table = cases()
    plain = run(NAME, table, data=DATA).value
    words = {**table, **{key: ["yes" if v else "no" for v in table[key]] for key in ("predicted", "before")}}
    assert run(NAME, words, data={**DATA, "favourable": "yes"}).value == pytest.approx(plain)
    numbers = {**table, "predicted": table["score"], "before": table["before_score"]}
    assert run(NAME, numbers, data=DATA, favourable_from=0.5).value == pytest.approx(plain)
    odd = {**table, "before": ["maybe"] * 900}
    with pytest.raises(ParameterRefused, match="neither yes nor no"):
        run(NAME, odd, data=DATA)


def test_what_is_not_named_is_asked_for_by_its_place():
    with pytest.raises(ParameterRefused, match="needs previous_outcome") as refused:
        run(NAME, cases(50), data=APART)
    assert "[model.previous]" in refused.value.remedy
    with pytest.raises(ParameterRefused, match="reference"):
        parameters(NAME, cases(50), data=APART, against="reference")


def test_a_criterion_is_a_margin_below_zero_or_above_and_never_an_upper_limit():
    check, complete = find(NAME), parameters(NAME, cases(10), data=DATA)
    assert str(check.criterion(">= -0.02", complete)) == ">= -0.02"
    with pytest.raises(CriterionBackwards):
        check.criterion("<= 0.02", complete)
    with pytest.raises(CriterionBackwards):
        check.criterion(">= -2", complete)


def test_another_version_compared_with_is_another_result():
    first = parameters(NAME, cases(10), data={**DATA, "previous_model": "sha256:" + "a" * 64})
    second = parameters(NAME, cases(10), data={**DATA, "previous_model": "sha256:" + "b" * 64})
    assert find(NAME).slice(first) != find(NAME).slice(second)


def test_scores_of_one_pair_are_counted_once_for_both_metrics():
    table = cases(40)
    asked = {find(NAME).wants(parameters(NAME, table, data=DATA, metric=metric)) for metric in ("roc_auc", "brier")}
    assert len(asked) == 1
    (request,) = asked.pop()
    assert isinstance(request, ScorePair)
    assert count(request, table).positive == sum(table["happened"])


ROWS = st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=30, max_size=80)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_exchanging_the_versions_mirrors_the_gain_whatever_the_rows(rows):
    happened, now, before = (list(column) for column in zip(*rows, strict=True))
    there = run(NAME, {"happened": happened, "predicted": now, "before": before}, data=DECIDED)
    back = run(NAME, {"happened": happened, "predicted": before, "before": now}, data=DECIDED)
    assert -1 <= there.low <= there.value <= there.high <= 1
    assert (there.value, there.low, there.high) == pytest.approx((-back.value, -back.high, -back.low), abs=1e-12)
