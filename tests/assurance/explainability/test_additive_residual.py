"""Contributions that add up and that do not: those of the shap package, hand-made faults, and missing parts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import find
from clerestory.assurance.trial import Table
from clerestory.terms.status import Verdict
from tests.assurance.explainability.asking import NUMBERS, TRAINED, credit, measured
from tests.assurance.explainability.test_shapley import BASE, CASES, SHAP, smooth, table

NAME = "explainability.additive-residual"
CHECK = find(NAME)
COLUMNS = ("one", "two", "three", "four")


def frozen(times: int = 100) -> Table:
    """The contributions of the shap package for six cases, and what the function gives, many times over."""
    parts = np.tile(np.array(SHAP), (times, 1))
    rows: Table = {name: parts[:, at] for at, name in enumerate(COLUMNS)}
    return {**rows, "score": np.tile(smooth(table(CASES)), times)}


def found(rows: Table | None = None, **given: object) -> Measurement:
    one = {"base": BASE} if "base_column" not in given else {}
    return measured(NAME, None, rows or frozen(), (), {"score": "score"}, **{"contributions": COLUMNS} | one | given)


def test_the_contributions_of_the_shap_package_add_up():
    result = found(tolerance=1e-7)
    assert (result.value, result.n) == (0.0, 600)
    assert judge(result, CHECK.criterion("<= 0.01")).verdict is Verdict.PASS


def test_another_base_or_a_lost_column_does_not_and_the_offset_is_named():
    moved = found(base=BASE + 0.5)
    assert (moved.value, judge(moved, CHECK.criterion("<= 0.01")).verdict) == (1.0, Verdict.FAIL)
    assert "mean 0.5, size 0.5 on average, 0.5 at most" in moved.details["residual"]
    assert found(contributions=COLUMNS[:3]).value == 1.0
    rows = frozen()
    assert found(rows | {"start": np.full(600, BASE)}, base_column="start").value == 0.0


def test_only_cases_beyond_the_tolerance_count():
    rows = frozen()
    rows = rows | {"score": rows["score"] + np.where(np.arange(600) < 60, 0.2, 0.0)}
    assert found(rows).value == pytest.approx(0.1)
    assert found(rows, tolerance=0.25).value == 0.0


def test_on_the_german_credit_data_the_terms_of_a_logistic_model_add_up_to_its_log_odds_and_not_to_its_score():
    data, model = credit()
    terms = {f"by_{name}": w * (data[name] - m) for name, (w, m) in TRAINED.items()}
    rows: Table = {**terms, "score": model(data), "sex": data["sex"]}
    given = {"contributions": tuple(terms), "base": 0.9032, "sensitive_features": ("sex",)}
    right = measured(NAME, None, rows, (), {"score": "score"}, **given, scale="log-odds", tolerance=1e-6)
    assert judge(right, CHECK.criterion("<= 0.01")).verdict is Verdict.PASS
    assert [item.group for item in right.by_group] == ["sex=female", "sex=male"]
    assert len(terms) == len(NUMBERS)
    wrong = measured(NAME, None, rows, (), {"score": "score"}, **given)
    assert judge(wrong, CHECK.criterion("<= 0.01")).verdict is Verdict.FAIL


@given(st.integers(0, 2**32 - 1), st.floats(0.001, 1))
def test_the_order_of_rows_and_columns_does_not_matter(seed, tolerance):
    draw = np.random.default_rng(seed)
    rows = {**frozen(10), "score": draw.normal(size=60)}
    order = draw.permutation(60)
    mixed = {name: values[order] for name, values in rows.items()}
    first, second = found(rows, tolerance=tolerance), found(mixed, tolerance=tolerance, contributions=COLUMNS[::-1])
    assert (first.value, first.low, first.high) == (second.value, second.low, second.high)


def test_missing_parts_leave_cases_unjudged_and_few_say_nothing():
    rows = frozen()
    holes = np.where(np.arange(600) < 300, np.nan, rows["one"])
    half = found(rows | {"one": holes})
    assert (half.n, half.share_unassessable) == (300, 0.5)
    assert judge(half, CHECK.criterion("<= 0.5")).reason is Reason.UNJUDGED_SHARE
    assert found(frozen(4)).reason is Reason.INSUFFICIENT_DATA


@pytest.mark.parametrize(
    "given, problem",
    [
        ({"base_column": "one", "base": 1.0}, "starts from one base"),
        ({"tolerance": -1.0}, "below 0"),
        ({"contributions": ("five",)}, "'five', which the data does not have"),
        ({"scale": "log-odds"}, "outside 0 to 1"),
    ],
)
def test_bad_input_is_refused_in_one_clear_sentence(given, problem):
    with pytest.raises(ParameterRefused, match=problem):
        found(**given)
