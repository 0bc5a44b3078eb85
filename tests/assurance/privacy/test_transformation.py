"""Transformations: what they promise holds, tokens are those of RFC 4231, and the loss of use is measured."""

import hashlib
import hmac
from math import exp, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from clerestory.assurance.personal_data.anonymity import anonymity
from clerestory.assurance.privacy.privacy_loss import composed
from clerestory.assurance.privacy.transformation import (
    SUPPRESSED,
    CannotTransform,
    generalise_category,
    generalise_number,
    loss_of_use,
    pseudonymise,
    rare_rows,
    with_laplace_noise,
    with_random_answers,
)
from tests.assurance.privacy.adult import FEATURES, LABEL, people

KEY = bytes(range(32))


def text(*values: object) -> np.ndarray:
    return np.array(values, dtype=object)


def test_numbers_become_bands_and_categories_coarser():
    assert generalise_number(np.array([30.0, 39.9, 40, np.nan]), 10).tolist() == [
        "30 to 40", "30 to 40", "40 to 50", None,
    ]  # fmt: skip
    found = generalise_category(text("Berlin", "Lyon", "Rome", None), {"Berlin": "DE", "Lyon": "FR"})
    assert found.tolist() == ["DE", "FR", SUPPRESSED, None]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=80), st.integers(2, 6))
def test_without_its_rare_rows_a_table_is_k_anonymous(rows, k):
    columns = [np.array([row[at] for row in rows], dtype=np.float64) for at in (0, 1)]
    rare = rare_rows(columns, k)
    if not rare.all():
        assert anonymity([column[~rare] for column in columns]).k >= k


def test_real_people_hide_behind_bands_at_a_measured_cost():
    members = people()[0]
    quasi = ["age", "sex", "marital_status"]
    assert anonymity([members[name] for name in quasi]).k == 1
    after = {**members, "age": generalise_number(members["age"], 20)}
    rare = rare_rows([after[name] for name in quasi], 5)
    kept = ~rare
    assert anonymity([after[name][kept] for name in quasi]).k >= 5
    used = {name: members[name] for name in FEATURES}
    loss = loss_of_use(used, {name: after[name] for name in FEATURES}, members[LABEL], kept, seed=1)
    assert loss.rows_left > 0.9
    assert loss.changed["age"] == 1.0 and loss.changed["capital_gain"] == 0.0
    assert loss.difference.low <= loss.after - loss.before <= loss.difference.high
    assert loss.before > 0.8 and abs(loss.difference.value) < 0.05
    gone = {name: np.zeros(len(kept)) for name in FEATURES}
    nothing = loss_of_use(used, gone, members[LABEL], np.ones(len(kept), dtype=bool), seed=1)
    # A model that sees nothing has an area of one half; the one before has that of scikit-learn's own count.
    assert nothing.after == pytest.approx(0.5)
    assert nothing.difference.high < -0.2


def test_the_area_before_is_that_of_scikit_learn():
    draw = np.random.default_rng(8)
    x = draw.normal(size=2_000)
    label = draw.random(2_000) < 1 / (1 + np.exp(-x))
    every = np.ones(2_000, dtype=bool)
    loss = loss_of_use({"x": x}, {"x": x}, label, every, seed=4)
    half = np.random.default_rng(4).permutation(2_000) % 2 == 0
    assert loss.before == pytest.approx(roc_auc_score(label[~half], x[~half]), abs=1e-12)
    assert loss.difference.value == 0.0


def test_tokens_are_keyed_and_differ_by_column():
    # The primitive is that of RFC 4231, case 2.
    assert hmac.new(b"Jefe", b"what do ya want for nothing?", hashlib.sha256).hexdigest()[:16] == "5bdcc146bf60754e"
    found = pseudonymise(text("anna", "paul", "anna", None), KEY, column="name")
    expected = hmac.new(KEY, b"4:nameanna", hashlib.sha256).hexdigest()[:16]
    assert found.tolist()[0] == found.tolist()[2] == expected != found.tolist()[1]
    assert found.tolist()[3] is None
    assert pseudonymise(text("anna"), KEY, column="user").tolist() != [expected]
    assert pseudonymise(text("anna"), KEY[::-1], column="name").tolist() != [expected]


def test_laplace_noise_has_its_spread_and_its_price():
    draw = np.random.default_rng(1)
    found = with_laplace_noise(np.full(20_000, 50.0), 0, 100, 20.0, draw)
    values = found.values.astype(float)
    # Mean distance from the truth is the scale, 100 / 20; by four standard errors (the deviation is the scale too).
    assert np.abs(values - 50).mean() == pytest.approx(5.0, abs=4 * 5 / 20_000**0.5)
    assert composed([found.release], 0.0).epsilon == pytest.approx(20.0, rel=1e-3)
    assert composed([found.release], 0.0).epsilon > 20.0


def test_random_answers_keep_the_odds_that_epsilon_allows():
    draw = np.random.default_rng(2)
    found = with_random_answers(text(*["a"] * 40_000), ["a", "b", "c"], 1.0, draw)
    kept = float((found.values == "a").mean())
    expected = exp(1) / (exp(1) + 2)
    assert kept == pytest.approx(expected, abs=4 * (expected * (1 - expected) / 40_000) ** 0.5)
    assert log(kept / (float((found.values == "b").mean()))) == pytest.approx(1.0, abs=0.06)


@pytest.mark.parametrize(
    "call",
    [
        lambda: generalise_number(np.array([1.0]), 0),
        lambda: rare_rows([np.array([1.0])], 1),
        lambda: pseudonymise(text("a"), b"short", column="a"),
        lambda: with_laplace_noise(np.array([1.0]), 1, 1, 1, np.random.default_rng(0)),
        lambda: with_random_answers(text("a"), ["a"], 1, np.random.default_rng(0)),
        lambda: with_random_answers(text("a", None), ["a", "b"], 1, np.random.default_rng(0)),
        lambda: loss_of_use({}, {}, np.array([True]), np.array([True]), seed=0),
    ],
)
def test_settings_that_protect_nobody_are_refused(call):
    with pytest.raises(CannotTransform):
        call()
