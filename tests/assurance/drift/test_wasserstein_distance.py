"""Area between distribution functions: the figures of scipy, certified ranges, false alarms, bad data."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance

from clerestory.assurance.drift.wasserstein_distance import area_between
from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Reason
from clerestory.assurance.registry import find
from clerestory.assurance.tally import Moments, TwoSample
from clerestory.assurance.tally.request import REFERENCE
from clerestory.terms.status import Verdict
from tests.simulators.checking import run
from tests.simulators.counting import count

NAME = "drift.wasserstein-distance"
GERMAN = "src/clerestory/demo/data/german_credit.parquet"


def only(measurement):
    (item,) = measurement.by_group
    return item


def area(current, reference, points):
    now, before = {"x": current}, {"x": reference}
    moments = count(Moments("x"), now), count(Moments("x", data=REFERENCE), now, before)
    return area_between(count(TwoSample("x", points), now, before), *moments)


def test_the_distance_is_that_of_scipy_over_the_references_deviation():
    # scipy 1.17.1: wasserstein_distance 0.7966666666666666, numpy 2.4.6: std 1.2388390622765422, 36 and 35 values.
    reference, current = [1.2, 3.4, 2.2, 5.0, 4.1, 2.8] * 6, [2.0, 3.9, 2.9, 6.3, 4.4] * 7
    found = run(NAME, {"x": current}, {"x": reference})
    certified = area(current, reference, 1_000)
    assert certified.least <= 0.7966666666666666 <= certified.most
    assert found.low <= 0.6430751910604746 <= found.high


@pytest.mark.parametrize("seed", range(3))
def test_the_distance_is_exactly_that_of_scipy_while_all_values_are_points(seed):
    draw = np.random.default_rng(seed)
    reference, current = draw.integers(0, 30, 400).tolist(), draw.integers(3, 26, 300).tolist()
    found = run(NAME, {"x": current}, {"x": reference})
    assert found.value == pytest.approx(wasserstein_distance(reference, current) / np.std(reference), abs=1e-12)
    assert "exact" in only(found).note


def test_months_of_good_and_bad_loans_differ_as_scipy_says_and_the_limit_decides():
    # scipy 1.17.1 and numpy 2.4.6: 0.5105705507340604 standard deviations of the 700 good loans.
    loans = pl.read_parquet(GERMAN)
    good, bad = (loans.filter(pl.col("good_credit") == flag)["duration_months"].to_list() for flag in (True, False))
    found = run(NAME, {"months": bad}, {"months": good})
    assert found.value == pytest.approx(0.5105705507340604, abs=5e-3)
    assert found.low <= 0.5105705507340604 <= found.high
    assert judge(found, find(NAME).criterion("<= 0.2")).verdict is Verdict.FAIL
    alike = run(NAME, {"months": good[::2]}, {"months": good[1::2]})
    assert judge(alike, find(NAME).criterion("<= 0.3")).verdict is Verdict.PASS


@given(
    st.lists(st.integers(-40, 40), min_size=1, max_size=60),
    st.lists(st.integers(-40, 40), min_size=1, max_size=60),
    st.integers(1, 30),
)
def test_the_certified_range_holds_the_area_of_scipy_and_is_exact_where_it_says_so(current, reference, points):
    found = area([float(x) for x in current], [float(x) for x in reference], max(points, 2))
    exact = wasserstein_distance(reference, current)
    assert found.least - 1e-9 <= exact <= found.most + 1e-9
    assert found.least <= found.value <= found.most
    if found.least == found.most:
        assert found.value == pytest.approx(exact, abs=1e-9)


@given(st.floats(-1e3, 1e3), st.floats(0.01, 1e3))
def test_the_distance_depends_on_neither_origin_nor_unit(origin, unit):
    draw = np.random.default_rng(3)
    reference, current = np.round(draw.normal(size=60), 1), np.round(draw.normal(0.4, 1.3, 50), 1)
    plain = run(NAME, {"x": current.tolist()}, {"x": reference.tolist()})
    other = run(NAME, {"x": (origin + unit * current).tolist()}, {"x": (origin + unit * reference).tolist()})
    assert other.value == pytest.approx(plain.value, rel=1e-4)


def test_a_value_far_beyond_the_reference_is_bounded_by_the_extremes_and_the_sums():
    reference = [float(at) for at in range(100)]
    found = area([*reference, 1e6], reference, 1_000)
    exact = wasserstein_distance(reference, [*reference, 1e6])
    assert found.least - 1e-6 <= exact <= found.most + 1e-6
    assert found.most - found.least < 0.02 * exact


def test_without_shift_no_sample_fails_where_the_point_rule_often_does():
    criterion, draw = find(NAME).criterion("< 0.1"), np.random.default_rng(5)
    failed = point = 0
    for _ in range(60):
        table = [{"x": np.round(draw.lognormal(size=200), 2).tolist()} for _ in range(2)]
        judged = judge(run(NAME, *table, points=100), criterion)
        failed += judged.verdict is Verdict.FAIL
        point += not judged.point_rule
    assert failed == 0
    assert point > 30


def test_the_interval_holds_a_true_shift():
    draw, held = np.random.default_rng(6), 0
    for _ in range(60):
        current, reference = (np.round(draw.normal(move, 1, 150), 2).tolist() for move in (0.3, 0.0))
        found = run(NAME, {"x": current}, {"x": reference})
        held += found.low <= 0.3 <= found.high
    assert held >= 56


@pytest.mark.parametrize("column", [[], [1.5], [float("nan")] * 40, [None] * 40, [float("inf")] * 40])
def test_empty_and_unusable_columns_conclude_nothing(column):
    found = run(NAME, {"x": column}, {"x": [float(at) for at in range(200)]}, columns=["x"])
    assert (found.value, found.reason) == (None, Reason.INSUFFICIENT_DATA)


def test_a_reference_of_one_value_has_no_unit():
    same = run(NAME, {"x": [1.0] * 50}, {"x": [1.0] * 50})
    assert (same.value, same.high) == (0.0, 0.0)
    other = run(NAME, {"x": [1.0, 2.0] * 50}, {"x": [1.0] * 50})
    assert (other.value, other.reason) == (None, Reason.INSUFFICIENT_DATA)
    assert "a single value" in only(other).note


def test_a_deviation_lost_in_rounding_is_not_judged():
    far = [1e12 + at % 2 for at in range(100)]
    assert "too far from 0" in only(run(NAME, {"x": far}, {"x": far}, columns=["x"])).note


def test_missing_and_infinite_values_are_left_out_and_counted():
    reference, current = [float(at % 17) for at in range(120)], [float(at % 13) for at in range(110)]
    plain = run(NAME, {"x": current}, {"x": reference})
    more = run(NAME, {"x": [*current, None, float("nan"), float("inf")]}, {"x": reference})
    assert more.value == plain.value
    assert "3 missing or infinite" in only(more).note
