"""A rate corrected for a judge's errors: published values, the coverage that is stated, and what it does at edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from clerestory.assurance.dialogue.judging import seen, wilson_of
from clerestory.assurance.statistics.correction import Errors, corrected
from clerestory.assurance.statistics.interval import critical
from clerestory.assurance.statistics.rate import NoCases, wilson


def test_the_value_is_that_of_rogan_and_gladen_as_published_with_rsurveillance():
    # RSurveillance, tp(20, 120, se = 0.9, sp = 0.99): true prevalence 0.17603.
    found = corrected(20, 120, Errors(900, 1_000, 990, 1_000))
    assert found.value == pytest.approx(0.17603, abs=5e-6)


def test_a_judge_without_errors_on_very_many_cases_gives_the_interval_of_agresti_and_coull():
    found = corrected(20, 120, Errors(10**9, 10**9, 10**9, 10**9))
    # Agresti and Coull (1998) for 20 of 120: (x + z^2/2) / (n + z^2) -+ z sqrt(p q / (n + z^2)), worked by hand.
    assert (found.low, found.high) == pytest.approx((0.1097850, 0.2442278), abs=1e-6)


def test_the_interval_covers_as_stated():
    draw, n, known, rate, se, sp = np.random.default_rng(3), 40, 30, 0.2, 0.8, 0.95
    p = rate * se + (1 - rate) * (1 - sp)
    hits = 0
    for x, a, b in zip(
        draw.binomial(n, p, 500), draw.binomial(known, se, 500), draw.binomial(known, sp, 500), strict=True
    ):
        found = corrected(int(x), n, Errors(int(a), known, int(b), known))
        hits += found.low <= rate <= found.high
    assert hits / 500 >= 0.93


@given(st.integers(0, 60), st.integers(16, 30), st.integers(16, 30))
def test_the_interval_holds_its_value_inside_0_to_1_and_the_cautious_one_reaches_over_both(events, found, left):
    errors = Errors(found, 30, left, 30)
    one, cautious = corrected(events, 60, errors), seen(events, 60, errors, z=critical())
    assert 0 <= one.low <= one.value <= one.high <= 1
    assert cautious.low <= min(one.low, wilson(events, 60).low) + 1e-12
    assert cautious.high >= max(one.high, wilson(events, 60).high) - 1e-12


@given(st.integers(0, 50))
def test_wilson_of_whole_cases_is_wilson(events):
    exact = stats.binomtest(events, 50).proportion_ci(method="wilson")
    found = wilson_of(events, 50, z=critical())
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), abs=1e-9)


@pytest.mark.parametrize("errors", [Errors(15, 30, 15, 30), Errors(0, 0, 30, 30), Errors(10, 30, 12, 30)])
def test_a_judge_who_tells_nothing_gives_no_rate(errors):
    assert not errors.informative
    with pytest.raises(NoCases, match="tells nothing"):
        corrected(5, 10, errors)


def test_the_other_way_round_is_the_complement():
    errors = Errors(27, 30, 24, 30)
    one, other = corrected(12, 40, errors), corrected(28, 40, errors.other_way)
    assert one.value == pytest.approx(1 - other.value)
    assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low))
