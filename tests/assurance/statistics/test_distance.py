"""Distances of distributions: values against scipy, intervals against known truth."""

import numpy as np
import pytest
from scipy.stats import ks_2samp, kstwobign

from clerestory.assurance.statistics.distance import (
    kolmogorov_margin,
    kolmogorov_p_value,
    total_variation,
    total_variation_between,
)


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
