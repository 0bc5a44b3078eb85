"""Shapley values: those of the shap package, the closed form of a linear model, and what must add up."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerestory.assurance.explainability.shapley import Explained, explain
from clerestory.assurance.trial import Predict, Table, Unanswered

# shap 0.51.0, ExactExplainer with maskers.Independent of all 8 background rows (KernelExplainer agrees to 2e-16), for
# tanh(a b) + 0.5 c - 0.3 c d + 0.7 [d > 0]; run once, outside this environment.
CASES = [
    [0.034, 1.36, 1.225, -0.51], [-0.298, -0.527, 0.57, -0.056], [0.747, -1.847, 1.567, -0.096],
    [0.68, -0.137, -0.379, 0.463], [0.825, -0.203, -0.153, 0.686], [-0.87, -1.514, 0.395, -0.671],
]  # fmt: skip
BACKGROUND = [
    [-1.92, -0.814, -0.468, -1.193], [-1.492, 0.037, 0.897, -0.233], [-0.744, 0.385, 0.717, -0.3],
    [0.545, 1.043, -0.207, -0.814], [0.348, 0.248, 1.099, -1.285], [-0.662, -0.838, -1.734, 0.126],
    [0.528, -0.739, 1.386, 0.822], [0.627, 0.402, 0.956, -1.332],
]  # fmt: skip
SHAP = [
    [-0.008872124303, -0.140118460808, 0.58479663125, -0.18007455625],
    [-0.082236250706, 0.042806106023, 0.139204425, -0.23983135],
    [-0.598881632858, -0.477202113792, 0.73217871875, -0.29875204375],
    [-0.17704765179, -0.111041432749, -0.36290703125, 0.53084720625],
    [-0.224753467721, -0.136370786518, -0.23158565625, 0.49137013125],
    [0.285096197608, 0.385787063821, 0.04235070625, -0.16054013125],
]
BASE = 0.59040058
Model = Callable[[Table], np.ndarray]


def table(rows: object, names: str = "abcd") -> Table:
    return dict(zip(names, np.array(rows, dtype=np.float64).T, strict=True))


def smooth(t: Table) -> np.ndarray:
    return np.tanh(t["a"] * t["b"]) + 0.5 * t["c"] - 0.3 * t["c"] * t["d"] + 0.7 * (t["d"] > 0)


def explained(model: Model, cases: Table, background: Table, **given: int) -> Explained:
    talk = explain(cases, background, tuple(cases), **given)
    move = next(talk)
    while True:
        assert isinstance(move, Predict)
        try:
            try:
                answer = model(move.table)
            except Unanswered as error:
                move = talk.throw(error)
                continue
            move = talk.send(answer)
        except StopIteration as end:
            found: Explained = end.value
            return found


def test_the_values_are_those_of_the_shap_package():
    found = explained(smooth, table(CASES), table(BACKGROUND))
    assert found.contributions == pytest.approx(np.array(SHAP), abs=1e-11)
    assert found.base == pytest.approx(BASE, abs=1e-8)


def wide(n: int, seed: int, width: int = 12) -> Table:
    draw = np.random.default_rng(seed)
    return {f"x{at}": draw.normal(size=n) for at in range(width)}


def test_many_inputs_of_a_linear_model_have_the_values_of_the_closed_form():
    # Linear model: weight * (value - mean of the background) (Lundberg and Lee 2017, corollary 1).
    cases, background = wide(5, 1), wide(10, 2)
    weights = np.linspace(-2, 2, 12)

    def linear(t: Table) -> np.ndarray:
        return np.asarray(sum(w * t[f"x{at}"] for at, w in enumerate(weights)))

    expected = [w * (cases[f"x{at}"] - background[f"x{at}"].mean()) for at, w in enumerate(weights)]
    assert explained(linear, cases, background).contributions == pytest.approx(np.array(expected).T, abs=1e-12)


def test_sampled_values_come_near_the_exact_ones_as_orders_grow():
    # Inputs beyond the first four do nothing, so the exact values of the four are known from shap.
    more = {f"z{at}": np.zeros(6) for at in range(6)}
    behind = {f"z{at}": np.ones(8) for at in range(6)}
    found = explained(smooth, table(CASES) | more, table(BACKGROUND) | behind, rounds=40)
    assert found.contributions[:, :4] == pytest.approx(np.array(SHAP), abs=0.03)
    assert (found.contributions[:, 4:] == 0).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([3, 11]))
def test_contributions_add_up_to_the_output_of_any_model(seed, width):
    weights = np.random.default_rng(seed).normal(size=width)

    def model(t: Table) -> np.ndarray:
        return np.sin(sum(w * t[f"x{at}"] for at, w in enumerate(weights))) * (t["x0"] > 0)  # type: ignore[no-any-return]

    found = explained(model, wide(4, seed, width), wide(6, seed + 1, width), seed=seed)
    assert found.base + found.contributions.sum(axis=1) == pytest.approx(found.output, abs=1e-12)


def test_text_and_truth_values_are_inputs_like_any_other():
    cases = {"job": np.array(["a", "b"], dtype=object), "flag": np.array([True, False])}
    background = {"job": np.array(["b", "b"], dtype=object), "flag": np.array([False, False])}
    found = explained(lambda t: 2.0 * (t["job"] == "a") + t["flag"], cases, background)
    assert found.contributions.tolist() == [[2.0, 1.0], [0.0, 0.0]]


def test_a_case_without_an_answer_is_not_a_number():
    def silent(t: Table) -> np.ndarray:
        if len(t["a"]) > 8:
            raise Unanswered("No answer.", "Wait.")
        return smooth(t)

    assert np.isnan(explained(silent, table(CASES), table(BACKGROUND)).contributions).all()
