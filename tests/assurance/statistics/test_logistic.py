"""The plain model: terms that tell, ranks of scipy, folds that are even, weights of scikit-learn with products."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata
from sklearn.linear_model import LogisticRegression

from clerestory.assurance.statistics import logistic


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=50))
def test_ranks_are_those_of_scipy_in_the_middle_of_equals(values):
    found = logistic.average_ranks(np.array(values, dtype=np.float64))
    assert found == pytest.approx((rankdata(values) - 0.5) / len(values))


@given(st.lists(st.integers(0, 3), min_size=1, max_size=80), st.integers(2, 6), st.integers(0, 99))
def test_folds_spread_each_stratum_evenly(strata, folds, seed):
    given_ = np.array(strata)
    part = logistic.folds_of(given_, folds, np.random.default_rng(seed))
    for stratum in set(strata):
        sizes = np.bincount(part[given_ == stratum], minlength=folds)
        assert sizes.max() - sizes.min() <= 1


def test_the_product_that_tells_is_chosen_first_and_the_square_of_two_values_never():
    draw = np.random.default_rng(1)
    x = np.column_stack([draw.normal(size=(600, 3)), draw.integers(0, 2, 600)])
    yes = x[:, 0] * x[:, 2] + 0.3 * draw.normal(size=600) > 0
    terms = logistic.choose_terms(x, yes, products=20)
    assert terms.pairs[0].tolist() == [0, 2]
    assert [3, 3] not in terms.pairs.tolist()
    assert terms.of(x).mean(axis=0) == pytest.approx(0, abs=1e-9)
    assert terms.of(x).std(axis=0) == pytest.approx(1, abs=1e-9)


def test_weights_of_columns_and_products_are_those_of_scikit_learn_with_their_penalties():
    draw = np.random.default_rng(2)
    terms = draw.normal(size=(500, 4))
    yes = draw.random(500) < 1 / (1 + np.exp(-terms[:, 0] + terms[:, 3] - 0.4))
    found = logistic.fit(terms, yes, lone=2)
    # A penalty of 5 on a term is a penalty of 1 on the term over the root of 5.
    scale = np.array([1, 1, 5**-0.5, 5**-0.5])
    theirs = LogisticRegression(C=1.0, tol=1e-10, max_iter=2_000).fit(terms * scale, yes)
    assert found == pytest.approx([*(theirs.coef_[0] * scale), theirs.intercept_[0]], abs=1e-3)
    assert logistic.chance(terms, found) == pytest.approx(theirs.predict_proba(terms * scale)[:, 1], abs=1e-3)


def test_separable_labels_and_a_constant_column_give_finite_weights():
    x = np.column_stack([np.linspace(-1, 1, 100), np.ones(100)])
    yes = x[:, 0] > 0
    terms = logistic.choose_terms(x, yes, products=5)
    weights = logistic.fit(terms.of(x), yes, lone=2)
    assert np.isfinite(weights).all()
    assert ((logistic.chance(terms.of(x), weights) > 0.5) == yes).all()
