"""Differences of two versions against published examples, scipy and known truth."""

import numpy as np
import pytest
from scipy.stats import binom, binomtest, norm

from clerestory.assurance.statistics.area import paired_area_difference
from clerestory.assurance.statistics.interval import Interval
from clerestory.assurance.statistics.paired import mcnemar, paired_difference, paired_mean, separate_difference
from clerestory.assurance.statistics.rate import NoCases, newcombe, wilson


def test_the_paired_interval_is_that_of_the_worked_examples():
    # Altman, Machin, Bryant and Gardner (2000), Statistics with Confidence, table 6.2: 14, 5, 0, 22.
    found = paired_difference(14, 5, 0, 22)
    assert (round(found.value, 3), round(found.low, 3), round(found.high, 3)) == (0.122, 0.011, 0.226)
    # Fagerland, Lydersen and Laake (2014), Statistics in Medicine 33, airway hyper-responsiveness: 1, 1, 7, 12.
    found = paired_difference(1, 1, 7, 12)
    assert (round(found.low, 3), round(found.high, 3)) == (-0.507, -0.026)


def test_mcnemars_mid_p_value_is_that_of_the_worked_example_and_of_scipy():
    # Fagerland, Lydersen and Laake (2013), BMC Medical Research Methodology 13:91: 1 against 7 gives 0.0391.
    assert round(mcnemar(1, 7), 4) == 0.0391
    for first, second in ((3, 9), (9, 3), (0, 5), (100, 140)):
        exact = binomtest(min(first, second), first + second).pvalue
        same = binom.pmf(min(first, second), first + second, 0.5)
        assert mcnemar(first, second) == pytest.approx(exact - same, abs=1e-12)
    assert mcnemar(5, 5) == mcnemar(0, 0) == 1


@pytest.mark.parametrize("n", [40, 400])
@pytest.mark.parametrize("shares", [(0.8, 0.02, 0.02, 0.16), (0.7, 0.15, 0.05, 0.1), (0.95, 0.0, 0.03, 0.02)])
def test_the_paired_interval_covers_the_truth(n, shares):
    chance, truth = np.random.default_rng(1), shares[1] - shares[2]
    over = under = 0
    for _ in range(500):
        found = paired_difference(*map(int, chance.multinomial(n, shares)))
        over += found.low > truth + 1e-12
        under += found.high < truth - 1e-12
    assert max(over, under) / 500 <= 0.04


def test_pairs_that_agree_are_not_taken_as_certain_and_swapping_the_versions_mirrors():
    same = paired_difference(30, 0, 0, 5)
    assert same.low < 0 < same.high
    assert same.high - same.low > 0.02
    there, back = paired_difference(40, 9, 3, 20), paired_difference(40, 3, 9, 20)
    assert (there.value, there.low, there.high) == pytest.approx((-back.value, -back.high, -back.low))


@pytest.mark.parametrize("counts", [(0, 0, 0, 0), (5, -1, 2, 3)])
def test_no_pairs_are_refused(counts):
    with pytest.raises(NoCases):
        paired_difference(*counts)


def test_separate_rates_have_the_interval_of_newcombe():
    found, other = separate_difference(wilson(56, 70), wilson(48, 80)), newcombe(56, 70, 48, 80)
    assert (found.value, found.low, found.high) == pytest.approx((other.value, other.low, other.high))
    wide = separate_difference(Interval(0.9, 0.1, 1.0), Interval(0.1, 0.0, 0.9))
    assert (wide.low, wide.high) == pytest.approx((0.8 - 1.28**0.5, 0.8 + 0.02**0.5))


@pytest.mark.parametrize("n", [30, 300])
@pytest.mark.parametrize("truth", [0.0, 0.05])
def test_the_interval_of_a_mean_difference_covers_the_truth(n, truth):
    chance, covered = np.random.default_rng(2), 0
    for _ in range(400):
        gaps = np.clip(chance.normal(truth, 0.2, n), -1, 1)
        found = paired_mean(n, float(gaps.sum()), float((gaps**2).sum()))
        assert found.value == pytest.approx(gaps.mean())
        covered += found.low <= truth <= found.high
    assert covered / 400 >= 0.94


def placements(score, other, positive):
    wins = [(np.subtract.outer(s[positive], s[~positive]) > 0).astype(float) for s in (score, other)]
    areas = [float(win.mean()) for win in wins]
    spread = tuple(float(((wins[0].mean(axis=axis) - wins[1].mean(axis=axis)) ** 2).sum()) for axis in (1, 0))
    return areas, spread


@pytest.mark.parametrize("cases", [(30, 300), (200, 200)])
@pytest.mark.parametrize("shifts", [(1.0, 1.0), (1.5, 1.0), (3.0, 2.5)])
def test_the_interval_of_the_difference_of_two_areas_covers_the_truth(cases, shifts):
    chance = np.random.default_rng(3)
    truth = norm.cdf(shifts[0] / 2**0.5) - norm.cdf(shifts[1] / 2**0.5)
    positive = np.arange(sum(cases)) < cases[0]
    missed = 0
    for _ in range(300):
        drawn = chance.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], sum(cases))
        drawn[positive] += shifts
        areas, spread = placements(drawn[:, 0], drawn[:, 1], positive)
        found = paired_area_difference(areas[0], areas[1], spread, cases)
        missed += not found.low <= truth <= found.high
    assert missed / 300 <= 0.08


def test_the_variance_of_the_difference_of_two_areas_is_delongs():
    # DeLong et al. (1988): S10 / m + S01 / n of the differences, by numpy's covariance of the placements.
    chance, cases = np.random.default_rng(4), (80, 120)
    positive = np.arange(200) < 80
    score = chance.normal(positive, 1)
    other = score + chance.normal(0, 0.8, 200)
    wins = [(np.subtract.outer(s[positive], s[~positive]) > 0).astype(float) for s in (score, other)]
    above, below = (np.cov([win.mean(axis=axis) for win in wins]) for axis in (1, 0))
    contrast = np.array([1, -1])
    variance = contrast @ (above / 80 + below / 120) @ contrast
    areas, spread = placements(score, other, positive)
    found = paired_area_difference(areas[0], areas[1], spread, cases)
    assert (found.high - found.low) / 2 >= 1.96 * variance**0.5 - 1e-6
    assert (found.high - found.low) / 2 <= 1.96 * variance**0.5 * 1.15
