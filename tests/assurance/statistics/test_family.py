"""Simultaneous intervals: known truth, drawn with a fixed seed."""

import numpy as np
import pytest

from clerestory.assurance.criterion import Criterion
from clerestory.assurance.statistics.family import Rate, largest_gap, pairs, smallest_ratio, worst
from clerestory.assurance.statistics.interval import Interval
from clerestory.assurance.statistics.rate import katz, newcombe
from clerestory.terms.status import Verdict

DRAWS = 600


def drawn(chance, truth, sizes):
    return [Rate(str(at), int(chance.binomial(n, p)), n) for at, (p, n) in enumerate(zip(truth, sizes, strict=True))]


@pytest.mark.parametrize(
    "truth, sizes",
    [
        ([0.3] * 2, [50, 1000]),
        ([0.3] * 6, [200] * 6),
        ([0.1] * 6, [100] * 6),
        ([0.3, 0.25, 0.2, 0.15], [300] * 4),
        ([0.5, 0.3], [400, 100]),
        ([0.2] * 20, [100] * 20),
    ],
)
def test_the_interval_of_the_largest_gap_and_of_the_smallest_ratio_covers_the_truth(truth, sizes):
    chance = np.random.default_rng(1)
    gap, low_ratio = max(truth) - min(truth), min(truth) / max(truth)
    family = pairs([len(truth)])
    covered = np.zeros(2)
    for _ in range(DRAWS):
        rates = drawn(chance, truth, sizes)
        found, other = largest_gap(rates, family=family), smallest_ratio(rates, family=family)
        covered += (found.low <= gap <= found.high, other.low <= low_ratio <= other.high)
    assert covered.min() / DRAWS >= 0.94


def test_equal_groups_almost_never_fail_the_four_fifths_rule_where_the_point_rule_does_in_most_draws():
    # methods.md section 2: six equal cells of 100 at 30 %: point rule 90 %, interval rule with Bonferroni 0.2 %.
    chance, limit = np.random.default_rng(2), Criterion.parse(">= 0.8")
    failed = pointed = 0
    for _ in range(DRAWS):
        found = smallest_ratio(drawn(chance, [0.3] * 6, [100] * 6), family=15)
        failed += limit.judge(found.low, found.high) is Verdict.FAIL
        pointed += not limit.holds(found.value)
    assert failed / DRAWS < 0.02
    assert pointed / DRAWS > 0.8


def test_a_true_ratio_far_below_the_limit_fails_and_equal_large_groups_pass():
    chance, limit = np.random.default_rng(3), Criterion.parse(">= 0.8")
    far = [smallest_ratio(drawn(chance, [0.15, 0.3], [1000, 1000]), family=1) for _ in range(100)]
    equal = [smallest_ratio(drawn(chance, [0.3, 0.3], [5000, 5000]), family=1) for _ in range(100)]
    assert all(limit.judge(found.low, found.high) is Verdict.FAIL for found in far)
    assert sum(limit.judge(found.low, found.high) is Verdict.PASS for found in equal) >= 98


def test_two_groups_have_the_interval_of_newcombe_and_of_katz():
    rates = [Rate("a", 56, 70), Rate("b", 48, 80)]
    gap, single = largest_gap(rates, family=1), newcombe(56, 70, 48, 80)
    assert (gap.value, gap.low, gap.high) == pytest.approx((single.value, single.low, single.high), abs=1e-12)
    found, other = smallest_ratio(rates, family=1), katz(48, 80, 56, 70)
    assert (found.value, found.low, found.high) == pytest.approx((other.value, other.low, other.high), abs=1e-12)


def test_a_group_in_which_nobody_is_selected_fails():
    found = smallest_ratio([Rate("a", 300, 1000), Rate("b", 0, 1000), Rate("c", 310, 1000)], family=3)
    assert (found.value, found.low) == (0, 0)
    assert found.high < 0.02


def test_without_any_event_there_is_no_ratio():
    assert smallest_ratio([Rate("a", 0, 100), Rate("b", 0, 100)], family=1) is None


def test_the_worst_takes_every_end_by_itself():
    parts = [Interval(0.5, 0.1, 0.9), Interval(0.6, 0.55, 0.65)]
    assert worst(parts, better="higher") == Interval(0.5, 0.1, 0.65)
    assert worst(parts, better="lower") == Interval(0.6, 0.55, 0.9)


def test_pairs_are_counted_within_families():
    assert pairs([2, 3, 0, 6]) == 1 + 3 + 15
