"""Quantiles with the interval between order statistics."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerestory.assurance.statistics.quantile import quantile


def test_the_ranks_of_the_median_are_those_of_published_tables():
    # Conover (1999), table A3 of the sign test: 2nd and 9th of 10 (97.9 %), 6th and 15th of 20 (95.9 %).
    assert quantile(range(1, 11), 0.5) is not None
    assert (quantile(range(1, 11), 0.5).low, quantile(range(1, 11), 0.5).high) == (2, 9)
    assert (quantile(range(1, 21), 0.5).low, quantile(range(1, 21), 0.5).high) == (6, 15)


def test_too_few_values_have_no_interval():
    assert quantile(range(5), 0.5) is None
    assert quantile([], 0.5) is None
    assert quantile(range(100), 0.99) is None


@settings(max_examples=40, deadline=None)
@given(st.integers(20, 400), st.floats(0.2, 0.8))
def test_the_ends_are_the_narrowest_ranks_that_the_binomial_allows(n, share):
    binom = pytest.importorskip("scipy.stats").binom
    found = quantile(range(1, n + 1), share)
    if found is None:
        return
    low, high = int(found.low), int(found.high)
    assert binom.cdf(low - 1, n, share) <= 0.025 + 1e-12
    assert binom.sf(high - 1, n, share) <= 0.025 + 1e-12
    assert binom.cdf(low, n, share) > 0.025 or low == found.value
    assert binom.sf(high - 2, n, share) > 0.025 or high == found.value


@pytest.mark.parametrize("share, least", [(0.5, 6), (0.95, 72), (0.99, 368)])
def test_coverage_is_never_below_what_is_said_and_few_values_have_no_interval(share, least):
    assert quantile(range(1, least), share) is None
    binom = pytest.importorskip("scipy.stats").binom
    for n in (least, least + 7, 2 * least, 10 * least):
        found = quantile(range(1, n + 1), share)
        exact = binom.cdf(int(found.high) - 1, n, share) - binom.cdf(int(found.low) - 1, n, share)
        assert 0.95 <= exact <= 0.99
