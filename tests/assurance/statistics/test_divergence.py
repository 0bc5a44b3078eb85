"""Divergences of counted distributions: values against scipy, intervals against known truth."""

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2, chi2_contingency, entropy
from scipy.stats.contingency import association

from clerestory.assurance.statistics.divergence import jensen_shannon, squared_association, stability_index


def test_the_stability_index_is_the_symmetrised_relative_entropy():
    reference, current = np.array([120.0, 300, 80, 500]), np.array([90.0, 310, 200, 400])
    shift = stability_index(reference, current)
    found, chance, p_value = shift.found, shift.chance, shift.p_value
    p, q = reference / 1000, current / 1000
    assert found.value == pytest.approx(entropy(p, q) + entropy(q, p), abs=1e-12)
    assert chance == pytest.approx(3 * 0.002)
    assert p_value == pytest.approx(chi2.sf(found.value / 0.002, 3), abs=1e-12)


@pytest.mark.parametrize("tilt", [0.0, 0.1, 0.35, 0.8])
@pytest.mark.parametrize("n", [200, 2000])
def test_the_interval_of_the_stability_index_covers_the_truth(tilt, n):
    chance = np.random.default_rng(1)
    p = np.full(10, 0.1)
    q = p * np.exp(tilt * np.linspace(-1.6, 1.6, 10))
    q /= q.sum()
    truth = float(((q - p) * np.log(q / p)).sum())
    covered = 0
    for _ in range(400):
        found = stability_index(chance.multinomial(n, p).astype(float), chance.multinomial(n, q).astype(float)).found
        covered += found.low <= truth + 1e-12 and truth <= found.high
    assert covered / 400 >= 0.92


@pytest.mark.parametrize("n", [500, 1000])
def test_a_shift_at_the_limit_in_rare_bins_fails_no_more_often_than_it_may(n):
    chance, p = np.random.default_rng(3), np.array([0.98, 0.005, 0.005, 0.005, 0.005])
    q = np.array([0.9, 0.025, 0.025, 0.025, 0.025])
    truth = float(((q - p) * np.log(q / p)).sum())
    over = sum(
        stability_index(chance.multinomial(n, p).astype(float), chance.multinomial(n, q).astype(float)).found.low
        > truth
        for _ in range(400)
    )
    assert over / 400 <= 0.025


def test_without_drift_small_samples_hardly_ever_fail_where_the_point_rule_mostly_does():
    # methods.md section 2: PSI > 0.1 without drift in 85 % of runs at n = 100.
    chance, p = np.random.default_rng(2), np.full(10, 0.1)
    pointed = failed = 0
    for _ in range(300):
        found = stability_index(
            chance.multinomial(100, p).astype(float), chance.multinomial(100, p).astype(float)
        ).found
        pointed += found.value > 0.1
        failed += found.low >= 0.1
    assert pointed / 300 > 0.75
    assert failed / 300 <= 0.025


def test_an_empty_bin_counts_half_a_row_and_a_single_bin_cannot_drift():
    found = stability_index(np.array([50.0, 0, 50]), np.array([40.0, 20, 40])).found
    p, q = np.array([0.5, 0.005, 0.5]), np.array([0.4, 0.2, 0.4])
    assert found.value == pytest.approx(float(((q - p) * np.log(q / p)).sum()))
    single = stability_index(np.array([50.0, 0]), np.array([70.0, 0]))
    assert (single.found.value, single.found.low, single.found.high, single.chance, single.p_value) == (0, 0, 0, 0, 1)


COUNTS = [
    ([120.0, 300, 80, 500], [90.0, 310, 200, 400]),
    ([40.0, 0, 60], [10.0, 30, 60]),
    ([9000.0, 900, 100], [30.0, 50, 20]),
]


