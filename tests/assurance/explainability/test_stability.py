"""Stable and unstable explanations, agreement against scipy and by hand, and the randomisation test."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from clerestory.assurance.explainability import agreement
from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import find
from clerestory.assurance.tally import TrialCell, TrialTally
from clerestory.assurance.tally.document import read_tally, tally_document
from clerestory.assurance.trial import Table, trial_of
from clerestory.terms.status import Verdict
from tests.assurance.explainability.asking import NUMBERS, Model, credit, layout_of, measured

NAME = "explainability.stability"
CHECK = find(NAME)
FEATURES = ("a", "b", "c", "d", "e")


def rows(n: int = 300, seed: int = 4) -> Table:
    draw = np.random.default_rng(seed)
    table = {name: draw.normal(size=n) for name in FEATURES}
    return table | {f"by_{name}": draw.normal(size=n) for name in FEATURES}


def apart(table: Table) -> np.ndarray:
    """Three inputs that matter by far, each over its sign, so that the explanation hardly depends on anything."""
    return np.asarray(16 * np.sign(table["a"]) + 8 * np.sign(table["b"]) + 4 * np.sign(table["c"]), dtype=np.float64)


def jagged(table: Table) -> np.ndarray:
    """Leap with the least change of any input."""
    return np.asarray(sum(np.sin(1e6 * table[name] * (at + 1)) for at, name in enumerate(FEATURES)))


def found(model: Model | None = apart, table: Table | None = None, **given: object) -> Measurement:
    return measured(NAME, model, table or rows(), **{"features": FEATURES} | given)


def shown(measurement: Measurement, name: str) -> float | None:
    return {item.group: item.value for item in measurement.by_group}[name]


def test_agreement_by_hand():
    first, second = np.array([[5.0, -4, 3, 0.1]]), np.array([[5.0, 4, 0.1, 3]])
    assert agreement.top_overlap(first, second, 3).tolist() == [0.5]  # two of both, four of either
    assert agreement.sign_agreement(first, second, 3).tolist() == [pytest.approx(2 / 3)]
    assert agreement.top_overlap(first, first, 3).tolist() == [1.0]


@given(
    st.lists(st.lists(st.integers(-3, 3), min_size=5, max_size=5), min_size=2, max_size=2),
)
def test_rank_correlation_is_that_of_scipy_and_flat_rows_have_no_order(pair):
    first, second = (np.array([row], dtype=np.float64) for row in pair)
    made = agreement.rank_correlation(first, second)[0]
    flat = [len(set(row)) == 1 for row in pair]
    if any(flat):
        assert made == float(all(flat))
    else:
        assert made == pytest.approx(spearmanr(*pair).statistic, abs=1e-9)


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_every_agreement_is_symmetric_where_it_should_be_and_within_its_range(seed, top):
    one, two = np.random.default_rng(seed).normal(size=(2, 6, 5))
    assert (agreement.top_overlap(one, two, top) == agreement.top_overlap(two, one, top)).all()
    assert agreement.rank_correlation(one, two) == pytest.approx(agreement.rank_correlation(two, one))
    assert ((agreement.sign_agreement(one, two, top) >= 0) & (agreement.sign_agreement(one, two, top) <= 1)).all()


def test_a_model_of_few_clear_inputs_is_explained_steadily_and_a_jagged_one_is_not():
    steady = found(noise_share=0.0)
    assert shown(steady, "top overlap, noise") == 1.0
    assert judge(steady, CHECK.criterion(">= 0.8")).verdict is Verdict.PASS
    unsteady = found(jagged)
    assert judge(unsteady, CHECK.criterion(">= 0.8")).verdict is Verdict.FAIL
    assert shown(unsteady, "rank correlation, noise") < 0.2
    assert abs(float(steady.details["rank correlation with a model at random"])) < 0.2


def test_more_than_eight_inputs_have_a_seed():
    table = rows() | {f"more_{at}": np.random.default_rng(at).normal(size=300) for at in range(5)}
    names = (*FEATURES, *(f"more_{at}" for at in range(5)))
    many = found(table=table, features=names, cases=40, background_rows=5, statistic="rank correlation")
    assert shown(many, "top overlap, other seed") == 1.0  # the sum of single inputs: no chance in it
    assert many.value == min(
        shown(many, f"rank correlation, {kind}") for kind in ("noise", "other background", "other seed")
    )


def test_supplied_explanations_are_compared_with_the_second_set():
    columns = {name: f"by_{name}" for name in FEATURES}
    same = found(contributions=columns, again=columns)
    assert (same.value, shown(same, "sign agreement, supplied again")) == (1.0, 1.0)
    others = dict(zip(FEATURES, [*list(columns.values())[1:], columns["a"]], strict=True))
    assert judge(found(contributions=columns, again=others), CHECK.criterion(">= 0.8")).verdict is Verdict.FAIL


def test_explanations_that_do_not_come_from_the_model_conclude_nothing():
    parameters = CHECK.complete({}, layout_of(rows(), FEATURES))
    cells = (
        TrialCell(kind=("rank correlation", "model at random"), n=100, total=95.0, squares=90.5),
        TrialCell(kind=("top overlap", "noise"), n=100, total=99.0, squares=98.5),
    )
    tally = read_tally(tally_document(TrialTally(cells=cells)))
    result = CHECK.measure({trial_of(NAME, parameters): tally}, parameters)
    assert judge(result, CHECK.criterion(">= 0.8")).reason is Reason.ASSUMPTION_BROKEN


def test_on_the_german_credit_data_the_order_is_stable_and_the_limit_decides():
    table, model = credit()
    sexes = {"sensitive_features": ("sex",)}
    result = measured(NAME, model, table, tuple(NUMBERS), sexes, statistic="rank correlation", background_rows=40)
    assert {"sex=female", "sex=male"} <= {item.group for item in result.by_group}
    assert judge(result, CHECK.criterion(">= 0.6")).verdict is Verdict.PASS
    rough = measured(
        NAME, model, table, tuple(NUMBERS), statistic="rank correlation", background_rows=2, noise_share=0.5
    )
    assert judge(rough, CHECK.criterion(">= 0.95")).verdict is Verdict.FAIL


def test_too_few_cases_say_nothing():
    assert found(cases=20).reason is Reason.INSUFFICIENT_DATA


@pytest.mark.parametrize(
    "given, problem",
    [
        ({"top": 5}, "always the same"),
        ({"contributions": {"a": "by_a"}}, "compares supplied contributions with others"),
        ({"contributions": {"a": "by_a"}, "again": {"x": "by_a"}}, "'x', which the model does not take"),
        ({"statistic": "kendall"}, "'kendall'"),
    ],
)
def test_bad_input_is_refused_in_one_clear_sentence(given, problem):
    with pytest.raises(ParameterRefused, match=problem):
        found(**given)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 50), st.floats(-100, 100))
def test_neither_the_unit_nor_the_origin_of_a_score_changes_how_stable_its_explanations_are(seed, unit, origin):
    def model(table: Table) -> np.ndarray:
        return np.asarray(table["a"] + 0.5 * table["b"] * table["c"] - 0.2 * table["d"])

    table = rows(40, seed)
    plain = found(model, table, cases=30, background_rows=5)
    other = found(lambda asked: unit * model(asked) + origin, table, cases=30, background_rows=5)
    assert (other.value, other.low, other.high) == pytest.approx((plain.value, plain.low, plain.high), abs=0.02)
    assert 0 <= plain.low <= plain.value <= plain.high <= 1
