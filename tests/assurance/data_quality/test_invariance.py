"""Published figures of real data, and what must change nothing in a check of data quality."""

from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerestory.assurance.judge import judge
from clerestory.assurance.registry import find
from clerestory.terms.status import Verdict
from tests.simulators.checking import run

SCHEMA, PROFILE, BALANCE = "data_quality.schema", "data_quality.profile", "data_quality.group-imbalance"
POPULATION, AGREEMENT, CONTRACT = (
    "data_quality.representativeness", "data_quality.annotator-agreement", "data_quality.contract",
)  # fmt: skip
ADULT = pl.read_parquet("src/clerestory/demo/data/adult_train.parquet")
PUBLISHED = {
    # Kohavi and Becker (1996), adult.names: which attributes are continuous and which are named by words.
    **dict.fromkeys(("age", "fnlwgt", "education_num", "capital_gain", "capital_loss", "hours_per_week"), "integer"),
    **dict.fromkeys(("workclass", "education", "marital_status", "occupation", "relationship"), "text"),
    **dict.fromkeys(("race", "sex", "native_country"), "text"),
    "income_over_50k": "boolean",
}
SOURCE = {"population_source": "a register"}


def columns(*names):
    return {name: ADULT[name].to_list() for name in names}


def broken(found):
    return [item.group for item in found.by_group if item.note.startswith("broken")]


def test_the_attributes_of_the_adult_data_are_those_that_their_authors_published():
    table = {name: ADULT[name].to_list()[:2_000] for name in ADULT.columns}
    found = run(SCHEMA, table, columns=PUBLISHED)
    assert (found.value, found.details["columns found"]) == (0.0, "15")
    assert run(SCHEMA, table, columns=PUBLISHED | {"age": "text", "sex": "integer"}).value == 2.0


def test_the_adult_data_have_the_statistics_that_pandas_describes():
    # pandas.DataFrame.describe of adult.data, as often published (32,561 rows, n - 1 in the denominator): mean and std
    # of age 38.581647 and 13.640433, of hours per week 40.437456 and 12.347429; 1,836 lack a work class.
    to = (32_560 / 32_561) ** 0.5
    given = {
        "mean": {"age": [38.5816465, 38.5816475], "hours_per_week": [40.4374555, 40.4374565]},
        "deviation": {"age": [13.6404325 * to, 13.6404335 * to], "hours_per_week": [12.3474285 * to, 12.3474295 * to]},
        "missing_share": {"workclass": [1_836 / 32_561 - 1e-12, 1_836 / 32_561 + 1e-12]},
        "largest": {"age": [90, 90]},
    }
    found = run(PROFILE, columns("age", "hours_per_week", "workclass"), **given)
    assert (found.value, found.high, found.n) == (0.0, 0.0, 32_561)
    given["mean"]["age"] = [38.5816475, 39]
    assert broken(run(PROFILE, columns("age", "hours_per_week", "workclass"), **given)) == ["mean: age"]


def test_incomes_of_women_and_men_differ_as_the_counts_of_the_adult_data_say():
    # adult.data: 6,662 of 21,790 men and 1,179 of 10,771 women earn more than 50K.
    where = {"label": "income_over_50k", "sensitive_features": ("sex",)}
    found = run(BALANCE, columns("sex", "income_over_50k"), data=where)
    assert found.value == pytest.approx(6_662 / 21_790 - 1_179 / 10_771, abs=1e-12)
    assert found.n == 32_561


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 400), min_size=2, max_size=40), st.integers(-3, 13), st.permutations(range(40)))
def test_adding_a_constant_moves_the_mean_and_never_the_deviation(values, power, order):
    far = [values[at] + 10.0**power for at in order if at < len(values)]
    mean, spread = float(np.mean(np.array(values, dtype=np.longdouble))), float(np.std(values))
    tolerance = 1e-6 + abs(10.0**power) * 1e-14
    right = {
        "mean": {"x": [mean + 10.0**power - tolerance, mean + 10.0**power + tolerance]},
        "deviation": {"x": [spread - 1e-3, spread + 1e-3]},
    }
    found = run(PROFILE, {"x": far}, **right)
    assert (found.value, found.low) == (0.0, 0.0)  # far from 0 the deviation is unknown, and never said to be broken
    wrong = run(PROFILE, {"x": far}, deviation={"x": [spread + 1, spread + 2]})
    assert judge(wrong, find(PROFILE).criterion("<= 0")).verdict is not Verdict.PASS
    if power < 4:
        assert found.high == 0.0
        assert wrong.value == 1.0


KINDS = st.sampled_from(["integer", "number", "text", "boolean", None])
VALUES = {"integer": 1, "number": 0.5, "text": "a", "boolean": True}


