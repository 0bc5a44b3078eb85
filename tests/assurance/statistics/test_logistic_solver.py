"""The one solver: coefficients of scikit-learn to 1e-9 for two classes, for more, with weights, in each use of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, log_softmax
from sklearn.linear_model import LogisticRegression

from clerestory.assurance.poisoning import cross_validation
from clerestory.assurance.privacy import plain_model
from clerestory.assurance.statistics import logistic


def drawn(seed=1, n=400, p=5):
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(n, p)) @ draw.normal(size=(p, p))
    return x, (draw.random(n) < expit(x[:, 0] - 0.5 * x[:, -1] + 0.3)).astype(float), draw.random(n) + 0.2


def theirs(x, y, weights=None):
    model = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-13, max_iter=500).fit(x, y, weights)
    return np.append(model.coef_[0], model.intercept_[0])


def with_ones(x):
    return np.column_stack([x, np.ones(len(x))])


# scikit-learn does not penalise the intercept at all, we by a millionth: with 1e-12 the two agree.
FREE = 1e-12


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("curved", [False, True])
def test_two_classes_have_the_coefficients_of_scikit_learn(weighted, curved):
    x, y, weights = drawn()
    penalty = np.append(np.ones(x.shape[1]), FREE)
    given_ = weights if weighted else None
    bend = logistic.curvature_at(with_ones(x), np.zeros(6), penalty, weights=given_) if curved else None
    found = logistic.lowest_loss(with_ones(x), y, penalty, weights=given_, curvature=bend, near=1e-10)
    assert found == pytest.approx(theirs(x, y, given_), abs=1e-9)


def test_three_classes_have_the_probabilities_of_scikit_learn():
    x, _, _ = drawn(2)
    labels = np.digitize(x[:, 0], [-1, 1])
    model = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-13, max_iter=500).fit(x, labels)
    penalty = np.append(np.ones(x.shape[1]), FREE)
    found = logistic.lowest_class_loss(with_ones(x), np.eye(3)[labels], penalty, near=1e-9)
    # Without an intercept that is penalised, probabilities are what is determined.
    assert logistic.softmax(with_ones(x) @ found)[0] == pytest.approx(model.predict_proba(x), abs=1e-9)


def test_every_way_it_is_used_ends_where_the_slope_of_the_loss_is_flat():
    x, y, weights = drawn(3)
    wide = with_ones(x)
    plain = plain_model.fit(wide, y, weights=weights)
    slope = wide.T @ (weights * (expit(wide @ plain) - y)) + np.append(plain[:-1], 1e-6 * plain[-1])
    assert np.abs(slope).max() < 1e-6
    terms = logistic.fit(x, y > 0, lone=5, near=1e-10)
    assert terms == pytest.approx(plain_model.fit(wide, y), abs=1e-7)
    chances = cross_validation.out_of_sample_probabilities(x, [str(int(item)) for item in y], folds=4, seed=0)
    assert chances.sum(axis=1) == pytest.approx(1)


def test_two_classes_as_classes_are_two_classes_with_half_the_penalty():
    x, y, _ = drawn(4)
    classes = logistic.lowest_class_loss(with_ones(x), np.eye(2)[y.astype(int)], np.ones(6), near=1e-10)
    one = logistic.lowest_loss(with_ones(x), y, np.full(6, 0.5), near=1e-10)
    assert classes[:, 1] - classes[:, 0] == pytest.approx(one, abs=1e-9)


@given(st.lists(st.floats(-800, 800), min_size=1, max_size=9))
def test_shares_and_their_sum_are_those_of_scipy_without_overflow(odds):
    rows = np.array([odds])
    share, total = logistic.softmax(rows)
    assert np.log(np.maximum(share, 1e-300)) == pytest.approx(np.maximum(log_softmax(rows, axis=1), -690), abs=1.0)
    assert share.sum() == pytest.approx(1)
    assert total[0] == pytest.approx(np.logaddexp.reduce(rows[0]))
    assert logistic.sigmoid(rows[0]) == pytest.approx(expit(rows[0]), abs=1e-15)


def test_separable_rows_no_rows_and_weights_of_zero_end_in_finite_coefficients():
    x = with_ones(np.linspace(-1, 1, 50)[:, None])
    y = (x[:, 0] > 0).astype(float)
    penalty = np.array([1.0, 1e-6])
    assert np.isfinite(logistic.lowest_loss(x, y, penalty)).all()
    assert logistic.lowest_loss(x[:0], y[:0], penalty).tolist() == [0.0, 0.0]
    assert logistic.lowest_loss(x, y, penalty, weights=np.zeros(50)).tolist() == [0.0, 0.0]
