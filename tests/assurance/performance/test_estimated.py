"""Accuracy before labels: exact where scores are calibrated, corrected where they boast, silent where they are new."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Reason
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import find
from clerestory.terms.status import Verdict
from tests.simulators.checking import parameters, run

NAME = "performance.task-metric"
CHECK = find(NAME)
DATA = {"label": "label", "score": "score", "threshold": 0.5}
ADULT = "src/clerestory/demo/data/adult_train.parquet"


def table(n, seed, *, shift=0.0, boast=1.0):
    """Scores and labels; scores are too sure of themselves by the factor of their logit."""
    draw = np.random.default_rng(seed)
    logit = draw.normal(shift, 1, n)
    label = draw.random(n) < 1 / (1 + np.exp(-logit))
    return {"score": (1 / (1 + np.exp(-boast * logit))).tolist(), "label": label.tolist()}


def unlabelled(rows):
    return {"score": rows["score"], "label": [None] * len(rows["score"])}


def right(rows):
    return np.mean((np.array(rows["score"]) >= 0.5) == np.array(rows["label"]))


def estimate(current, reference, **given_):
    return run(NAME, current, reference, data=DATA, estimated=True, **given_)


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.3, 0.5, 0.8]), st.booleans()), min_size=30, max_size=80))
def test_of_the_same_rows_the_estimate_is_their_accuracy(rows):
    same = {"score": [score for score, _ in rows], "label": [label for _, label in rows]}
    assert estimate(unlabelled(same), same).value == pytest.approx(right(same), abs=1e-9)


def test_the_estimate_is_the_mean_confidence_where_scores_are_calibrated():
    # Kivimaki et al. (2025): the mean of max(p, 1 - p) of calibrated scores at a threshold of one half.
    current, reference = table(2_000, 1, shift=0.5), table(7_000, 2)
    found = estimate(unlabelled(current), reference)
    score = np.array(current["score"])
    assert found.value == pytest.approx(np.maximum(score, 1 - score).mean(), abs=0.02)
    assert float(found.details["accuracy that the scores promise"]) == pytest.approx(
        np.maximum(score, 1 - score).mean(), abs=1e-5
    )


def test_scores_that_boast_are_corrected_and_the_interval_holds_what_comes_true():
    held = 0
    for seed in range(20):
        current, reference = table(300, seed, shift=0.5, boast=3.0), table(600, 1_000 + seed, boast=3.0)
        found = estimate(unlabelled(current), reference)
        held += found.low <= right(current) <= found.high
        assert float(found.details["accuracy that the scores promise"]) > found.value + 0.05
    assert held >= 17


def test_incomes_estimated_without_labels_pass_and_fail_as_the_labels_later_say():
    adults = pl.read_parquet(ADULT)[:6_000]
    x = adults.select("age", "education_num", "hours_per_week").to_numpy().astype(np.float64)
    label = adults["income_over_50k"].to_numpy()
    model = LogisticRegression(max_iter=500).fit(x[:2_000], label[:2_000])
    score = model.predict_proba(x)[:, 1]
    parts = [slice(2_000, 4_000), slice(4_000, 6_000)]
    reference, current = ({"score": score[part].tolist(), "label": label[part].tolist()} for part in parts)
    found = estimate(unlabelled(current), reference)
    assert found.low < right(current) < found.high
    assert judge(found, CHECK.criterion(">= 0.7")).verdict is Verdict.PASS
    assert judge(found, CHECK.criterion(">= 0.9")).verdict is Verdict.FAIL


def test_scores_that_the_reference_hardly_knows_keep_it_from_passing():
    reference = {"score": [0.1, 0.2] * 500, "label": [False] * 1_000}
    found = estimate({"score": [0.95] * 200, "label": [None] * 200}, reference)
    assert found.share_unassessable == 1.0
    assert judge(found, CHECK.criterion(">= 0.5")).verdict is Verdict.INCONCLUSIVE


def test_few_rows_late_labels_of_the_reference_and_scores_that_are_none_say_nothing():
    assert estimate(unlabelled(table(20, 1)), table(500, 2)).reason is Reason.INSUFFICIENT_DATA
    late = table(500, 3)
    late["label"] = [None if at % 5 == 0 else label for at, label in enumerate(late["label"])]
    assert estimate(unlabelled(table(500, 4)), late).reason is Reason.LABELS_MISSING
    points = {"score": [70.0, 20.0] * 100, "label": [True, False] * 100}
    assert estimate(points, points).reason is Reason.ASSUMPTION_BROKEN


def test_the_current_data_need_no_column_of_labels():
    current, reference = table(300, 7), table(900, 8)
    data = {"score": "score", "threshold": 0.5}
    without = {"score": current["score"]}
    found = run(NAME, without, reference, data=data, estimated=True, reference_label="label")
    assert found.value == estimate(unlabelled(current), reference).value
    with pytest.raises(ParameterRefused, match="label is missing"):
        run(NAME, without, reference, data=data, estimated=True)


@pytest.mark.parametrize("given_, problem", [({"metric": "brier"}, "accuracy alone"), ({}, "threshold")])
def test_what_cannot_be_estimated_is_refused(given_, problem):
    rows = table(50, 1)
    data = {name: item for name, item in DATA.items() if name != "threshold" or given_}
    with pytest.raises(ParameterRefused, match=problem):
        find(NAME).wants(parameters(NAME, rows, rows, data=data, estimated=True, **given_))
