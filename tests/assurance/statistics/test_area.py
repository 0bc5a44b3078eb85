"""Area under the ROC curve."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import mannwhitneyu, norm
from sklearn.metrics import roc_auc_score

from clerestory.assurance.statistics.area import roc_area


def histogram(scores, labels):
    points = np.unique(scores)
    return (
        [int(((scores == point) & labels).sum()) for point in points],
        [int(((scores == point) & ~labels).sum()) for point in points],
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_area_agrees_with_scikit_learn_and_the_rank_sum_with_ties(seed):
    chance = np.random.default_rng(seed)
    labels = chance.random(400) < 0.4
    scores = np.round(chance.normal(labels, 1), 1)
    found = roc_area(*histogram(scores, labels))
    assert found.value == pytest.approx(roc_auc_score(labels, scores), abs=1e-9)
    statistic = mannwhitneyu(scores[labels], scores[~labels]).statistic
    assert found.value == pytest.approx(statistic / (labels.sum() * (~labels).sum()), abs=1e-9)


def test_each_end_of_the_interval_is_the_farther_of_delong_and_the_score_interval_by_their_definitions():
    chance = np.random.default_rng(5)
    positive, negative = np.round(chance.normal(1, 1, 40), 1), np.round(chance.normal(0, 1, 60), 1)
    wins = (positive[:, None] > negative[None, :]) + 0.5 * (positive[:, None] == negative[None, :])
    area = wins.mean()
    deviation = np.sqrt(wins.mean(axis=1).var(ddof=1) / 40 + wins.mean(axis=0).var(ddof=1) / 60)
    half = norm.ppf(0.975) * deviation / (area * (1 - area))
    low, high = (1 / (1 + np.exp(-(np.log(area / (1 - area)) + side * half))) for side in (-1, 1))

    def beyond(truth: float) -> float:
        q = (1 - truth) / (2 - truth) + truth / (1 + truth)
        return (area - truth) ** 2 - norm.ppf(0.975) ** 2 * truth * (1 - truth) * (1 + 49 * q) / (40 * 60)

    scored = brentq(beyond, 1e-9, area), brentq(beyond, area, 1 - 1e-9)
    scores = np.concatenate([positive, negative])
    found = roc_area(*histogram(scores, np.arange(100) < 40))
    assert (found.low, found.high) == pytest.approx((min(low, scored[0]), max(high, scored[1])), abs=1e-9)


@pytest.mark.parametrize("positives, negatives", [(5, 1000), (10, 1000), (1000, 10)])
def test_the_lower_end_of_a_rare_label_lies_above_the_truth_no_more_often_than_it_may(positives, negatives):
    chance, truth = np.random.default_rng(7), norm.cdf(2.5 / np.sqrt(2))
    labels = np.arange(positives + negatives) < positives
    over = 0
    for _ in range(300):
        scores = np.concatenate([chance.normal(2.5, 1, positives), chance.normal(0, 1, negatives)])
        order = labels[np.argsort(scores)]
        over += roc_area(order.astype(int).tolist(), (~order).astype(int).tolist()).low > truth
    assert over / 300 <= 0.025


@pytest.mark.parametrize("n, m, shift", [(30, 30, 1.0), (200, 200, 0.5), (40, 200, 1.5)])
def test_the_interval_covers_the_truth(n, m, shift):
    chance, truth = np.random.default_rng(6), norm.cdf(shift / np.sqrt(2))
    labels = np.arange(n + m) < n
    covered = 0
    for _ in range(500):
        scores = np.concatenate([chance.normal(shift, 1, n), chance.normal(0, 1, m)])
        order = labels[np.argsort(scores)]
        found = roc_area(order.astype(int).tolist(), (~order).astype(int).tolist())
        covered += found.low <= truth <= found.high
    assert covered / 500 >= 0.925


def test_a_perfect_ranking_on_few_cases_is_not_certain():
    found = roc_area([0, 20], [20, 0])
    assert (found.value, found.high) == (1.0, 1.0)
    assert 0.7 < found.low < 0.95
    mirrored = roc_area([20, 0], [0, 20])
    assert mirrored.value == 0
    assert mirrored.high == pytest.approx(1 - found.low)


def test_equal_scores_rank_nothing():
    found = roc_area([50], [70])
    assert found.value == 0.5
    assert found.low < 0.5 < found.high


def test_bins_widen_the_interval_by_what_they_leave_open():
    chance = np.random.default_rng(7)
    labels = chance.random(5000) < 0.5
    scores = chance.normal(labels, 1)
    exact = roc_area(*histogram(scores, labels))
    places = np.searchsorted(np.quantile(scores, np.linspace(0.01, 0.99, 99)), scores)
    coarse = histogram(places, labels)
    binned = roc_area(*coarse, exact=False)
    assert binned.low <= exact.low
    assert exact.high <= binned.high
    assert abs(binned.value - exact.value) <= 0.005
    assert binned.high - binned.low < exact.high - exact.low + 0.03