@settings(max_examples=40)
@given(st.lists(st.tuples(KINDS, KINDS), min_size=1, max_size=6), st.permutations(range(6)))
def test_as_many_columns_count_as_are_of_another_kind_or_on_one_side_alone(pairs, order):
    pairs = [*pairs, ("text", "text")]
    declared = {f"c{at}": one for at, (one, _) in enumerate(pairs) if one}
    table = {f"c{at}": [VALUES[other]] for at, (_, other) in enumerate(pairs) if other}
    differ = sum(one != other and (one, other) != ("number", "integer") for one, other in pairs)
    assert run(SCHEMA, table, columns=declared).value == differ
    turned = {f"c{at}": table[f"c{at}"] for at in (*order, 6) if f"c{at}" in table}
    assert run(SCHEMA, turned, columns=declared).value == differ


COUNTS = st.lists(st.integers(0, 200), min_size=3, max_size=3).filter(lambda counts: sum(counts) >= 30)


@settings(max_examples=25, deadline=None)
@given(COUNTS, st.permutations("abc"), st.integers(2, 5))
def test_a_sample_lies_as_far_from_its_population_under_any_names_and_more_of_it_is_surer(counts, names, times):
    shares = (0.5, 0.3, 0.2)

    def measured(letters, often):
        rows = [letter for letter, n in zip(letters, counts, strict=True) for _ in range(n * often)]
        stated = {"sex": dict(zip(letters, shares, strict=True))}
        return run(POPULATION, {"sex": rows}, population=stated, **SOURCE)

    found, renamed, more = measured("abc", 1), measured(names, 1), measured("abc", times)
    total = sum(counts)
    half = sum(abs(n / total - share) for n, share in zip(counts, shares, strict=True)) / 2
    assert found.value == pytest.approx(half, abs=1e-12)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert (renamed.value, renamed.low, renamed.high) == pytest.approx((found.value, found.low, found.high))
    assert more.high - more.low <= found.high - found.low + 1e-12


GROUPS = st.lists(st.tuples(st.integers(60, 120), st.integers(15, 45)), min_size=2, max_size=3)


@settings(max_examples=25, deadline=None)
@given(GROUPS, st.permutations("xyz"))
def test_groups_differ_as_much_under_any_names_and_in_any_order(counts, names):
    where = {"label": "y", "sensitive_features": ("g",)}

    def measured(letters, often=1):
        rows = [
            (letter, at < hits * often)
            for letter, (n, hits) in zip(letters, counts, strict=False)
            for at in range(n * often)
        ]
        return run(BALANCE, {"g": [g for g, _ in rows], "y": [y for _, y in rows]}, data=where)

    found, renamed, more = measured("abc"), measured(names), measured("abc", 3)
    shares = [hits / n for n, hits in counts]
    assert found.value == pytest.approx(max(shares) - min(shares), abs=1e-12)
    assert (renamed.value, renamed.low, renamed.high) == pytest.approx((found.value, found.low, found.high))
    assert more.high - more.low < found.high - found.low


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=30, max_size=80),
    st.permutations("uvw"),
)
def test_agreement_is_the_same_for_exchanged_annotators_other_labels_and_another_order(pairs, letters):
    def measured(rows):
        table = {"one": [first for first, _ in rows], "two": [second for _, second in rows]}
        return run(AGREEMENT, table, annotators=["one", "two"])

    found = measured(pairs)
    names = dict(zip("abc", letters, strict=True))
    for other in ([(b, a) for a, b in pairs], [(names[a], names[b]) for a, b in pairs], pairs[::-1]):
        again = measured(other)
        assert again.reason is found.reason
        if found.value is not None:
            assert (again.value, again.low, again.high) == pytest.approx((found.value, found.low, found.high))
    if found.value is not None:
        assert -1 <= found.low <= found.value <= found.high <= 1
        assert measured(pairs + [(a, a) for a, _ in pairs]).value >= found.value - 1e-12


@settings(max_examples=40)
@given(
    st.lists(st.one_of(st.none(), st.integers(0, 30)), min_size=1, max_size=30), st.integers(0, 29), st.integers(1, 10)
)
def test_one_more_fault_never_mends_a_contract_and_order_changes_nothing(values, at, largest):
    limits = {"missing": {"x": 0.2}, "range": {"x": [0, largest]}, "unique": ["x"]}
    found = broken(run(CONTRACT, {"x": values, "id": list(range(len(values)))}, **limits))
    counts = Counter(values)
    expected = {
        "missing: x": counts[None] > 0.2 * len(values),
        "range: x": any(value is not None and value > largest for value in values),
        "unique: x": counts[None] > 0 or max(counts.values()) > 1,
    }
    assert set(found) == {name for name, is_broken in expected.items() if is_broken}
    assert broken(run(CONTRACT, {"x": values[::-1], "id": list(range(len(values)))}, **limits)) == found
    worse = [*values, None if at % 2 else 31]
    assert set(found) - {"missing: x"} <= set(
        broken(run(CONTRACT, {"x": worse, "id": list(range(len(worse)))}, **limits))
    )
