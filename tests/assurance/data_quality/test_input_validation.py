"""Inputs refused before inference: order statistics as the outside answer, planted mistakes, rejections by group."""

import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerestory.assurance.data_quality.inputs.input_filter import (
    Clause,
    ContractUnreadable,
    Fault,
    InputContract,
    learn,
)
from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter import Layout
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import find
from clerestory.assurance.trial import Table, trial_of
from clerestory.intake.trial import array_of
from clerestory.terms.status import Verdict
from tests.simulators.answering import drive

NAME = "data_quality.input-validation"
CHECK = find(NAME)
DATA = Path("src/clerestory/demo/data")
KINDS = {"age": "integer", "income": "number", "sex": "text", "job": "text"}


def layout(**given: object) -> Layout:
    return Layout(**({"columns": KINDS, "reference": KINDS, "sensitive_features": ("sex",)} | given))  # type: ignore[arg-type]


def people(n: int = 2_000, seed: int = 1) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(seed)
    return {
        "age": draw.integers(18, 80, n).astype(np.float64),
        "income": draw.gamma(4.0, 500.0, n),
        "sex": draw.choice(["female", "male"], n).astype(object),
        "job": draw.choice(["clerk", "cook", "nurse"], n).astype(object),
    }


def measured(
    current: Table, reference: Table | None = None, where: Layout | None = None, **given: object
) -> Measurement:
    parameters = CHECK.complete(given, where or layout())
    tables = {"current": current} | ({} if reference is None else {"reference": reference})
    return CHECK.measure({trial_of(NAME, parameters): drive(CHECK.begin(parameters), tables=tables)}, parameters)


def shown(found: Measurement, group: str):
    return next(item for item in found.by_group if item.group == group)


def test_a_range_learned_from_n_values_refuses_two_of_n_plus_one_new_ones():
    # Wilks 1941: a new value lies outside the extremes of n others with probability 2 / (n + 1), whatever they are.
    draw = np.random.default_rng(5)
    n, runs, new = 200, 400, 1_000
    outside = 0
    for _ in range(runs):
        contract = learn({"x": draw.lognormal(size=n)}, ["x"])
        outside += int((~contract.screen({"x": draw.lognormal(size=new)}).accepted).sum())
    # Conditional on the range the share is Beta(2, n - 1) distributed, so the mean over runs has this standard error.
    error = math.sqrt(2 * (n - 1) / ((n + 1) ** 2 * (n + 2)) / runs)
    assert outside / (runs * new) == pytest.approx(2 / (n + 1), abs=3.5 * error)


@pytest.mark.parametrize(
    "item, fault",
    [
        (None, Fault.MISSING),
        (float("nan"), Fault.MISSING),
        ("forty", Fault.FORM),
        (float("inf"), Fault.INFINITE),
        (17, Fault.BELOW),
        (121, Fault.ABOVE),
        (40.5, Fault.FRACTION),
        (40, None),
        (18, None),
        (120.0, None),
    ],
)
def test_each_thing_that_can_be_wrong_with_a_number_has_its_name(item, fault):
    contract = InputContract({"age": Clause(form="number", minimum=18, maximum=120, whole=True)})
    assert contract.refuse({"age": item}) == ((("age", fault),) if fault else ())


def test_free_text_is_held_to_its_length_and_to_signs_that_can_be_read():
    contract = InputContract({"note": Clause(form="text", longest=5)})
    assert contract.refuse({"note": "short"}) == ()
    assert contract.refuse({"note": "longer"}) == (("note", Fault.LENGTH),)
    assert contract.refuse({"note": "a\x00b"}) == (("note", Fault.CHARACTERS),)
    assert contract.refuse({}) == (("note", Fault.MISSING),)


@settings(max_examples=60)
@given(
    st.lists(st.one_of(st.floats(-1e6, 1e6), st.none()), min_size=1, max_size=20),
    st.lists(st.sampled_from(["a", "b", "c\x01", None]), min_size=1, max_size=20),
    st.floats(-100, 0),
    st.floats(0, 100),
    st.booleans(),
)
def test_one_row_and_many_rows_get_the_same_answer_and_a_contract_survives_json(numbers, texts, low, high, optional):
    n = min(len(numbers), len(texts))
    table = {
        "x": np.array([math.nan if item is None else item for item in numbers[:n]]),
        "t": np.array(texts[:n], dtype=object),
    }
    contract = InputContract(
        {
            "x": Clause(form="number", minimum=low, maximum=high, optional=optional),
            "t": Clause(form="value", allowed=frozenset("ab")),
            "gone": Clause(form="text", optional=True),
        }
    )
    screened = contract.screen(table)
    for at in range(n):
        row = {"x": numbers[at], "t": texts[at]}
        assert set(screened.reasons(at)) == set(contract.refuse(row))
        assert screened.accepted[at] == (not contract.refuse(row))
    assert InputContract.read(json.loads(json.dumps(contract.document()))) == contract


@settings(max_examples=40)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=False, width=32), min_size=1, max_size=30))
def test_what_a_contract_was_learned_from_it_accepts(values):
    table = {"x": np.array(values, dtype=np.float64)}
    assert learn(table, ["x"]).screen(table).accepted.all()


