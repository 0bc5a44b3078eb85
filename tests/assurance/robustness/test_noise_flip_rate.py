"""Decisions that change under noise, gaps and other categories: the figures of the theory, and no decision counts."""

from math import atan, pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter import Layout
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import find
from clerestory.assurance.tally import Tallies
from clerestory.assurance.trial import Table, Unanswered, trial_of
from clerestory.terms.status import Verdict
from tests.simulators.answering import drive

NAME = "robustness.noise-flip-rate"
CHECK = find(NAME)
LAYOUT = Layout(
    columns={"x": "number", "kind": "text", "score": "number"},
    features=("x", "kind"),
    threshold=0.0,
    asked=frozenset({"model"}),
)


def rows(n: int = 4_000, seed: int = 1) -> Table:
    draw = np.random.default_rng(seed)
    return {"x": draw.normal(size=n), "kind": draw.choice(["a", "b"], n).astype(object)}


def sign_of_x(table: Table) -> np.ndarray:
    """Decide by the sign of x; give no finite score where it is missing, as a linear model does."""
    if np.isnan(table["x"]).any():
        raise Unanswered("No finite score.", "Give one.")
    return np.asarray(table["x"], dtype=np.float64)


def measured(table: Table | None = None, model: object = sign_of_x, **given: object) -> Measurement:
    parameters = CHECK.complete({"rows": 4_000} | given, LAYOUT)
    tally = drive(CHECK.begin(parameters), tables={"current": table or rows()}, predict=model)  # type: ignore[arg-type]
    tallies: Tallies = {trial_of(NAME, parameters): tally}
    return CHECK.measure(tallies, parameters)


@pytest.mark.parametrize("size", [0.1, 0.5, 1.0])
def test_flips_of_a_sign_under_normal_noise_are_those_of_the_theory(size):
    # x and e independent and normal: P(sign(x) != sign(x + e)) = arctan(s) / pi (Sheppard 1899).
    found = measured(rows(20_000), kinds=["noise"], columns=["x"], noise={"x": size}, rows=20_000)
    assert found.value == pytest.approx(atan(size) / pi, abs=4 * 0.5 / 20_000**0.5)  # four standard errors at most
    assert found.low is not None and found.high is not None and found.low < found.value < found.high
    assert found.n == 20_000


def test_a_model_that_ignores_an_input_never_flips_by_it_and_the_worst_input_counts():
    found = measured(kinds=["noise", "category"], noise={"x": 0.5})
    shown = {cell.group: cell for cell in found.by_group}
    assert shown["category, kind"].value == 0.0
    assert found.value == shown["noise, x"].value
    assert judge(found, CHECK.criterion("<= 0.05")).verdict is Verdict.FAIL
    only = measured(kinds=["category"])
    assert judge(only, CHECK.criterion("<= 0.05")).verdict is Verdict.PASS


def test_no_decision_where_a_value_is_missing_counts_as_changed_and_is_named():
    found = measured(kinds=["missing"])
    assert found.value == 1.0
    assert found.details["no decision at all"] == "missing x"


def test_another_unit_that_the_model_does_not_notice_is_found():
    table = {"x": np.linspace(1, 2, 500), "kind": np.array(["a"] * 500, dtype=object)}
    found = measured(table, lambda t: t["x"] - 1_500, kinds=["noise"], units={"x": 1_000})
    assert {cell.group: cell.value for cell in found.by_group}["unit, x"] == pytest.approx(0.5, abs=0.01)


def test_too_few_rows_say_nothing():
    found = measured(rows(20), kinds=["noise"])
    assert (found.value, found.reason) == (None, Reason.INSUFFICIENT_DATA)


@given(st.integers(0, 2**32 - 1), st.floats(0.0, 3.0))
def test_noise_keeps_whole_numbers_whole_and_inside_what_occurs(seed, size):
    from clerestory.assurance.robustness.perturbation import with_noise

    table = {"age": np.array([18.0, 30, 44, 75, np.nan])}
    moved = with_noise(table, "age", size, np.random.default_rng(seed))["age"]
    assert np.isnan(moved[-1])
    assert ((moved[:-1] == np.round(moved[:-1])) & (moved[:-1] >= 18) & (moved[:-1] <= 75)).all()


def test_without_a_model_that_can_be_asked_the_check_is_refused_with_what_to_do():
    with pytest.raises(ParameterRefused, match="tries a model, and there is none") as refused:
        CHECK.complete({"features": ["x"]}, Layout(columns={"x": "number"}))
    assert "ONNX" in refused.value.remedy


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.05, 2.0), st.sampled_from([0.01, 10.0, 1_000.0]))
def test_neither_the_unit_of_an_input_nor_the_side_that_is_called_yes_changes_the_rate(seed, size, unit):
    table = rows(300, seed)
    found = measured(table, kinds=["noise"], columns=["x"], noise={"x": size})
    other = measured({**table, "x": unit * table["x"]}, kinds=["noise"], columns=["x"], noise={"x": unit * size})
    turned = measured(table, lambda asked: -asked["x"], kinds=["noise"], columns=["x"], noise={"x": size})
    for each in (other, turned):
        assert (each.value, each.low, each.high) == (found.value, found.low, found.high)
    still = measured(table, lambda asked: np.ones(len(asked["x"])), kinds=["noise"], columns=["x"], noise={"x": size})
    assert (still.value, still.low) == (0.0, 0.0)
