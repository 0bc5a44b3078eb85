"""The filter against planted rows, part by part: scikit-learn's neighbours, numpy's SVD, scipy's tails, hand counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from sklearn.neighbors import NearestNeighbors

from clerestory.assurance.poisoning.filtering import planted, trigger
from clerestory.assurance.poisoning.filtering.burst import burst_evidence, cluster_sizes
from clerestory.assurance.poisoning.filtering.labelled import Labelled, labelled
from clerestory.assurance.poisoning.filtering.neighbours import disagreement, spectral_score
from clerestory.assurance.poisoning.filtering.suspicion import suspects


def rows(n: int = 600, seed: int = 1) -> Labelled:
    """Two classes that a number tells apart for the most part, and columns that say nothing."""
    draw = np.random.default_rng(seed)
    label = (draw.random(n) < 0.4).astype(np.int64)
    town = draw.integers(0, 12, n)
    table = {
        "amount": draw.normal(2.5 * label, 1.0),
        "age": draw.integers(18, 80, n).astype(np.float64),
        "job": draw.choice(["clerk", "cook", "nurse", "smith"], n).astype(object),
        "town": np.array([f"town {at}" for at in town], dtype=object),
        "region": np.array([f"region {at // 4}" for at in town], dtype=object),
    }
    return Labelled(table, (), label, ("no", "yes"))


def texts(n: int = 400, seed: int = 2) -> Labelled:
    draw = np.random.default_rng(seed)
    words = np.array([f"word{at}" for at in range(60)])
    values = np.array([" ".join(draw.choice(words, 8)) for _ in range(n)], dtype=object)
    return Labelled({"note": values}, ("note",), draw.integers(0, 2, n), ("no", "yes"))


def test_disagreement_is_that_of_scikit_learns_neighbours():
    draw = np.random.default_rng(3)
    points, labels = draw.normal(size=(700, 4)), draw.integers(0, 3, 700)
    near = NearestNeighbors(n_neighbors=8).fit(points).kneighbors(return_distance=False)
    assert disagreement(points, labels, 8) == pytest.approx((labels[near] != labels[:, None]).mean(axis=1))


def test_the_spectral_score_is_the_squared_part_along_the_first_singular_vector():
    draw = np.random.default_rng(4)
    points, labels = draw.normal(size=(300, 5)) * [5, 1, 1, 0.5, 2], draw.integers(0, 2, 300)
    found = spectral_score(points, labels)
    for label in (0, 1):
        part = points[labels == label]
        _, _, directions = np.linalg.svd(part - part.mean(axis=0))
        squares = ((part - part.mean(axis=0)) @ directions[0]) ** 2
        assert found[labels == label] == pytest.approx(squares / squares.mean(), rel=1e-6)


def test_clusters_of_rows_that_differ_in_one_column_at_most_are_counted_and_a_burst_is_one_that_stands_out():
    draw = np.random.default_rng(5)
    table = {name: draw.normal(size=100).round(6) for name in "abc"}
    for name in "abc":
        table[name][:10] = table[name][0]
    table["c"][:4] = [7.0, 8.0, 9.0, 10.0]
    data = Labelled(table, (), np.zeros(100, dtype=np.int64), ("no",))
    data.table["b"][8:10] = [11.0, 12.0]
    narrow, wide = cluster_sizes(data)
    assert narrow.tolist() == [8] * 8 + [6] * 2 + [1] * 90
    assert wide.tolist() == [10] * 10 + [1] * 90
    assert np.flatnonzero(burst_evidence(data)).tolist() == list(range(10))


def test_where_many_rows_are_equal_by_nature_none_is_a_burst():
    draw = np.random.default_rng(6)
    table = {name: draw.integers(0, 3, 500).astype(np.float64) for name in "ab"}
    assert not burst_evidence(Labelled(table, (), np.zeros(500, dtype=np.int64), ("no",))).any()


@given(st.integers(8, 60), st.integers(0, 60), st.floats(0.05, 0.95))
def test_the_evidence_never_overstates_the_tail_of_the_binomial(n, missing, p):
    hits = max(n - missing, 0)
    counts = (np.array([float(item)]) for item in (n, hits))
    nats = trigger._evidence(*counts, np.array([p]), 10_000)[0]
    assert np.exp(-nats) >= binom.sf(hits - 1, n, p) - 1e-9


def test_in_clean_data_no_trigger_is_found_and_a_planted_one_is_named():
    assert all(trigger.search(rows(seed=seed))[1] == () for seed in range(12))
    data = rows()
    values, labels = data.table["town"].copy(), data.labels.copy()
    values[:30], labels[:30] = "town x", 1
    evidence, found = trigger.search(data.changed({"town": values}, labels))
    assert (found[0].name, found[0].label, found[0].rows) == ("town=town x", 1, 30)
    assert (evidence[:30] > 1).all()
    assert not (evidence[30:] > 1).any()


def test_a_pair_that_says_what_neither_value_says_is_a_trigger():
    data = rows(1_200, seed=3)
    pair = (data.table["job"] == "cook") & (data.table["town"] == "town 3")
    town, labels = data.table["town"].copy(), data.labels.copy()
    chosen = np.flatnonzero((data.table["job"] == "cook") & ~pair)[:40]
    town[chosen] = "town 3"
    labels[chosen] = labels[pair] = 1
    found = trigger.search(data.changed({"town": town}, labels))[1]
    assert {"job=cook", "town=town 3"} == set(found[0].name.split(" and "))


def test_a_word_that_goes_with_one_label_is_a_trigger():
    made = planted.word_trigger(texts(), 16, np.random.default_rng(1))
    assert made is not None
    found = suspects(made[0], budget=20)
    assert made[1][found.rows].sum() == 16
    assert set(found.reasons[:16]) == {"trigger"}


@pytest.mark.parametrize("name", [name for name in planted.RECIPES if name != "word trigger"])
def test_each_recipe_plants_as_many_rows_as_it_was_told_and_the_same_ones_for_a_seed(name):
    data = rows()
    made, again = (planted.RECIPES[name](data, 18, np.random.default_rng(4)) for _ in range(2))
    assert made is not None and again is not None
    poisoned, mask = made
    assert mask.sum() == 18
    assert (poisoned.labels == again[0].labels).all()
    assert (poisoned.labels[~mask] == data.labels[~mask]).all()
    for column, values in data.table.items():
        assert (poisoned.table[column][~mask] == values[~mask]).all()
    if name != "duplicate burst":
        assert (poisoned.labels[mask] != data.labels[mask]).all()


@pytest.mark.parametrize("name, least", [("value trigger", 0.7), ("duplicate burst", 0.9), ("label flips", 0.5)])
def test_planted_rows_are_found_within_the_budget(name, least):
    recalls = []
    for seed in range(6):
        made = planted.RECIPES[name](rows(seed=seed), 18, np.random.default_rng(seed))
        assert made is not None
        recalls.append(made[1][suspects(made[0], budget=60).rows].mean() * 60 / 18)
    assert np.mean(recalls) >= least


def test_a_larger_budget_finds_no_less_and_no_budget_nothing():
    made = planted.label_flips(rows(), 18, np.random.default_rng(1))
    assert made is not None
    found = [int(made[1][suspects(made[0], budget=budget).rows].sum()) for budget in (0, 12, 60, 300)]
    assert found[0] == 0 < found[1] < found[2] < found[3]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 80), st.integers(0, 1_000))
def test_the_filter_names_each_row_once_and_never_more_than_the_budget(budget, seed):
    found = suspects(rows(120, seed), budget=budget)
    assert len(found.rows) == len(set(found.rows.tolist())) == len(found.reasons) <= budget
    assert found.mask(120).sum() == len(found.rows)


def test_a_row_without_label_is_left_out():
    table = {"x": np.array([1.0, 2.0, 3.0]), "y": np.array(["a", None, "b"], dtype=object)}
    data, kept = labelled(table, ["x"], [], "y")
    assert (data.classes, data.labels.tolist(), kept.tolist()) == (("a", "b"), [0, 1], [0, 2])
