"""Attribute inference: outputs that tell an attribute, that tell nothing, and real models with and without it."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter import Layout
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import find
from clerestory.assurance.tally import TrialCell, TrialTally
from clerestory.assurance.trial import Table, trial_of
from clerestory.terms.status import Verdict
from tests.assurance.privacy.adult import FEATURES, LABEL, matrix, people
from tests.simulators.answering import drive

NAME = "privacy.attribute-inference"
CHECK = find(NAME)


def layout(features: tuple[str, ...]) -> Layout:
    columns = dict.fromkeys((*FEATURES, "sex", "x", "secret", LABEL), "number")
    return Layout(columns=columns, features=features, sensitive_features=("sex",), asked=frozenset({"model"}))


def measured(
    table: Table, model: Callable[[Table], np.ndarray], features: tuple[str, ...] = FEATURES, **given: object
) -> Measurement:
    parameters = CHECK.complete(given, layout(features))
    tally = drive(CHECK.begin(parameters), tables={"current": table}, predict=model)
    return CHECK.measure({trial_of(NAME, parameters): tally}, parameters)


def coins(n: int = 2_000, seed: int = 1) -> Table:
    """A secret that nothing else in the table tells."""
    draw = np.random.default_rng(seed)
    return {"x": draw.normal(size=n), "secret": draw.choice(["a", "b"], n).astype(object)}


def test_a_model_that_tells_the_secret_gains_one_half():
    # Guessed right in 1 of 2 without the model and always with it.
    table = coins()
    found = measured(table, lambda t: (t["secret"] == "a") * 0.8 + 0.1, ("x", "secret"), attributes=["secret"])
    assert found.value == pytest.approx(0.5, abs=4 * 0.5 / 2_000**0.5)  # four standard errors
    assert judge(found, CHECK.criterion("<= 0.1")).verdict is Verdict.FAIL


def test_the_value_that_explains_the_output_is_found_though_the_score_alone_tells_nothing():
    def model(table: Table) -> np.ndarray:
        return 1 / (1 + np.exp(-(3 * table["x"] + (table["secret"] == "a") * 0.01)))

    found = measured(coins(), model, ("x", "secret"), attributes=["secret"])
    assert found.value == pytest.approx(0.5, abs=0.05)
    hidden = measured(coins(), model, ("x", "secret"), attributes=["secret"], output="decision")
    assert judge(hidden, CHECK.criterion("<= 0.1")).verdict is Verdict.PASS


def test_a_model_that_knows_nothing_of_it_gains_nothing():
    found = measured(coins(), lambda t: 1 / (1 + np.exp(-t["x"])), ("x",), attributes=["secret"])
    assert found.value == pytest.approx(0.0, abs=0.04)
    assert judge(found, CHECK.criterion("<= 0.1")).verdict is Verdict.PASS


def test_real_models_with_and_without_sex_among_their_inputs():
    members, others = people()

    def with_sex(table: Table) -> np.ndarray:
        return np.column_stack([matrix(table), table["sex"] == "Male"])

    def scaled(x: np.ndarray) -> np.ndarray:
        return (x - with_sex(members).mean(axis=0)) / with_sex(members).std(axis=0)

    knows = LogisticRegression(max_iter=500).fit(scaled(with_sex(members)), members[LABEL])
    blind = LogisticRegression(max_iter=500).fit(scaled(with_sex(members))[:, :-1], members[LABEL])
    first = measured(
        others, lambda t: knows.predict_proba(scaled(with_sex(t)))[:, 1], (*FEATURES, "sex"), attributes=["sex"]
    )
    second = measured(
        others, lambda t: blind.predict_proba(scaled(with_sex({**t, "sex": others["sex"]}))[:, :-1])[:, 1]
    )
    assert judge(first, CHECK.criterion("<= 0.1")).verdict is Verdict.FAIL
    assert judge(second, CHECK.criterion("<= 0.1")).verdict is Verdict.PASS


def test_the_interval_is_that_of_published_paired_counts():
    # Newcombe (1998, paired), table III: 36, 12, 2, 0 of 50 by method 10: 0.2000, 0.0569 to 0.3404.
    parameters = CHECK.complete({"attributes": ["secret"]}, layout(("x",)))
    cells = tuple(
        TrialCell(kind=("secret", value, key), n=50, hits=hits)
        for value in ("a", "b")
        for key, hits in (("both", 36), ("with output", 12), ("without output", 2))
    )
    found = CHECK.measure({trial_of(NAME, parameters): TrialTally(cells=cells)}, parameters)
    shown = {cell.group: cell for cell in found.by_group}
    assert (shown["secret=a"].low, shown["secret=a"].high) == pytest.approx((0.0569, 0.3404), abs=1e-4)
    # Two such independent values weigh one half each: the ends come closer by the root of 2.
    assert found.value == pytest.approx(0.2)
    assert found.low == pytest.approx(0.2 - (0.2 - 0.0569) / 2**0.5, abs=1e-3)


def test_numbers_are_guessed_by_quarter_and_rare_values_not_judged():
    draw = np.random.default_rng(4)
    table = {"x": draw.normal(size=400), "age": draw.integers(18, 80, 400).astype(float)}
    table["kind"] = np.array(["rare"] * 10 + ["b"] * 190 + ["c"] * 200, dtype=object)
    wide = Layout(columns=dict.fromkeys(table, "number"), features=("x",), asked=frozenset({"model"}))
    parameters = CHECK.complete({"attributes": ["age", "kind"]}, wide)
    tally = drive(CHECK.begin(parameters), tables={"current": table}, predict=lambda t: t["x"] * 0 + 0.5)
    found = CHECK.measure({trial_of(NAME, parameters): tally}, parameters)
    shown = {cell.group: cell for cell in found.by_group}
    assert sum(name.startswith("age=") for name in shown) == 4
    assert not shown["kind=rare"].assessed and 0 < shown["kind=rare"].n < 10


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**20), st.integers(2, 80), st.integers(1, 3))
def test_any_table_gives_a_gain_between_minus_one_and_one_or_a_reason(seed, rows, values):
    draw = np.random.default_rng(seed)
    table = {"x": draw.normal(size=rows), "secret": draw.choice([*"abc"][:values], rows).astype(object)}
    found = measured(table, lambda t: draw.random(len(t["x"])), ("x",), attributes=["secret"])
    assert found.reason is Reason.INSUFFICIENT_DATA or -1 <= found.low <= found.value <= found.high <= 1  # type: ignore[operator]


def test_one_value_alone_says_nothing():
    table = {"x": np.arange(100.0), "secret": np.array(["a"] * 100, dtype=object)}
    assert measured(table, lambda t: t["x"], ("x",), attributes=["secret"]).reason is Reason.INSUFFICIENT_DATA


def test_an_output_that_is_neither_score_nor_decision_is_refused():
    with pytest.raises(ParameterRefused, match="decison"):
        CHECK.complete({"output": "decison", "attributes": ["secret"]}, layout(("x",)))
