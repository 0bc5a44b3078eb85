"""Rules between columns and whole-row duplicates: counts by hand and by polars, every sign, and what is no rule."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerestory.assurance.data_quality import consistency
from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Layout
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import find
from clerestory.assurance.trial import Table, trial_of
from clerestory.intake.trial import array_of
from clerestory.terms.status import Verdict
from tests.simulators.answering import drive

NAME = "data_quality.contract"
CHECK = find(NAME)
DATA = Path("src/clerestory/demo/data")


def objects(*items: object) -> np.ndarray:
    return np.array(items, dtype=object)


LOANS: Table = {
    "opened": objects(date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1), None),
    "closed": objects(date(2026, 1, 5), date(2026, 1, 5), None, date(2026, 1, 1)),
    "paid": np.array([0.1, 5.0, 2.0, np.nan]),
    "due": np.array([0.2, 5.0, 2.0, 1.0]),
    "total": np.array([0.3, 10.0, 5.0, 1.0]),
    "status": objects("denied", "denied", "paid", None),
    "the reason": objects("income", None, None, None),
}


@pytest.mark.parametrize(
    "text, judged, broken",
    [
        ("closed >= opened", 2, [1]),
        ("closed < opened", 2, [0]),
        ("paid + due == total", 3, [2]),
        ("total - due == paid", 3, [2]),
        ("paid != due", 3, [1, 2]),
        ("due <= 4", 4, [1]),
        ("due > -1", 4, []),
        ("status == 'denied'", 3, [2]),
        ("`the reason` present when status == 'denied'", 2, [1]),
        ("`the reason` present when status = denied", 2, [1]),
        ("due == paid when status == 'paid'", 1, []),
        ("opened present", 4, [3]),
    ],
)
def test_each_form_of_rule_is_broken_by_the_rows_that_break_it(text, judged, broken):
    rule = consistency.read(text)
    asked, found = rule.judge(LOANS)
    assert asked.sum() == judged
    assert np.flatnonzero(found).tolist() == broken


@pytest.mark.parametrize("text", ["", "closed", "closed after opened", "a >", "a > b > c", "a present if b", "a = b"])
def test_what_is_no_rule_is_refused_with_its_form(text):
    with pytest.raises(ParameterRefused, match="no rule between columns") as refused:
        consistency.read(text)
    assert "closed_at >= opened_at" in refused.value.remedy


@pytest.mark.parametrize("text", ["opened > paid", "opened + paid == due"])
def test_what_has_no_order_or_sum_is_refused(text):
    with pytest.raises(ParameterRefused):
        consistency.read(text).judge(LOANS)


@given(
    st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1), st.sampled_from(["<=", "<", "==", "!="])
)
def test_a_rule_and_its_opposite_break_each_row_once(pairs, sign):
    table = {"a": np.array([float(a) for a, _ in pairs]), "b": np.array([float(b) for _, b in pairs])}
    opposite = {"<=": ">", "<": ">=", "==": "!=", "!=": "=="}[sign]
    one, other = (consistency.read(f"a {text} b").judge(table)[1] for text in (sign, opposite))
    assert (one != other).all()


def measured(table: Table, **given: object) -> Measurement:
    kinds = {name: "number" if values.dtype == float else "text" for name, values in table.items()}
    parameters = CHECK.complete(given, Layout(columns=kinds))
    assert CHECK.wants(parameters) == (trial_of(NAME, parameters),)
    return CHECK.measure(
        {trial_of(NAME, parameters): drive(CHECK.begin(parameters), tables={"current": table})}, parameters
    )


def broken(found: Measurement) -> list[str]:
    return [item.group for item in found.by_group if item.note.startswith("broken")]


def test_rules_are_limits_of_the_contract():
    found = measured(LOANS, consistent=["due <= total", "closed >= opened"], distinct_rows="all")
    assert broken(found) == ["consistent: closed >= opened"]
    assert (found.value, found.low, found.high, found.n) == (1, 1, 1, 4)
    allowed = measured(LOANS, consistent=["closed >= opened"], max_invalid_share=0.5)
    assert judge(
        allowed, CHECK.criterion("<= 0", CHECK.complete({"consistent": ["a < b"]}, Layout(columns={})))
    ).verdict is (Verdict.PASS)


def test_rows_that_were_not_looked_at_prove_nothing_and_excuse_nothing():
    found = measured(LOANS, consistent=["due <= total", "closed >= opened"], rows=3)
    assert found.details["whole rows looked at"] == "3 of 4"
    assert (found.low, found.high) == (found.value, found.value + 2 - len(broken(found)))


def test_on_real_data_whole_rows_that_repeat_are_those_of_polars_and_gaps_are_equal():
    frame = pl.read_parquet(DATA / "adult_train.parquet")
    table = {name: array_of(frame[name]) for name in frame.columns}
    found = measured(table, distinct_rows="all")
    # polars: frame.height - frame.unique().height is 24 in the published file.
    assert found.by_group[0].value == 24 / 32_561
    assert broken(found) == [f"distinct rows: {', '.join(frame.columns)}"]
    once = frame.unique(maintain_order=True)
    assert not broken(measured({name: array_of(once[name]) for name in once.columns}, distinct_rows="all"))
