"""Coverage of prediction sets: the threshold of MAPIE, the promise over many calibrations, groups, bad input."""

from math import ceil

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter import Layout
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.performance.conformal import risk_coverage, threshold
from clerestory.assurance.registry import find
from clerestory.assurance.trial import Table, trial_of
from clerestory.terms.status import Verdict
from tests.simulators.answering import drive

NAME = "performance.conformal-coverage"
CHECK = find(NAME)
DATA = "src/clerestory/demo/data/"


def completed(table: Table, features: tuple[str, ...] = (), **given_: object):
    columns = {name: "text" if values.dtype == object else "number" for name, values in table.items()}
    layout = Layout(columns=columns, reference=columns, label="label", score="score", sensitive_features=features)
    return CHECK.complete(given_, layout)


def measured(current: Table, reference: Table, features: tuple[str, ...] = (), **given_: object) -> Measurement:
    parameters = completed(current, features, **given_)
    tally = drive(CHECK.begin(parameters), tables={"current": current, "reference": reference})
    return CHECK.measure({trial_of(NAME, parameters): tally}, parameters)


def loans(n: int, seed: int, *, noise: float = 0.0) -> Table:
    """Scores are the true probabilities, up to noise of their logit, which is larger for group b."""
    draw = np.random.default_rng(seed)
    logit = draw.normal(0, 2, n)
    group = draw.choice(["a", "b"], n).astype(object)
    told = logit + np.where(group == "b", noise, 0.0) * draw.normal(size=n)
    yes = draw.random(n) < 1 / (1 + np.exp(-logit))
    return {"score": 1 / (1 + np.exp(-told)), "label": yes.astype(np.float64), "group": group}


def named(found: Measurement, group: str):
    return next(item for item in found.by_group if item.group == group)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60), st.sampled_from([0.05, 0.1, 0.2, 0.5]))
def test_the_threshold_leaves_as_few_scores_above_as_the_promise_needs(scores, miscoverage):
    n, found = len(scores), threshold(np.array(scores, dtype=np.float64), miscoverage)
    needed = ceil(round((n + 1) * (1 - miscoverage), 9))
    assert sum(score <= found for score in scores) >= min(needed, n)
    assert sum(score < found for score in scores) < needed or found == np.inf


@pytest.mark.parametrize("coverage, half", [(0.8, 0.8), (0.9, 0.8), (0.95, 0.9)])
def test_the_threshold_is_half_the_interval_of_mapie(coverage, half):
    # MAPIE 1.6.0: SplitConformalRegressor(prefit=True) around the identity, 30 calibration cases, at 10: 10 -+ half.
    errors = [2, 7, 1, 8, 2, 8, 1, 8, 2, 8, 4, 5, 9, 0, 4, 5, 2, 3, 5, 3, 6, 0, 2, 8, 7, 4, 7, 1, 3, 5]
    assert threshold(np.array(errors) / 10, 1 - coverage) == half


def test_the_area_under_risk_and_coverage_is_that_worked_by_hand():
    # Errors in the order of certainty: no, yes, no, yes. Risks 0, 1/2, 1/3, 2/4; with the errors last 0, 0, 1/3, 2/4.
    found = risk_coverage(np.array([0.9, 0.8, 0.7, 0.6]), np.array([False, True, False, True]))
    assert found.area == pytest.approx((1 / 2 + 1 / 3 + 1 / 2) / 4)
    assert found.best == pytest.approx((1 / 3 + 1 / 2) / 4)
    assert found.risk == 0.5
    alike = risk_coverage(np.array([0.5] * 4), np.array([False, True, False, True]))
    assert alike.area == pytest.approx(0.5)


def test_sets_hold_the_truth_as_often_as_promised_over_many_calibrations():
    # Vovk (2012): with n calibration cases coverage is Beta(k, n + 1 - k), k = ceil((n + 1) 0.9), of mean k / (n + 1).
    covered = [measured(loans(400, 2 * seed), loans(99, 2 * seed + 1)).value for seed in range(40)]
    assert np.mean(covered) == pytest.approx(90 / 100, abs=4 * (0.09 / 101 / 40 + 0.09 / 400 / 40) ** 0.5)


def test_the_value_is_that_of_plain_counting_and_passes_and_fails_by_its_interval():
    reference, current = loans(1_000, 1), loans(2_000, 2)
    found = measured(current, reference)
    off = np.where(reference["label"] == 1, 1 - reference["score"], reference["score"])
    limit = np.sort(off)[901 - 1]  # ceil(1,001 * 0.9) = 901
    covered = np.where(current["label"] == 1, 1 - current["score"], current["score"]) <= limit
    assert found.value == pytest.approx(covered.mean())
    assert judge(found, CHECK.criterion(">= 0.87")).verdict is Verdict.PASS
    assert judge(found, CHECK.criterion(">= 0.95")).verdict is Verdict.FAIL
    sets = (current["score"] <= limit).astype(int) + (1 - current["score"] <= limit)
    assert found.details["mean size"].startswith(f"{sets.mean():.6g}")
    assert found.details["abstains (set of none or several labels)"] == f"{int((sets != 1).sum())} of 2000"
    assert found.details["coverage over many calibrations of this size"].endswith("in 95 %")