def test_a_truth_value_stays_in_form_when_another_row_lacks_one():
    whole, gaps = {"t": np.array([True, False])}, {"t": np.array([1.0, 0.0, np.nan])}
    assert learn(whole, ["t"]).screen(gaps).accepted.tolist() == [True, True, False]
    assert learn(gaps, ["t"]).screen(whole).accepted.all()


@pytest.mark.parametrize("document", [{"x": {"form": "colour"}}, {"x": {"form": "number", "least": 3}}, {"x": 3}])
def test_a_document_that_is_no_contract_is_refused(document):
    with pytest.raises(ContractUnreadable):
        InputContract.read(document)


def test_rejections_are_counted_and_the_group_that_is_refused_counts():
    table = people()
    table["income"] = np.where(table["sex"] == "female", table["income"], -1.0)
    table["income"][table["sex"] == "male"] *= np.random.default_rng(0).choice(
        [1.0, -1.0], (table["sex"] == "male").sum()
    )
    found = measured(table, range={"income": [0, 1e6]})
    refused = (table["income"] < 0) & (table["sex"] == "male")
    assert shown(found, "everybody").value == pytest.approx(refused.mean())
    assert found.value == pytest.approx(refused.sum() / (table["sex"] == "male").sum())
    assert found.details["income: below the range"] == str(refused.sum())
    assert judge(found, CHECK.criterion("<= 0.4")).verdict is Verdict.FAIL
    assert judge(measured(people(), range={"income": [0, 1e6]}), CHECK.criterion("<= 0.4")).verdict is Verdict.PASS
    gap = measured(table, range={"income": [0, 1e6]}, metric="rejected_gap")
    assert gap.value == pytest.approx(found.value)
    alone = measured(table, range={"income": [0, 1e6]}, judge_groups=False)
    assert alone.value == shown(found, "everybody").value


def test_planted_mistakes_are_caught_but_for_what_no_range_can_see():
    found = measured(people(), people(seed=2), metric="caught", learn="all", planted=400)
    caught = {item.group.removeprefix("caught, "): item.value for item in found.by_group}
    certain = ("missing", "not finite", "word for a number", "sign lost", "misspelt", "other case")
    assert {name: caught[name] for name in certain} == dict.fromkeys(certain, 1.0)
    # An age exchanged with an income is out of form or range; few incomes look like an age: nearly all are caught.
    assert caught["columns exchanged"] > 0.95
    assert CHECK.better(CHECK.complete({"metric": "caught", "learn": "all"}, layout())) == "higher"


def test_a_value_that_only_a_small_group_has_is_refused_wrongly_and_is_seen():
    table, draw = people(4_000, seed=3), np.random.default_rng(7)
    rare = draw.random(4_000) < 0.05
    table["sex"] = np.where(rare, "diverse", table["sex"]).astype(object)
    names = np.array([f"job {at}" for at in range(400)], dtype=object)
    table["job"] = np.where(rare, names[draw.integers(400, size=4_000)], table["job"])
    found = measured(table, table, metric="false_rejections", learn=["job"])
    assert shown(found, "sex=diverse").value > 0.5
    assert shown(found, "sex=female").value == 0.0
    assert found.value == shown(found, "sex=diverse").value


def test_on_real_data_a_learned_contract_passes_and_wrong_units_fail():
    frames = [pl.read_parquet(DATA / name) for name in ("adult_train.parquet", "adult_test.parquet")]
    known, fresh = ({name: array_of(frame[name]) for name in frame.columns} for frame in frames)
    kinds = {name: "number" if known[name].dtype == float else "text" for name in known}
    where = layout(columns=kinds, reference=kinds, sensitive_features=("sex",))
    found = measured(fresh, known, where, learn="all", rows=6_000, planted=50)
    assert judge(found, CHECK.criterion("<= 0.02")).verdict is Verdict.PASS
    broken = dict(fresh) | {"hours_per_week": fresh["hours_per_week"] * 60}
    wrong = measured(broken, known, where, learn="all", rows=6_000, planted=50)
    assert judge(wrong, CHECK.criterion("<= 0.02")).verdict is Verdict.FAIL
    assert "hours_per_week: above the range" in wrong.details


def test_too_few_rows_say_nothing():
    found = measured(people(20), range={"age": [18, 120]})
    assert (found.value, found.reason) == (None, Reason.INSUFFICIENT_DATA)


@pytest.mark.parametrize(
    "given, problem",
    [
        ({}, "no contract on inputs"),
        ({"range": {"age": [0, 1]}, "metric": "false_rejections"}, "not learned from"),
    ],
)
def test_a_check_without_contract_is_refused_with_what_to_give(given, problem):
    with pytest.raises(ParameterRefused, match=problem):
        CHECK.wants(CHECK.complete(given, layout()))


def test_a_gap_without_groups_is_refused():
    complete = CHECK.complete({"range": {"age": [0, 1]}, "metric": "rejected_gap"}, layout(sensitive_features=()))
    with pytest.raises(ParameterRefused, match="a gap needs groups"):
        CHECK.wants(complete)
