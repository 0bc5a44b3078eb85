"""Planted poison that the filter finds: recall over runs, budgets, groups, and real data that pass and fail."""

from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter import Layout
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.poisoning.seeded import RECALL, recall_of, seeded_cell
from clerestory.assurance.registry import find
from clerestory.assurance.tally import TrialTally
from clerestory.assurance.trial import Table, trial_of
from clerestory.intake.trial import array_of
from clerestory.terms.status import Verdict
from tests.simulators.answering import drive

NAME = "poisoning.seeded-recall"
CHECK = find(NAME)
DATA = Path("src/clerestory/demo/data")


@cache
def adult() -> Table:
    frame = pl.read_parquet(DATA / "adult_train.parquet").drop("fnlwgt")
    return {name: array_of(frame[name]) for name in frame.columns}


def measured(table: Table, label: str, sensitive: tuple[str, ...] = (), **given: object) -> Measurement:
    kinds = {name: "number" if values.dtype == float else "text" for name, values in table.items()}
    layout = Layout(columns=kinds, label=label, sensitive_features=sensitive)
    parameters = CHECK.complete({"features": "all", "runs": 10, "rows": 240} | given, layout)
    CHECK.wants(parameters)
    return CHECK.measure(
        {trial_of(NAME, parameters): drive(CHECK.begin(parameters), tables={"current": table})}, parameters
    )


def test_on_real_data_bursts_are_found_and_flipped_labels_only_in_part():
    found = measured(adult(), "income_over_50k", recipes=["label flips", "duplicate burst"], planted=0.05)
    recalls = {item.group: item for item in found.by_group}
    assert recalls["duplicate burst"].value > 0.95
    assert 0.4 < recalls["label flips"].value < 0.9
    assert found.value == recalls["label flips"].value
    assert judge(found, CHECK.criterion(">= 0.95")).verdict is Verdict.FAIL
    assert float(found.details["clean rows held back, label flips"]) < 0.1
    only = measured(adult(), "income_over_50k", recipes=["duplicate burst"], planted=0.05)
    assert judge(only, CHECK.criterion(">= 0.6")).verdict is Verdict.PASS


def test_whom_the_filter_suspects_is_counted_by_group():
    found = measured(adult(), "income_over_50k", ("sex",), metric="suspected", recipes=["duplicate burst"])
    everybody = next(item for item in found.by_group if item.group == "everybody")
    assert everybody.value == pytest.approx(0.1)
    assert found.value == max(item.value for item in found.by_group)
    assert CHECK.better(CHECK.complete({"features": ["x"], "metric": "suspected"}, layout_of_x())) == "lower"


def layout_of_x() -> Layout:
    return Layout(columns={"x": "number", "y": "boolean"}, label="y")


def test_the_interval_of_runs_that_all_find_everything_is_that_of_agresti_and_coull():
    # Agresti and Coull 1998: (x + 2) / (n + 4) -+ 1.96 sqrt(p q / (n + 4)) in its plain form for 95 %; here with z^2.
    tally = TrialTally(cells=(seeded_cell(RECALL, "a", [1.0] * 20),))
    found = recall_of(NAME, "m", tally)
    z2 = 1.959963984540054**2
    p, n = (20 + z2 / 2) / (20 + z2), 20 + z2
    assert found.low == pytest.approx(p - 1.959963984540054 * (p * (1 - p) / n) ** 0.5)
    assert (found.value, found.high) == (1.0, 1.0)


@given(st.lists(st.floats(0, 1), min_size=10, max_size=30), st.lists(st.floats(0, 1), min_size=10, max_size=30))
def test_the_worst_recipe_counts_and_lies_in_its_interval(one, other):
    found = recall_of(NAME, "m", TrialTally(cells=(seeded_cell(RECALL, "a", one), seeded_cell(RECALL, "b", other))))
    assert found.value == pytest.approx(min(np.mean(one), np.mean(other)), abs=1e-12)
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_few_rows_few_runs_and_a_single_label_say_nothing():
    small = {name: values[:150] for name, values in adult().items()}
    assert measured(small, "income_over_50k").reason is Reason.INSUFFICIENT_DATA
    assert measured(adult(), "income_over_50k", runs=2, recipes=["duplicate burst"]).reason is Reason.INSUFFICIENT_DATA
    one = {"x": np.arange(300.0), "y": np.ones(300, dtype=bool)}
    assert measured(one, "y").reason is Reason.INSUFFICIENT_DATA


def test_what_the_data_do_not_allow_is_said():
    found = measured(adult(), "income_over_50k", recipes=["word trigger", "duplicate burst"])
    assert found.details["recipes that the data do not allow"] == "word trigger"


@pytest.mark.parametrize(
    "given, problem",
    [({"recipes": ["magic"]}, "no recipe 'magic'"), ({"planted": 0.2}, "1 to 5 %")],
)
def test_an_unknown_recipe_or_share_is_refused(given, problem):
    with pytest.raises(ParameterRefused, match=problem):
        CHECK.wants(CHECK.complete({"features": ["x"]} | given, layout_of_x()))
