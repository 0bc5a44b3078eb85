"""Intervals of rates, differences and ratios against published tables and other libraries."""

import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import binom, binomtest, chi2
from scipy.stats.contingency import relative_risk

from clerestory.assurance.statistics.interval import bounded_mean, critical, weighted_sum
from clerestory.assurance.statistics.rate import NoCases, katz, koopman, newcombe, wilson

# Newcombe, R. G. (1998), Statistics in Medicine 17, 857-872, table I, method 3.
NEWCOMBE_1998_A = [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
# Newcombe, R. G. (1998), Statistics in Medicine 17, 873-890, table II, method 10, contrasts (a) to (h).
NEWCOMBE_1998_B = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0),
    (10, 10, 0, 10, 0.6075, 1.0),
]


@pytest.mark.parametrize("events, n, low, high", NEWCOMBE_1998_A)
def test_wilson_gives_the_published_limits(events, n, low, high):
    found = wilson(events, n)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize("events", range(0, 41, 4))
def test_wilson_agrees_with_scipy(events):
    other = binomtest(events, 40).proportion_ci(method="wilson")
    found = wilson(events, 40)
    assert (found.low, found.high) == pytest.approx((other.low, other.high), abs=1e-9)


@pytest.mark.parametrize("x, n, y, m, low, high", NEWCOMBE_1998_B)
def test_newcombe_gives_the_published_limits(x, n, y, m, low, high):
    found = newcombe(x, n, y, m)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert found.value == pytest.approx(x / n - y / m)


@pytest.mark.parametrize("counts", [(15, 25, 10, 20), (30, 300, 99, 1000), (5, 6, 700, 900)])
def test_katz_agrees_with_scipy(counts):
    other = relative_risk(*counts)
    found = katz(*counts)
    limits = other.confidence_interval(0.95)
    assert (found.value, found.low, found.high) == pytest.approx((other.relative_risk, *limits), abs=1e-9)


def test_koopman_gives_the_limits_of_his_paper():
    # Koopman, P. A. R. (1984), Biometrics 40, 513-517: 36 of 40 against 16 of 80.
    low, high = koopman(36, 40, 16, 80)
    assert (round(low, 2), round(high, 2)) == (2.94, 7.15)


def test_koopman_mirrors_when_the_sides_are_exchanged():
    low, high = koopman(3, 40, 16, 80)
    assert koopman(16, 80, 3, 40) == pytest.approx((1 / high, 1 / low), rel=1e-9)


@pytest.mark.parametrize(
    "counts", [(36, 40, 16, 80), (0, 40, 16, 80), (30, 30, 30, 30), (2, 300, 40, 1000), (30, 30, 3, 9)]
)
def test_koopman_ends_where_the_constrained_chi_square_of_scipy_reaches_its_quantile(counts):
    x, n, y, m = counts
    for limit in koopman(*counts):
        if 0 < limit < float("inf"):
            top = min(1.0, 1 / limit)
            best = minimize_scalar(
                lambda q, r=limit: -(binom.logpmf(x, n, min(r * q, 1.0)) + binom.logpmf(y, m, q)),
                bounds=(0, top), method="bounded", options={"xatol": 1e-13},
            ).x  # fmt: skip
            above = (x - n * limit * best) ** 2 / (n * limit * best * (1 - limit * best))
            below = (y - m * best) ** 2 / (m * best * (1 - best))
            assert above + below == pytest.approx(chi2.ppf(0.95, 1), rel=1e-4)


def test_everybody_selected_in_small_groups_is_not_certain_equality():
    low, high = koopman(30, 30, 30, 30)
    assert 0.8 < low < 0.95
    assert high == pytest.approx(1 / low)


def test_a_large_group_without_any_event_has_a_small_upper_limit():
    low, high = koopman(0, 1000, 300, 1000)
    assert low == 0
    assert high < 0.02
    assert koopman(300, 1000, 0, 1000)[1] == float("inf")
    assert koopman(0, 10, 0, 10) == (0.0, float("inf"))


@pytest.mark.parametrize("events, n", [(0, 0), (-1, 10), (11, 10)])
def test_a_rate_of_no_cases_is_refused(events, n):
    with pytest.raises(NoCases):
        wilson(events, n)


def test_a_log_normal_ratio_of_no_events_is_refused():
    with pytest.raises(NoCases):
        katz(0, 10, 5, 10)
    with pytest.raises(NoCases):
        koopman(0, 0, 5, 10)


def test_sharing_the_error_among_comparisons_widens():
    assert critical() == pytest.approx(1.959963984540054, abs=1e-12)
    assert critical(family=10) == pytest.approx(2.807033768343811, abs=1e-9)  # 0.9975 quantile of the standard normal


def test_a_mean_of_equal_losses_is_not_taken_as_certain():
    found = bounded_mean(50, 0.0, 0.0)
    assert (found.value, found.low) == (0.0, 0.0)
    assert 0.05 < found.high < 0.12


def test_for_losses_of_only_zero_and_one_the_mean_has_the_interval_of_agresti_and_coull():
    other = wilson(30, 100)  # Agresti and Coull (1998) is centred on the middle of Wilson's interval
    found = bounded_mean(100, 30, 30)
    assert (found.low + found.high) / 2 == pytest.approx((other.low + other.high) / 2, abs=1e-12)


def test_recovered_variances_give_the_interval_of_newcombe():
    first, second = wilson(56, 70), wilson(48, 80)
    found = weighted_sum([first], [1.0])
    assert (found.low, found.high) == pytest.approx((first.low, first.high))
    both = weighted_sum([first, second], [0.5, 0.5])
    assert both.low < both.value < both.high
