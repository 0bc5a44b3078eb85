"""Decisions turned by feasible changes: the cheapest of the theory, none forbidden, more than chance finds."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from sklearn.linear_model import LogisticRegression

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter import Layout
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import find
from clerestory.assurance.robustness.feasible import Rules, space_of
from clerestory.assurance.robustness.search import Found, Search
from clerestory.assurance.trial import Predict, Table, Unanswered, trial_of
from clerestory.terms.status import Verdict
from tests.simulators.answering import drive

NAME = "robustness.evasion"
CHECK = find(NAME)
DATA = Path(__file__).parents[3] / "src/clerestory/demo/data"
LAYOUT = Layout(
    columns={"x": "number", "y": "number", "n": "integer", "job": "text", "sex": "text"},
    features=("x", "y", "n", "job"),
    threshold=0.0,
    asked=frozenset({"model"}),
)
JOBS = ["none", "clerk", "manager"]


def rows(n: int = 600, seed: int = 3) -> Table:
    draw = np.random.default_rng(seed)
    return {
        "x": draw.uniform(0, 1, n),
        "y": draw.uniform(0, 1, n),
        "n": draw.integers(0, 10, n).astype(np.float64),
        "job": draw.choice(JOBS, n).astype(object),
        "sex": draw.choice(["female", "male"], n).astype(object),
    }


def x_alone(table: Table) -> np.ndarray:
    return np.asarray(table["x"] - 0.8, dtype=np.float64)


def measured(
    model: object = x_alone, table: Table | None = None, layout: Layout = LAYOUT, **given: object
) -> Measurement:
    parameters = CHECK.complete(given, layout)
    tally = drive(CHECK.begin(parameters), tables={"current": table or rows()}, predict=model)  # type: ignore[arg-type]
    return CHECK.measure({trial_of(NAME, parameters): tally}, parameters)


def searched(model: object, cases: Table, rules: Rules, *, queries: int = 2_000, threshold: float = 0.0) -> Found:
    space = space_of(NAME, rules, cases, cases)
    talk = Search(space=space, scores=model(cases), threshold=threshold, queries=queries).run()  # type: ignore[operator]
    move = next(talk)
    while True:
        assert isinstance(move, Predict)
        try:
            move = talk.send(model(move.table))  # type: ignore[operator]
        except StopIteration as end:
            found: Found = end.value
            return found


def test_the_share_turned_is_that_of_the_cases_close_enough_to_the_limit():
    # x may rise by 0.2: turned are exactly the refused with x >= 0.6.
    x = rows()["x"]
    found = measured(changes={"x": [0, 0.2]}, most_cases=1_000)
    assert found.n == (x < 0.8).sum()
    assert found.value == pytest.approx(((x >= 0.6) & (x < 0.8)).sum() / (x < 0.8).sum(), abs=0.004)
    assert found.low < found.value < found.high
    assert judge(found, CHECK.criterion("<= 0.1")).verdict is Verdict.FAIL


def test_an_input_that_cannot_be_changed_turns_nothing_however_much_the_model_uses_it():
    found = measured(changes={"y": [-1, 1], "n": {"min": -5}}, categories={"job": JOBS})
    assert (found.value, found.n) == (0.0, 300)
    assert judge(found, CHECK.criterion("<= 0.05")).verdict is Verdict.PASS
    assert measured(changes={"x": [-1, 0]}).value == 0.0  # downwards only: the wrong way


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.2, 3), min_size=3, max_size=3), st.lists(st.floats(0.2, 3), min_size=3, max_size=3))
def test_for_a_linear_model_the_change_found_is_the_cheapest_there_is(weights, prices):
    # The cheapest change solves a linear program: least prices * t with weights * t >= gap, 0 <= t <= 1.
    names = ["a", "b", "c"]
    cases = {name: np.full(1, 0.5) for name in names}  # a half, so that the columns are not taken for whole ones
    gap = 0.6 * sum(weights)

    def model(table: Table) -> np.ndarray:
        return np.asarray(sum(w * (table[name] - 0.5) for w, name in zip(weights, names, strict=True)) - gap)

    rules = Rules(
        changes={name: {"min": 0.0, "max": 1.0} for name in names},
        within={name: {"max": 1.5} for name in names},
        costs=dict(zip(names, prices, strict=True)),
    )
    best = linprog(prices, A_ub=[[-w for w in weights]], b_ub=[-gap], bounds=[(0, 1)] * 3).fun
    found = searched(model, cases, rules)
    assert found.turned[0]
    assert best - 1e-9 <= found.cost[0] <= best * 1.01 + 0.01 * max(prices)


def test_a_model_that_shows_its_decision_alone_is_turned_too_and_the_walk_makes_the_change_small():
    cases = {"a": np.full(20, 0.5), "b": np.full(20, 0.5)}
    rules = Rules(
        changes={name: {"min": 0.0, "max": 1.0} for name in cases},
        within={name: {"max": 1.5} for name in cases},
        costs={"a": 1.0, "b": 1.0},
    )
    found = searched(lambda t: (2 * t["a"] + t["b"] >= 2.5).astype(float), cases, rules, threshold=0.5)
    assert found.turned.all()
    assert found.cost == pytest.approx(np.full(20, 0.5), abs=0.01)  # the known optimum: a alone, to 0.5


@pytest.mark.parametrize("scores", [True, False])
def test_of_twelve_inputs_it_turns_every_case_that_the_closed_form_says_can_be_turned(scores):
    draw = np.random.default_rng(0)
    names = [f"x{at}" for at in range(12)]
    table = {name: draw.normal(size=2_000) for name in names}
    weights = draw.normal(size=12)

    def model(asked: Table) -> np.ndarray:
        score = np.asarray(sum(w * asked[name] for w, name in zip(weights, names, strict=True)))
        return score if scores else (score >= 0).astype(float)

    refused = np.flatnonzero(sum(w * table[name] for w, name in zip(weights, names, strict=True)) < 0)[:300]
    cases = {name: values[refused] for name, values in table.items()}
    rules = Rules(changes={n: {"min": -1.0, "max": 1.0} for n in names}, costs=dict.fromkeys(names, 1.0), budget=1.0)
    within = {n: {"min": -9.0, "max": 9.0} for n in names}
    found = searched(model, cases, replace(rules, within=within), queries=300, threshold=0.0 if scores else 0.5)
    gap = -sum(w * cases[name] for w, name in zip(weights, names, strict=True))
    least = gap / np.abs(weights).max()  # all of the budget on the strongest input
    assert (found.turned == (least <= 1)).all()
    assert (found.cost[found.turned] / least[found.turned]).mean() < (1.01 if scores else 1.3)


def test_it_finds_far_more_than_noise_of_the_same_size():
    # Both numbers must be high and the category right: a known corner of 0.15 * 0.15 / 3 of the box.
    def corner(table: Table) -> np.ndarray:
        right = (table["job"] == "manager").astype(float)
        return np.asarray(np.minimum(table["x"], table["y"]) + right - 1.85)

    found = measured(corner, changes={"x": [-1, 1], "y": [-1, 1]}, categories={"job": JOBS}, queries=300)
    assert found.value == 1.0
    hits, cases = found.details["turned by one feasible change at random"].split(" of ")
    assert int(hits) / int(cases) < 0.35


def test_nothing_that_is_asked_breaks_a_rule():
    table = rows()

    def spy(asked: Table) -> np.ndarray:
        if "sex" in asked or len(asked["x"]) == 600:
            return x_alone(asked) - 5  # the sample as it is: all refused, and never turned
        assert ((asked["n"] == np.round(asked["n"])) & (asked["n"] >= 0) & (asked["n"] <= 9)).all()
        assert set(asked["job"]) <= set(JOBS)
        assert (asked["y"][:, None] == table["y"][None, :]).any(axis=1).all()  # not named, so as it was
        return x_alone(asked) - 5 + 0.01 * asked["n"]

    found = measured(spy, table, changes={"n": [-3, 3], "x": [0, 0.5]}, categories={"job": ["clerk"]}, budget=1.5)
    assert found.value == 0.0


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 3), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_changes_at_random_are_feasible(seed, budget, most):
    cases = rows(40, seed)
    rules = Rules(
        changes={"x": {"min": -0.3, "max": 0.5}, "n": {"min": -4.0}},
        categories={"job": JOBS},
        budget=budget,
        most_columns=most,
    )
    space = space_of(NAME, rules, cases, cases)
    everyone = np.arange(space.size)
    assert space.fits(everyone, space.drawn(everyone, np.random.default_rng(seed))).all()


def test_the_budget_counts_what_each_column_costs():
    # 0.8 - x is missing; at 1 per 0.1 a budget of 1 reaches 0.1 far.
    x = rows()["x"]
    found = measured(changes={"x": [0, 1]}, costs={"x": 10}, budget=1, most_cases=1_000)
    assert found.value == pytest.approx(((x >= 0.7) & (x < 0.8)).sum() / (x < 0.8).sum(), abs=0.004)


def test_groups_are_shown_each_and_accepted_cases_can_be_attacked():
    layout = Layout(**{f: getattr(LAYOUT, f) for f in LAYOUT.__dataclass_fields__} | {"sensitive_features": ("sex",)})
    found = measured(layout=layout, changes={"x": [-1, 0]}, cases="accepted", threshold=0.0)
    assert [cell.group for cell in found.by_group] == ["sex=female", "sex=male"]
    assert found.value == 1.0


def test_too_few_cases_say_nothing_and_silence_is_no_success():
    assert measured(table=rows(20), changes={"x": [0, 0.2]}).reason is Reason.INSUFFICIENT_DATA

    def silent(table: Table) -> np.ndarray:
        if len(table["x"]) != 600:
            raise Unanswered("No answer.", "Wait.")
        return x_alone(table)

    found = measured(silent, changes={"x": [0, 0.2]})
    assert (found.value, found.share_unassessable) == (None, 1.0)


@pytest.mark.parametrize(
    "given, problem",
    [
        ({}, "does not know what a person can change"),
        ({"changes": {"sex": [0, 1]}}, "does not take"),
        ({"changes": {"job": [0, 1]}}, "no column of numbers"),
        ({"categories": {"x": ["1"]}}, "holds numbers"),
        ({"changes": {"x": [0, 1]}, "queries": 5}, "do not try each column once"),
        ({"changes": {"x": [0, 1]}, "costs": {"x": 0}}, "not above 0"),
        ({"changes": {"income": [0, 1]}}, "'income', which the data does not have"),
    ],
)
def test_bad_input_is_refused_in_one_clear_sentence(given, problem):
    with pytest.raises(ParameterRefused, match=problem):
        measured(**given)


def test_on_the_german_credit_data_a_model_of_amount_and_age_fails_for_the_amount_and_passes_for_a_phone():
    data = pl.read_parquet(DATA / "german_credit.parquet")
    names = ["duration_months", "credit_amount", "age"]
    model = LogisticRegression(max_iter=1_000).fit(data[names].to_numpy(), data["good_credit"].to_numpy())
    table = {name: data[name].to_numpy().astype(np.float64) for name in names}
    table["telephone"] = np.array(data["telephone"].to_list(), dtype=object)
    layout = Layout(
        columns=dict.fromkeys(names, "integer") | {"telephone": "text"},
        features=(*names, "telephone"),
        threshold=0.7,
        asked=frozenset({"model"}),
    )

    def asked(rows_of: Table) -> np.ndarray:
        return np.asarray(model.predict_proba(np.column_stack([rows_of[name] for name in names]))[:, 1])

    shorter = measured(asked, table, layout, changes={"duration_months": [-12, 0], "credit_amount": [-3_000, 0]})
    assert judge(shorter, CHECK.criterion("<= 0.2")).verdict is Verdict.FAIL
    assert "duration_months" in shorter.details["columns changed"]
    phone = measured(asked, table, layout, categories={"telephone": ["A191", "A192"]})
    assert judge(phone, CHECK.criterion("<= 0.2")).verdict is Verdict.PASS