def test_a_group_with_worse_scores_is_not_covered_until_it_is_calibrated_by_itself():
    reference, current = loans(4_000, 3, noise=3.0), loans(4_000, 4, noise=3.0)
    together = measured(current, reference, ("group",))
    assert named(together, "group=b").high < 0.9 < named(together, "group=a").low
    assert judge(together, CHECK.criterion(">= 0.88")).verdict is Verdict.FAIL
    apart = measured(current, reference, ("group",), mondrian=True)
    assert named(apart, "group=b").low < 0.9 < named(apart, "group=b").high
    assert judge(apart, CHECK.criterion(">= 0.87")).verdict is Verdict.PASS


def test_intervals_of_a_regression_are_twice_the_threshold_wide():
    draw = np.random.default_rng(5)

    def table(n: int) -> Table:
        truth = draw.normal(size=n)
        return {"label": truth, "score": truth + draw.normal(size=n)}

    found = measured(table(2_000), table(2_000), task="regression")
    # |N(0, 1)| has its 90 % quantile at 1.6449.
    assert float(found.details["mean size"].split()[0]) == pytest.approx(2 * 1.6449, rel=0.05)
    assert found.low < 0.9 < found.high


def test_several_labels_take_a_column_of_probability_each():
    draw = np.random.default_rng(6)
    chances = draw.dirichlet([1, 1, 1], 3_000)
    truth = (draw.random((3_000, 1)) > chances.cumsum(axis=1)).sum(axis=1)
    table = {name: chances[:, at] for at, name in enumerate("abc")}
    table |= {"label": np.array(list("abc"), dtype=object)[truth], "score": chances[:, 0]}
    halves = [{name: values[part::2] for name, values in table.items()} for part in (0, 1)]
    found = measured(*halves, probabilities={"a": "a", "b": "b", "c": "c"})
    assert found.low < 0.9 < found.high
    assert 1 < float(found.details["mean size"].split()[0]) < 3


def test_incomes_of_one_draw_are_covered_and_those_of_men_are_not_by_a_calibration_on_women():
    adults = pl.read_parquet(DATA + "adult_train.parquet")[:6_000]
    features = adults.select("age", "education_num", "hours_per_week").to_numpy().astype(np.float64)
    label = adults["income_over_50k"].to_numpy()
    trained = np.arange(6_000) < 2_000
    centre, scale = features[trained].mean(axis=0), features[trained].std(axis=0)
    model = LogisticRegression().fit((features - centre)[trained] / scale, label[trained])
    score = model.predict_proba((features - centre) / scale)[:, 1]
    women = adults["sex"].to_numpy() == "Female"

    def table(chosen: np.ndarray) -> Table:
        return {"label": label[chosen].astype(np.float64), "score": score[chosen]}

    part = np.arange(6_000) % 2 == 0
    alike = measured(table(~trained & part), table(~trained & ~part))
    assert judge(alike, CHECK.criterion(">= 0.87")).verdict is Verdict.PASS
    moved = measured(table(~trained & ~women), table(~trained & women))
    assert judge(moved, CHECK.criterion(">= 0.87")).verdict is Verdict.FAIL


def test_too_few_calibration_cases_say_nothing_and_neither_do_missing_labels():
    few = measured(loans(500, 1), loans(8, 2))
    assert few.reason is Reason.INSUFFICIENT_DATA
    assert judge(few, CHECK.criterion(">= 0.8")).verdict is Verdict.INCONCLUSIVE
    none = measured(loans(0, 1), loans(100, 2))
    assert (none.value, none.reason) == (None, Reason.INSUFFICIENT_DATA)
    late = loans(500, 3)
    late["label"] = np.where(np.arange(500) % 8 == 0, np.nan, late["label"])
    assert measured(late, loans(500, 4)).reason is Reason.LABELS_MISSING


@pytest.mark.parametrize(
    "given_, problem",
    [
        ({"coverage": 0.2}, "coverage is 0.2"),
        ({"mondrian": True}, "needs groups"),
        ({"task": "regression", "probabilities": {"a": "score"}}, "no probabilities"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(given_, problem):
    parameters = completed(loans(10, 1), **given_)
    with pytest.raises(ParameterRefused, match=problem):
        CHECK.wants(parameters)


def test_a_score_that_is_no_probability_is_refused():
    table = loans(100, 1)
    with pytest.raises(ParameterRefused, match="outside 0 to 1"):
        measured({**table, "score": table["score"] * 100}, table)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.6, 0.8, 0.9]))
def test_order_and_the_side_that_is_called_yes_change_no_coverage_and_a_larger_promise_never_covers_less(seed, promise):
    reference, current = loans(150, 2 * seed), loans(120, 2 * seed + 1)
    found = measured(current, reference, coverage=promise)
    assert 0 <= found.low <= found.value <= found.high <= 1
    order = np.random.default_rng(seed).permutation(120)
    mixed = {name: values[order] for name, values in current.items()}
    turned = ({**table, "score": 1 - table["score"], "label": 1 - table["label"]} for table in (current, reference))
    for other in (measured(mixed, reference, coverage=promise), measured(*turned, coverage=promise)):
        assert (other.value, other.low, other.high) == (found.value, found.low, found.high)
    assert measured(current, reference, coverage=promise + 0.05).value >= found.value
