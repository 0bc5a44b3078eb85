"""The slope of recalibration against scikit-learn, known truth and where there is none."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from clerestory.assurance.statistics.recalibration import recalibration_slope


@pytest.mark.parametrize("slope", [0.4, 1.0, 2.5])
def test_the_slope_is_that_of_an_unpenalised_logistic_regression(slope):
    chance = np.random.default_rng(1)
    score = np.clip(np.round(chance.beta(2, 3, 1500), 2), 0.01, 0.99)
    logit = np.log(score / (1 - score))
    happened = chance.random(1500) < 1 / (1 + np.exp(-slope * logit + 0.3))
    model = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000).fit(logit[:, None], happened)
    found = recalibration_slope(score, happened * 1.0, 1.0 - happened)
    assert found.value == pytest.approx(model.coef_[0, 0], abs=1e-5)
    assert found.low < slope < found.high


def test_the_ends_are_where_the_likelihood_has_fallen_by_the_quantile_of_chi_square():
    from scipy.optimize import minimize_scalar
    from scipy.stats import chi2

    chance = np.random.default_rng(2)
    score = chance.random(200) * 0.8 + 0.1
    happened = chance.random(200) < score
    logit = np.log(score / (1 - score))

    def loss(slope):
        def at(intercept):
            line = intercept + slope * logit
            return float(np.logaddexp(0, line).sum() - line[happened].sum())

        return minimize_scalar(at, bounds=(-20, 20), method="bounded", options={"xatol": 1e-10}).fun

    found = recalibration_slope(score, happened * 1.0, 1.0 - happened)
    for end in (found.low, found.high):
        assert 2 * (loss(end) - loss(found.value)) == pytest.approx(chi2.ppf(0.95, 1), rel=1e-4)


@pytest.mark.parametrize("n, slope, middle", [(60, 1.0, 0.0), (60, 1.0, -2.0), (200, 0.5, 0.0), (200, 2.0, -2.0)])
def test_both_ends_of_the_interval_hold_the_truth(n, slope, middle):
    chance, over, under, drawn = np.random.default_rng(3), 0, 0, 0
    while drawn < 300:
        logit = chance.normal(middle, 1, n)
        happened = chance.random(n) < 1 / (1 + np.exp(-slope * logit))
        if not 5 <= happened.sum() <= n - 5:
            continue
        found = recalibration_slope(1 / (1 + np.exp(-logit)), happened * 1.0, 1.0 - happened)
        drawn += 1
        over += found is not None and found.low > slope
        under += found is not None and found.high < slope
    assert over / 300 <= 0.055
    assert under / 300 <= 0.05


@pytest.mark.parametrize("score, positive, negative", [
    ([0.2, 0.8], [0.0, 0.0], [5.0, 5.0]), ([0.2, 0.8], [5.0, 5.0], [0.0, 0.0]), ([0.5], [9.0], [4.0]),
    ([0.2, 0.8], [0.0, 50.0], [50.0, 0.0]), ([0.2, 0.8], [50.0, 0.0], [0.0, 50.0]), ([], [], []),
])  # fmt: skip
def test_one_label_one_score_and_separated_labels_have_no_slope(score, positive, negative):
    assert recalibration_slope(np.array(score), np.array(positive), np.array(negative)) is None
