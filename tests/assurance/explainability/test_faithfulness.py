"""Faithful, meaningless and wrong-way explanations, the areas by hand, and what says nothing."""

from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerestory.assurance.explainability.faithfulness import areas, shares_beaten
from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import find
from clerestory.assurance.trial import Table, Unanswered
from clerestory.terms.status import Verdict
from tests.assurance.explainability.asking import NUMBERS, Model, ask, credit, measured

NAME = "explainability.faithfulness"
CHECK = find(NAME)
FEATURES = ("a", "b", "c", "d")
WEIGHTS = {"a": 3.0, "b": -2.0, "c": 1.0, "d": 0.5}


def linear(table: Table) -> np.ndarray:
    return np.asarray(sum(weight * table[name] for name, weight in WEIGHTS.items()))


def rows(n: int = 300, seed: int = 4) -> Table:
    draw = np.random.default_rng(seed)
    table = {name: draw.normal(size=n) for name in FEATURES}
    supplied = {f"by_{name}": WEIGHTS[name] * table[name] for name in FEATURES}
    noise = {f"noise_{name}": draw.normal(size=n) for name in FEATURES}
    return table | supplied | noise | {"sex": draw.choice(["f", "m"], n).astype(object)}


def found(model: Model = linear, table: Table | None = None, **given: object) -> Measurement:
    return measured(NAME, model, table or rows(), **{"features": FEATURES} | given)


def columns(prefix: str) -> dict[str, str]:
    return {name: f"{prefix}_{name}" for name in FEATURES}


def test_the_area_between_the_curves_by_hand():
    # Contributions 3, 1, 0, -2 of a sum: 2 * (sum of the first k) - 2 at k = 1, 2, 3 is 4, 6, 6; their mean is 16 / 3.
    case = {name: np.array([value]) for name, value in zip(FEATURES, (3.0, 1.0, 0.0, -2.0), strict=True)}
    zero = {name: np.zeros(2) for name in FEATURES}
    talk = areas(case, zero, FEATURES, np.array([[3.0, 1.0, 0.0, -2.0]]), np.random.default_rng(0), pairs=50)
    given, at_random = ask(talk, lambda t: sum(t[name] for name in FEATURES))
    assert given == pytest.approx([16 / 3])
    assert at_random.max() <= 16 / 3 + 1e-9
    assert at_random.mean() == pytest.approx(0.0, abs=1e-9)


def test_the_order_of_a_linear_model_beats_all_others_and_reaches_the_bound_for_four_features():
    # Only the same order, one in 4! of the random ones, is as good: it counts half.
    own, given = found(orders=200), found(orders=200, contributions=columns("by"))
    assert own.value == pytest.approx(1 - 1 / (2 * factorial(4)), abs=0.02)
    assert given.value > 0.85  # the weights times the values: the same order but for the mean of the background
    assert judge(own, CHECK.criterion(">= 0.8")).verdict is Verdict.PASS


def test_explanations_at_random_are_at_one_half_and_reversed_ones_below():
    at_random = found(contributions=columns("noise"))
    assert at_random.low < 0.5 < at_random.high
    assert judge(at_random, CHECK.criterion(">= 0.7")).verdict is Verdict.FAIL
    table = rows()
    reversed_ = {f"minus_{name}": -table[f"by_{name}"] for name in FEATURES}
    assert found(table=table | reversed_, contributions=columns("minus")).value < 0.1


def test_a_model_that_ignores_its_inputs_cannot_be_explained_better_than_at_random():
    assert found(lambda t: np.full(len(t["a"]), 0.3)).value == 0.5


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 6))
def test_shares_lie_between_nought_and_one_and_an_area_with_its_reverse_is_one_half(seed, width):
    draw = np.random.default_rng(seed)
    names = tuple(f"x{at}" for at in range(width))
    cases, behind = ({name: draw.normal(size=n) for name in names} for n in (5, 3))
    talk = areas(cases, behind, names, draw.normal(size=(5, width)), draw, pairs=4)
    given, at_random = ask(talk, lambda t: np.sin(sum((at + 1) * t[name] for at, name in enumerate(names))))
    share = shares_beaten(given, at_random)
    assert ((share >= 0) & (share <= 1)).all()
    assert shares_beaten(given, at_random) + shares_beaten(-given, at_random) == pytest.approx(np.ones(5))


def test_on_the_german_credit_data_own_values_pass_and_mixed_up_columns_fail():
    table, model = credit()
    own = measured(NAME, model, table, tuple(NUMBERS), layout={"sensitive_features": ("sex",)})
    assert judge(own, CHECK.criterion(">= 0.8")).verdict is Verdict.PASS
    assert {cell.group for cell in own.by_group} == {"sex=female", "sex=male"}
    mixed = dict(zip(NUMBERS, NUMBERS[1:] + NUMBERS[:1], strict=True))
    wrong = measured(NAME, model, table, tuple(NUMBERS), contributions=mixed)
    assert judge(wrong, CHECK.criterion(">= 0.8")).verdict is Verdict.FAIL


def test_cases_without_explanation_or_answer_are_left_unjudged():
    table = rows()
    holes = table["by_a"].copy()
    holes[: len(holes) // 2] = np.nan
    half = found(table=table | {"by_a": holes}, contributions=columns("by"))
    assert half.share_unassessable == pytest.approx(0.5, abs=0.15)
    assert judge(half, CHECK.criterion(">= 0.5")).reason is Reason.UNJUDGED_SHARE
    calls = iter(range(1_000))

    def silent(t: Table) -> np.ndarray:
        if next(calls) > 1:
            raise Unanswered("No answer.", "Wait.")
        return linear(t)

    assert found(silent).reason is Reason.INSUFFICIENT_DATA
    assert found(table=rows(20)).reason is Reason.INSUFFICIENT_DATA


def test_random_explanations_hold_one_half_as_often_as_said_and_never_pass():
    held = passed = 0
    for seed in range(20):
        one = found(table=rows(60, seed), contributions=columns("noise"), background_rows=3)
        held += one.low <= 0.5 <= one.high
        passed += judge(one, CHECK.criterion(">= 0.6")).verdict is Verdict.PASS
    assert held >= 17
    assert passed == 0


@pytest.mark.parametrize(
    "given, problem",
    [
        ({"contributions": {"e": "by_a"}}, "'e', which the model does not take"),
        ({"contributions": {"a": "by_e"}}, "'by_e', which the data does not have"),
        ({"contributions": {"a": "sex"}}, "holds no numbers"),
        ({"features": ("a",)}, "and there is one"),
    ],
)
def test_bad_input_is_refused_in_one_clear_sentence(given, problem):
    with pytest.raises(ParameterRefused, match=problem):
        found(**given)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 50), st.floats(-100, 100))
def test_neither_the_unit_nor_the_origin_of_a_score_changes_how_faithful_its_explanations_are(seed, unit, origin):
    table, given_ = rows(40, seed), {"contributions": columns("by"), "cases": 30, "orders": 20}
    plain = found(linear, table, **given_)
    other = found(lambda asked: unit * linear(asked) + origin, table, **given_)
    assert (other.value, other.low, other.high) == pytest.approx((plain.value, plain.low, plain.high), abs=0.02)
    turned = found(lambda asked: -linear(asked), table, **given_)
    assert turned.value == pytest.approx(1 - plain.value, abs=0.02)
