"""Importance and dependence of all cases: the theory of a linear model, scikit-learn and scipy, and the real data."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_1samp

from clerestory.assurance.explainability.importance import (
    partial_dependence,
    permutation_importance,
)
from clerestory.assurance.trial import Table
from tests.assurance.explainability.asking import GERMAN, NUMBERS, credit

WEIGHTS = {"a": 2.0, "b": -1.0, "c": 0.0}


def rows(n: int = 4_000, seed: int = 1) -> Table:
    draw = np.random.default_rng(seed)
    return {name: draw.normal(size=n) for name in WEIGHTS}


def linear(table: Table) -> np.ndarray:
    return np.asarray(sum(weight * table[name] for name, weight in WEIGHTS.items()))


def test_importance_for_squared_error_is_twice_the_variance_of_the_term():
    # A linear model that is true: shuffling x_i raises the mean squared error by 2 w_i^2 Var(x_i) (Gregorutti et al.
    # 2017, proposition 1).
    table = rows()
    truth = linear(table) + np.random.default_rng(2).normal(size=4_000)
    found = {item.feature: item for item in permutation_importance(linear, table, truth, tuple(WEIGHTS))}
    assert list(found) == ["a", "b", "c"]
    for name, weight in WEIGHTS.items():
        assert found[name].rise.value == pytest.approx(2 * weight**2 * table[name].var(), rel=0.08, abs=1e-12)
    assert found["a"].rise.low < 8.0 < found["a"].rise.high
    assert found["c"].rise.value == found["c"].rise.high == 0.0


def coverage(runs: int, repeats: int = 5) -> float:
    """Share of samples of 200 rows whose interval holds the true rise of "a", 2 w^2 = 8."""
    held = 0
    for seed in range(runs):
        table = rows(200, seed)
        truth = linear(table) + np.random.default_rng(seed + 10_000).normal(size=200)
        (found,) = permutation_importance(linear, table, truth, ("a",), repeats=repeats, seed=seed)
        held += found.rise.low <= 8.0 <= found.rise.high
    return held / runs


def test_the_interval_covers_the_truth_as_often_as_said():
    assert 0.93 <= coverage(300)


def test_the_interval_of_a_curve_is_that_of_scipy():
    table = rows(50)
    point = partial_dependence(linear, table, "a", points=3).points[0]
    scores = linear({**table, "a": np.full(50, point.value)})
    expected = ttest_1samp(scores, 0.0).confidence_interval(0.95)
    assert (point.score.low, point.score.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_partial_dependence_of_a_linear_model_is_a_line_with_its_weight():
    table = rows(500)
    curve = partial_dependence(linear, table, "a", points=10)
    at, height = np.array([(point.value, point.score.value) for point in curve.points]).T
    assert len(curve.points) == 10
    assert np.diff(height) / np.diff(at) == pytest.approx(np.full(9, 2.0))
    assert height[0] == pytest.approx(2 * at[0] - table["b"].mean())


def test_categories_and_truth_values_are_taken_one_by_one():
    table: Table = {"job": np.array(["a", "b", "b", None], dtype=object), "flag": np.array([True, False, True, True])}
    jobs = partial_dependence(lambda t: (t["job"] == "b").astype(float), table, "job")
    assert [(point.value, point.score.value) for point in jobs.points] == [("a", 0.0), ("b", 1.0)]
    flags = partial_dependence(lambda t: t["flag"].astype(float), table, "flag")
    assert [(point.value, point.score.value) for point in flags.points] == [("False", 0.0), ("True", 1.0)]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_an_input_that_is_not_used_has_no_importance_and_a_flat_curve(seed, points):
    table = rows(40, seed)
    (found,) = permutation_importance(linear, table, table["b"], ("c",), seed=seed)
    assert found.rise.value == 0.0
    curve = partial_dependence(linear, table, "c", points=points)
    assert 1 <= len(curve.points) <= points
    assert len({round(point.score.value, 9) for point in curve.points}) == 1


def test_on_the_german_credit_data_the_duration_matters_most():
    table, model = credit()
    truth = pl.read_parquet(GERMAN)["good_credit"].to_numpy().astype(np.float64)
    found = permutation_importance(model, table, truth, NUMBERS)
    assert found[0].feature == "duration_months"
    assert found[0].rise.low > 0
    curve = partial_dependence(model, table, "duration_months")
    assert curve.points[0].score.value > curve.points[-1].score.value
