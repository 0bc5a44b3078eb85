"""A model that tells reference from current: the theory's areas, shifts of relation only, real data, bad input."""

from math import sqrt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter import Layout
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import find
from clerestory.assurance.statistics import logistic
from clerestory.assurance.trial import Table, trial_of
from clerestory.intake.trial import array_of
from clerestory.terms.status import Verdict
from tests.simulators.answering import drive

NAME = "drift.domain-classifier"
CHECK = find(NAME)
DATA = "src/clerestory/demo/data/"


def types(table: Table) -> dict[str, str]:
    return {name: "text" if values.dtype == object else "number" for name, values in table.items()}


def measured(current: Table, reference: Table, **given_: object) -> Measurement:
    parameters = CHECK.complete(given_, Layout(columns=types(current), reference=types(reference)))
    tally = drive(CHECK.begin(parameters), tables={"current": current, "reference": reference})
    return CHECK.measure({trial_of(NAME, parameters): tally}, parameters)


def normal(n: int, seed: int, *, shift: float = 0.0, correlation: float = 0.0) -> Table:
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(3, n))
    return {"a": x[0] + shift, "b": correlation * x[0] + sqrt(1 - correlation**2) * x[1], "c": x[2]}


def test_the_area_of_a_shifted_normal_column_is_that_of_the_theory():
    # Two normal columns a distance d apart: area Phi(d / sqrt 2) (Green and Swets 1966).
    found = measured(normal(2_000, 1, shift=1.0), normal(2_000, 2))
    assert found.value == pytest.approx(norm.cdf(1 / sqrt(2)), abs=0.02)
    assert found.low < norm.cdf(1 / sqrt(2)) < found.high
    assert found.details["tells most"].startswith("a,")


def test_a_shift_of_correlation_alone_is_found_which_a_model_of_the_columns_alone_cannot():
    current, reference = normal(1_500, 3, correlation=0.8), normal(1_500, 4)
    found = measured(current, reference)
    assert judge(found, CHECK.criterion("<= 0.6")).verdict is Verdict.FAIL
    assert found.details["tells most"].startswith("a x b")
    rows = np.concatenate([np.stack(list(table.values()), axis=1) for table in (current, reference)])
    half = np.arange(len(rows)) % 2 == 0
    is_current = np.arange(len(rows)) < 1_500
    linear = LogisticRegression().fit(rows[half], is_current[half])
    assert roc_auc_score(is_current[~half], linear.decision_function(rows[~half])) < 0.55


def test_a_shift_between_two_texts_is_found_too():
    draw = np.random.default_rng(5)
    first, second = draw.integers(0, 2, 1_000), draw.integers(0, 2, 1_000)
    words = np.array(["no", "yes"], dtype=object)
    found = measured({"a": words[first], "b": words[first]}, {"a": words[first], "b": words[second]})
    assert judge(found, CHECK.criterion("<= 0.6")).verdict is Verdict.FAIL


def test_without_shift_it_passes_and_the_interval_holds_one_half():
    held = 0
    for seed in range(20):
        found = measured(normal(300, 2 * seed), normal(300, 2 * seed + 1), rows=300)
        held += found.low <= 0.5 <= found.high
        assert judge(found, CHECK.criterion("<= 0.6")).verdict is not Verdict.FAIL
    assert held >= 18
    enough = measured(normal(2_000, 98), normal(2_000, 99))
    assert judge(enough, CHECK.criterion("<= 0.55")).verdict is Verdict.PASS


def test_census_rows_of_one_draw_pass_and_those_of_the_young_fail():
    adults = pl.read_parquet(DATA + "adult_train.parquet")[:2_400]
    columns = ["age", "education", "hours_per_week", "sex", "capital_gain"]

    def table(rows: pl.DataFrame) -> Table:
        return {name: array_of(rows[name]) for name in columns}

    alike = measured(table(adults[::2]), table(adults[1::2]))
    assert judge(alike, CHECK.criterion("<= 0.6")).verdict is Verdict.PASS
    young = measured(table(adults[::2].filter(pl.col("age") < 28)), table(adults[1::2]))
    assert judge(young, CHECK.criterion("<= 0.6")).verdict is Verdict.FAIL


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.3, 1.0]))
def test_the_area_does_not_depend_on_units(seed, shift):
    current, reference = normal(150, seed, shift=shift), normal(150, seed + 1)
    plain = measured(current, reference)
    moved = [{**table, "a": np.exp(table["a"])} for table in (current, reference)]
    assert measured(*moved).value == pytest.approx(plain.value, abs=1e-9)


def test_the_model_is_that_of_scikit_learn_with_the_same_penalty():
    draw = np.random.default_rng(7)
    x = draw.normal(size=(400, 3))
    yes = draw.random(400) < 1 / (1 + np.exp(-x[:, 0] + 0.5))
    ours = logistic.fit(x, yes, lone=3)
    theirs = LogisticRegression(C=1.0, tol=1e-10, max_iter=1_000).fit(x, yes)
    assert ours == pytest.approx([*theirs.coef_[0], theirs.intercept_[0]], abs=1e-3)


def test_gaps_dates_and_constants_do_no_harm_and_what_is_left_out_is_named():
    current, reference = ({**normal(200, seed), "one": np.ones(200)} for seed in (8, 9))
    current["c"] = np.where(np.arange(200) % 3 == 0, np.nan, current["c"])
    days = np.array([np.datetime64("2026-01-01").astype(object)] * 200, dtype=object)
    found = measured({**current, "day": days}, {**reference, "day": days})
    assert found.details["left out, neither numbers nor text"] == "day"
    assert found.low > 0.5  # a third of c is missing now


def test_too_few_rows_say_nothing_and_unusable_requests_are_refused():
    few = measured(normal(99, 1), normal(500, 2))
    assert (few.value, few.reason) == (None, Reason.INSUFFICIENT_DATA)
    single = CHECK.complete({"folds": 1}, Layout(columns={"a": "number"}, reference={"a": "number"}))
    with pytest.raises(ParameterRefused, match="folds"):
        CHECK.wants(single)
    day = {"day": np.array([np.datetime64("2026-01-01").astype(object)] * 200, dtype=object)}
    with pytest.raises(ParameterRefused, match="no column holds numbers or text"):
        measured(day, day)
    with pytest.raises(ParameterRefused, match="reference"):
        CHECK.complete({}, Layout(columns={"a": "number"}))