@pytest.mark.parametrize("reference, current", COUNTS)
def test_the_jensen_shannon_divergence_is_the_square_of_scipys_distance(reference, current):
    found = jensen_shannon(np.array(reference), np.array(current)).found
    assert found.value == pytest.approx(jensenshannon(reference, current, base=2) ** 2, abs=1e-12)
    assert 0 <= found.low < found.value < found.high <= 1


def test_the_divergence_of_a_fair_and_a_biased_coin_is_the_published_one():
    # Lin (1991), IEEE Transactions on Information Theory 37, 145-151: JS = H((p + q) / 2) - (H(p) + H(q)) / 2.
    # By hand for (1/2, 1/2) and (1, 0): H(3/4, 1/4) - 1/2 = 0.8112781 - 0.5 bits.
    assert jensen_shannon(np.array([50.0, 50]), np.array([80.0, 0])).found.value == pytest.approx(0.3112781, abs=1e-7)


@pytest.mark.parametrize("reference, current", COUNTS)
def test_the_association_is_cramers_v_of_samples_of_equal_size_and_its_p_value_pearsons(reference, current):
    first, second = np.array(reference), np.array(current)
    equal = np.array([first * second.sum(), second * first.sum()]).astype(int)
    shift = squared_association(first, second)
    assert shift.found.value == pytest.approx(association(equal, method="cramer") ** 2, abs=1e-12)
    assert shift.p_value == pytest.approx(chi2_contingency([first, second], correction=False).pvalue, abs=1e-12)


@pytest.mark.parametrize("divergence", [jensen_shannon, squared_association])
def test_a_divergence_is_zero_for_equal_shares_and_one_for_nothing_in_common(divergence):
    assert divergence(np.array([30.0, 70]), np.array([300.0, 700])).found.value == pytest.approx(0, abs=1e-15)
    apart = divergence(np.array([50.0, 50, 0]), np.array([0.0, 0, 80])).found
    assert apart.value == pytest.approx(1)
    assert 0.7 < apart.low < apart.high <= 1
    assert divergence(np.array([50.0]), np.array([70.0])).p_value == 1


def bits(p, q):
    return jensenshannon(p, q, base=2) ** 2


def squared(p, q):
    return float(((p - q) ** 2 / (p + q)).sum() / 2)


@pytest.mark.parametrize("divergence, truth_of", [(jensen_shannon, bits), (squared_association, squared)])
@pytest.mark.parametrize("bins", [2, 10])
@pytest.mark.parametrize("n, m", [(100, 100), (2000, 300), (100_000, 500)])
@pytest.mark.parametrize("tilt", [0.0, 0.1, 0.35, 0.8])
def test_both_ends_of_the_interval_of_a_divergence_hold_the_truth(divergence, truth_of, bins, n, m, tilt):
    chance = np.random.default_rng(5)
    p = np.full(bins, 1 / bins)
    q = p * np.exp(tilt * np.linspace(-1.6, 1.6, bins))
    q /= q.sum()
    truth, over, under = truth_of(p, q), 0, 0
    for _ in range(300):
        found = divergence(chance.multinomial(n, p).astype(float), chance.multinomial(m, q).astype(float)).found
        over += found.low > truth + 1e-12
        under += found.high < truth - 1e-12
    assert over / 300 <= 0.045
    assert under / 300 <= 0.055


@pytest.mark.parametrize("divergence", [jensen_shannon, squared_association])
def test_without_shift_chance_alone_is_the_mean_of_the_divergence(divergence):
    chance, p = np.random.default_rng(6), np.full(8, 1 / 8)
    shifts = [
        divergence(chance.multinomial(400, p).astype(float), chance.multinomial(900, p).astype(float))
        for _ in range(600)
    ]
    assert np.mean([shift.found.value for shift in shifts]) == pytest.approx(shifts[0].chance, rel=0.08)
    assert np.mean([shift.p_value < 0.05 for shift in shifts]) == pytest.approx(0.05, abs=0.025)
    assert np.mean([shift.found.low > 0 for shift in shifts]) <= 0.045
