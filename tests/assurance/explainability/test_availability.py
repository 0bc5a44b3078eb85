"""Decisions with reasons that hold, and those without: absent, about nothing the model takes, or untrue of the case."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import find
from clerestory.assurance.trial import Table, Unanswered
from clerestory.terms.status import Verdict
from tests.assurance.explainability.asking import NUMBERS, Model, credit, measured

NAME = "explainability.availability"
CHECK = find(NAME)
FEATURES = ("a", "b", "c", "d", "e", "f")
ABSENT, NO_FEATURE, NOT_RELIABLE = (
    f"obstacle: {name}"
    for name in ("no reason given", "names no input of the model", "method not reliable for this case")
)


def rows(n: int = 400, seed: int = 4) -> Table:
    """Six inputs, 0 or 1; the reason for a refusal is the first of them that is 0."""
    draw = np.random.default_rng(seed)
    return {name: draw.integers(0, 2, n).astype(np.float64) for name in FEATURES}


def all_of(table: Table) -> np.ndarray:
    """Accept where a is 1, whatever the others are."""
    return np.asarray(table["a"], dtype=np.float64)


def found(model: Model = all_of, table: Table | None = None, **given: object) -> Measurement:
    return measured(NAME, model, table or rows(), **{"features": FEATURES} | given)


def shown(measurement: Measurement, name: str) -> float | None:
    return {item.group: item.value for item in measurement.by_group}[name]


def with_reasons(*reasons: object) -> Table:
    """Rows whose reasons repeat in turn."""
    table = rows()
    return table | {"why": np.array([reasons[at % len(reasons)] for at in range(400)], dtype=object)}


def test_own_reasons_are_there_for_every_refusal_and_true():
    result = found()
    assert (result.value, result.n) == (1.0, 100)
    assert judge(result, CHECK.criterion(">= 0.9")).verdict is Verdict.PASS


def test_each_obstacle_is_counted_and_a_reason_that_is_none_is_found():
    # Of four reasons in turn one is true, one lacks, one names no input, and one names an input that does nothing.
    table = with_reasons("a", None, "z", "f")
    result = found(table=table, reasons=("why",), cases=400)
    refused = np.flatnonzero(table["a"] < 0.5)
    expected = [float((refused % 4 == at).mean()) for at in range(4)]
    assert result.n == len(refused)
    assert result.value == pytest.approx(expected[0])
    assert [shown(result, name) for name in (ABSENT, NO_FEATURE, NOT_RELIABLE)] == pytest.approx(expected[1:])
    assert judge(result, CHECK.criterion(">= 0.9")).verdict is Verdict.FAIL


def test_codes_stand_for_features():
    table = with_reasons("R07")
    assert found(table=table, reasons=("why",), codes={"a": "R07"}).value == 1.0
    assert found(table=table, reasons=("why",), codes={"b": "R07"}).value == 0.0
    assert shown(found(table=table, reasons=("why",)), NO_FEATURE) == 1.0


def test_reasons_that_name_every_input_tell_nothing_apart():
    table = rows() | {f"why_{name}": np.full(400, name, dtype=object) for name in FEATURES}
    result = found(table=table, reasons=tuple(f"why_{name}" for name in FEATURES))
    assert (result.value, shown(result, NOT_RELIABLE)) == (0.0, 1.0)


def test_accepted_decisions_can_be_asked_about_and_supplied_contributions_used():
    table = rows() | {"by_a": np.random.default_rng(0).normal(size=400)}
    table["by_a"] = table["a"] - 0.5
    own = found(table=table, contributions={"a": "by_a"}, decisions="all")
    assert own.value == 1.0
    wrong = found(table=table, contributions={"b": "by_a"}, decisions="all")
    assert judge(wrong, CHECK.criterion(">= 0.5")).verdict is Verdict.FAIL
    assert found(decisions="accepted").value == 1.0


def test_on_the_german_credit_data_own_reasons_hold_and_the_same_reason_for_everybody_does_not():
    table, model = credit()
    sexes = {"threshold": 0.7, "sensitive_features": ("sex",)}
    own = measured(NAME, model, table, tuple(NUMBERS), sexes, most_reasons=2)
    assert judge(own, CHECK.criterion(">= 0.8")).verdict is Verdict.PASS
    assert {"sex=female", "sex=male"} <= {item.group for item in own.by_group}
    table = table | {"why": np.full(1_000, "residence_since", dtype=object)}
    same = measured(NAME, model, table, tuple(NUMBERS), sexes, reasons=("why",))
    assert judge(same, CHECK.criterion(">= 0.8")).verdict is Verdict.FAIL


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_every_decision_has_an_explanation_or_one_obstacle(seed):
    draw = np.random.default_rng(seed)
    table = rows(200, seed) | {"why": draw.choice(np.array(["a", "b", "z", None], dtype=object), 200)}
    result = found(lambda t: np.sin(9 * t["a"] + 5 * t["b"] * t["c"]), table, reasons=("why",), threshold=0.1)
    if result.value is not None:
        parts = [result.value, *(shown(result, name) for name in (ABSENT, NO_FEATURE, NOT_RELIABLE))]
        assert sum(parts) == pytest.approx(1.0)


def test_no_answers_and_too_few_decisions_say_nothing():
    calls = iter(range(1_000))

    def silent(table: Table) -> np.ndarray:
        if next(calls):
            raise Unanswered("No answer.", "Wait.")
        return all_of(table)

    result = found(silent, with_reasons("a"), reasons=("why",))
    assert (result.value, result.share_unassessable) == (None, 1.0)
    assert found(table=rows(30)).reason is Reason.INSUFFICIENT_DATA
    assert found(lambda t: np.ones(len(t["a"]))).reason is Reason.INSUFFICIENT_DATA  # nobody is refused


@pytest.mark.parametrize(
    "given, problem",
    [
        ({"reasons": ("a",), "contributions": {"a": "b"}}, "not both"),
        ({"codes": {"a": "R1"}}, "codes and no columns"),
        ({"reasons": ("a",), "codes": {"why": "R1"}}, "'why'"),
        ({"contributions": {"a": "z"}}, "'z', which the data does not have"),
    ],
)
def test_bad_input_is_refused_in_one_clear_sentence(given, problem):
    with pytest.raises(ParameterRefused, match=problem):
        found(**given)
