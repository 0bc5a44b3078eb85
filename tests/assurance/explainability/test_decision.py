"""Reasons and counterfactual of one decision: by hand, by the closed form of a linear model, and what is not found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerestory.assurance.explainability.decision import counterfactual, reason_codes
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.robustness.feasible import Rules
from clerestory.assurance.trial import Table
from tests.assurance.explainability.asking import NUMBERS, TRAINED, credit


def test_reasons_for_a_refusal_lowered_the_score_and_those_for_an_acceptance_raised_it():
    features, parts = ("age", "income", "debts", "arrears"), (0.1, -0.2, -0.5, 0.0)
    assert [item.feature for item in reason_codes(features, parts, accepted=False)] == ["debts", "income"]
    assert [(item.feature, item.contribution) for item in reason_codes(features, parts, accepted=True)] == [
        ("age", 0.1)
    ]
    assert reason_codes(features, parts, accepted=False, most=1)[0].contribution == -0.5


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=8), st.booleans())
def test_reasons_are_never_more_than_four_never_for_the_other_side_and_strongest_first(parts, accepted):
    found = reason_codes([str(at) for at in range(len(parts))], parts, accepted=accepted)
    sizes = [item.contribution for item in found]
    assert len(found) <= 4
    assert all((size > 0) == accepted for size in sizes)
    assert [abs(size) for size in sizes] == sorted(map(abs, sizes), reverse=True)


def one(row: int) -> tuple[Table, Table]:
    table, _ = credit()
    sample = {name: table[name] for name in NUMBERS}
    return {name: values[row : row + 1] for name, values in sample.items()}, sample


def test_the_counterfactual_of_a_logistic_model_is_the_closed_form():
    # Shorter by x months adds weight * x to the log-odds: the least whole x that reaches the threshold.
    _, model = credit()
    case, sample = one(1)  # 48 months
    score = model(case)[0]
    needed = (np.log(0.6 / 0.4) - np.log(score / (1 - score))) / -TRAINED["duration_months"][0]
    found = counterfactual(model, case, sample, Rules(changes={"duration_months": {"max": 0.0}}), threshold=0.6)
    assert found is not None
    assert [item.feature for item in found.differences] == ["duration_months"]
    assert found.differences[0].before == "48"
    assert float(found.differences[0].after) == 48 - np.ceil(needed)
    assert found.score_before < 0.6 <= found.score_after
    assert found.queries <= 1_000


def test_none_is_found_where_only_what_does_not_help_may_change():
    _, model = credit()
    case, sample = one(1)
    assert counterfactual(model, case, sample, Rules(changes={"duration_months": {"min": 0.0}}), threshold=0.6) is None
    with pytest.raises(ParameterRefused, match="does not take"):
        counterfactual(model, case, sample, Rules(changes={"wealth": {"min": 0.0}}), threshold=0.6)


def test_categories_and_truth_values_are_named_as_they_are():
    case: Table = {"job": np.array(["none"], dtype=object), "phone": np.array([False])}
    found = counterfactual(
        lambda t: 0.3 * (t["job"] == "clerk") + 0.3 * t["phone"],
        case,
        case,
        Rules(categories={"job": ["clerk"], "phone": ["true"]}),
        threshold=0.6,
    )
    assert found is not None
    assert [(item.feature, item.before, item.after) for item in found.differences] == [
        ("job", "none", "clerk"),
        ("phone", "false", "true"),
    ]
