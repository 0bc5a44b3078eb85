"""Distances of distributions: values against scipy, intervals against known truth."""

import numpy as np
import pytest
from scipy.stats import chi2, entropy, ks_2samp, kstwobign

from clerestory.assurance.statistics.distance import (
    kolmogorov_margin,
    kolmogorov_p_value,
    stability_index,
    total_variation,
    total_variation_between,
)


def test_the_stability_index_is_the_symmetrised_relative_entropy():
    reference, current = np.array([120.0, 300, 80, 500]), np.array([90.0, 310, 200, 400])
    found, chance, p_value = stability_index(reference, current)
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
        found, _, _ = stability_index(chance.multinomial(n, p).astype(float), chance.multinomial(n, q).astype(float))
        covered += found.low <= truth + 1e-12 and truth <= found.high
    assert covered / 400 >= 0.92


@pytest.mark.parametrize("n", [500, 1000])
def test_a_shift_at_the_limit_in_rare_bins_fails_no_more_often_than_it_may(n):
    chance, p = np.random.default_rng(3), np.array([0.98, 0.005, 0.005, 0.005, 0.005])
    q = np.array([0.9, 0.025, 0.025, 0.025, 0.025])
    truth = float(((q - p) * np.log(q / p)).sum())
    over = sum(
        stability_index(chance.multinomial(n, p).astype(float), chance.multinomial(n, q).astype(float))[0].low > truth
        for _ in range(400)
    )
    assert over / 400 <= 0.025


def test_without_drift_small_samples_hardly_ever_fail_where_the_point_rule_mostly_does():
    # methods.md section 2: PSI > 0.1 without drift in 85 % of runs at n = 100.
    chance, p = np.random.default_rng(2), np.full(10, 0.1)
    pointed = failed = 0
    for _ in range(300):
        found, _, _ = stability_index(
            chance.multinomial(100, p).astype(float), chance.multinomial(100, p).astype(float)
        )
        pointed += found.value > 0.1
        failed += found.low >= 0.1
    assert pointed / 300 > 0.75
    assert failed / 300 <= 0.025


def test_an_empty_bin_counts_half_a_row_and_a_single_bin_cannot_drift():
    found, _, _ = stability_index(np.array([50.0, 0, 50]), np.array([40.0, 20, 40]))
    p, q = np.array([0.5, 0.005, 0.5]), np.array([0.4, 0.2, 0.4])
    assert found.value == pytest.approx(float(((q - p) * np.log(q / p)).sum()))
    single, chance, p_value = stability_index(np.array([50.0, 0]), np.array([70.0, 0]))
    assert (single.value, single.low, single.high, chance, p_value) == (0, 0, 0, 0, 1)


def test_the_kolmogorov_margin_is_wider_than_the_null_quantile_and_narrower_than_the_sum_of_both():
    n, m = 500, 800
    margin = kolmogorov_margin(n, m)
    assert margin > kstwobign.ppf(0.95) * np.sqrt(1 / n + 1 / m)
    assert margin < np.sqrt(np.log(80) / 2) * (1 / np.sqrt(n) + 1 / np.sqrt(m))


def test_the_kolmogorov_p_value_agrees_with_scipy():
    chance = np.random.default_rng(3)
    first, second = chance.normal(0, 1, 900), chance.normal(0.05, 1, 900)
    other = ks_2samp(first, second, method="asymp")
    assert kolmogorov_p_value(other.statistic, 900, 900) == pytest.approx(kstwobign.sf(other.statistic * 450**0.5))


@pytest.mark.parametrize("sample", [[0.5, 0.5], [0.6, 0.4], [0.2, 0.3, 0.5], [0.05] * 20])
def test_the_interval_of_the_distance_from_a_population_covers_the_truth(sample):
    chance, sample = np.random.default_rng(4), np.array(sample)
    stated = np.full(len(sample), 1 / len(sample))
    truth = np.abs(sample - stated).sum() / 2
    covered = 0
    for _ in range(300):
        found = total_variation(chance.multinomial(300, sample).astype(float), stated)
        covered += found.low - 1e-12 <= truth <= found.high + 1e-12
    assert covered / 300 >= 0.95


@pytest.mark.parametrize("second", [[0.5, 0.5], [0.3, 0.7]])
def test_the_interval_of_the_distance_of_two_samples_covers_the_truth(second):
    chance, first, second = np.random.default_rng(5), np.array([0.5, 0.5]), np.array(second)
    truth = np.abs(first - second).sum() / 2
    covered = 0
    for _ in range(300):
        found = total_variation_between(
            chance.multinomial(200, first).astype(float), chance.multinomial(100, second).astype(float)
        )
        covered += found.low <= truth <= found.high
    assert covered / 300 >= 0.95
