"""What a model uses, with what that is worth: on models whose use of each input is known, and against scipy."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from clerestory.assurance.explainability import overview as module
from clerestory.assurance.explainability.importance import permutation_importance
from clerestory.assurance.explainability.overview import Overview, overview

NAMES = ("a", "b", "c", "d")


def rows(n: int = 400, seed: int = 0) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(seed)
    return {name: draw.normal(size=n) for name in NAMES}


def seen(weights: tuple[float, ...], *, noise: float = 0.0, n: int = 400) -> Overview:
    table = rows(n)

    def ask(asked):
        return sum(weight * asked[name] for weight, name in zip(weights, NAMES, strict=True))

    truth = ask(table) + noise * np.random.default_rng(9).normal(size=n)
    return overview(ask, table, truth, NAMES, loss="the squared error")


def test_one_that_rests_on_its_first_input_is_stable_and_faithful():
    found = seen((8.0, 2.0, 0.5, 0.1))
    assert [item.feature for item in found.importances] == ["a", "b", "c", "d"]
    # The rise of the squared error of a linear model is twice the squared weight times the variance (Fisher et al.).
    assert found.importances[0].rise.low < 2 * 64 < found.importances[0].rise.high
    assert found.stability == pytest.approx(1)
    assert found.least_stable == pytest.approx(1)
    assert found.faithfulness > 0.9
    assert [item.feature for item in found.dependences] == ["a", "b", "c", "d"]


def test_one_that_uses_all_alike_has_an_order_that_says_little():
    found = seen((1.0, 1.0, 1.0, 1.0), noise=3.0)
    assert found.least_stable < 0.8
    assert abs(found.faithfulness) < 0.2


def test_one_that_uses_nothing_has_neither():
    found = seen((0.0, 0.0, 0.0, 0.0))
    assert (found.stability, found.least_stable, found.faithfulness) == (None, None, None)


def test_a_single_input_has_no_order():
    table = rows()
    found = overview(lambda asked: asked["a"], {"a": table["a"]}, table["a"], ["a"], loss="x")
    assert (found.stability, found.faithfulness) == (None, None)


def test_the_rank_correlation_of_halves_is_that_of_scipy():
    table, draw = rows(60), np.random.default_rng(0)
    truth = table["a"] + table["b"]

    def ask(asked):
        return asked["a"] + 0.7 * asked["b"] + 0.6 * asked["c"]

    theirs = []
    for split in range(module.SPLITS):
        order = draw.permutation(60)
        pair = []
        for half in (order[:30], order[30:]):
            part = {name: values[half] for name, values in table.items()}
            rises = permutation_importance(ask, part, truth[half], NAMES, repeats=1, seed=split)
            pair.append([next(item.rise.value for item in rises if item.feature == name) for name in NAMES])
        theirs.append(spearmanr(*np.round(pair, 12)).statistic)
    found = overview(ask, table, truth, NAMES, loss="x")
    assert found.stability == pytest.approx(np.mean(theirs), abs=1e-9)
    assert found.least_stable == pytest.approx(min(theirs), abs=1e-9)


def test_the_middle_of_individual_curves_shows_what_the_mean_hides():
    table = rows()
    found = overview(lambda asked: asked["a"] * np.sign(asked["b"]), table, table["a"], NAMES, loss="x")
    last = next(item for item in found.dependences if item.feature == "a").points[-1]
    assert abs(last.score.value) < 0.3
    assert last.most[0] < -1 < 1 < last.most[1]
