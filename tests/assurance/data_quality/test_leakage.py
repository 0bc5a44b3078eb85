"""Leakage: rows shared (counted by joins elsewhere), areas of the theory, giveaways planted, and no leak no alarm."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import NormalDist

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from clerestory.assurance.data_quality.leakage import MomentsIncomparable
from clerestory.assurance.data_quality.overlap import giveaway, row_digest
from clerestory.assurance.judge import Judged, judge
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter import Layout, Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import find
from clerestory.assurance.tally import InconsistentTally, TrialTally
from clerestory.assurance.trial import Table, trial_of
from clerestory.intake.trial import array_of
from clerestory.terms.status import Verdict
from tests.simulators.answering import drive

NAME = "data_quality.leakage"
CHECK = find(NAME)
DATA = Path("src/clerestory/demo/data")


def rows(n: int, seed: int, shift: float = 0.0) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(seed)
    label = draw.random(n) < 0.4
    table = {f"c{at}": draw.choice(list("abcdefgh"), n).astype(object) for at in range(5)}
    return table | {"x": draw.normal(size=n) + shift * label, "repaid": label}


def complete(table: Table, **given: object) -> Parameters:
    kinds = {name: "text" if values.dtype == object else "number" for name, values in table.items()}
    return CHECK.complete(given, Layout(columns=kinds, reference=kinds, label="repaid"))


def measured(test: Table, training: Table, **given: object) -> Measurement:
    parameters = complete(training, **given)
    tables = {"current": test, "reference": training}
    return CHECK.measure({trial_of(NAME, parameters): drive(CHECK.begin(parameters), tables=tables)}, parameters)


def judged(found: Measurement) -> Judged:
    return judge(found, CHECK.criterion("<= 0"))


def shown(found: Measurement, group: str):
    return next(item for item in found.by_group if item.group == group)


def leaks(found: Measurement) -> list[str]:
    return [item.group for item in found.by_group if item.note.startswith("leak")]


def real() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    frames = [pl.read_parquet(DATA / f"adult_{half}.parquet") for half in ("train", "test")]
    train, test = ({name: array_of(frame[name]) for name in frame.columns} for frame in frames)
    return train, test


def test_on_real_data_shared_rows_are_those_of_a_join_and_nothing_leaks():
    train, test = real()
    found = measured(test, train, label="income_over_50k", features=["education", "education_num"])
    # polars 1.35: test.join(train.unique(), on=all columns, how="semi", nulls_equal=True).height
    assert shown(found, "same row").value == 23 / 16_281
    assert judged(found).verdict is Verdict.PASS
    assert shown(found, "feature: education").value == shown(found, "feature: education_num").value


def test_on_real_data_copied_rows_and_a_copy_of_the_label_fail():
    train, test = real()
    part = {name: values[:6_000] for name, values in train.items()}
    mixed = {name: np.concatenate([test[name][:4_000], values[:400]]) for name, values in part.items()}
    found = measured(mixed, part, label="income_over_50k", features=["age"])
    assert "same row" in leaks(found)
    assert judged(found).verdict is Verdict.FAIL
    told = part | {"bonus": np.where(part["income_over_50k"], 1.0, 0.0)}
    found = measured(test | {"bonus": np.zeros(16_281)}, told, label="income_over_50k", features=["age", "bonus"])
    assert leaks(found) == ["feature: bonus"]


@pytest.mark.parametrize("area", [0.75, 0.9])
def test_the_area_of_one_feature_is_that_of_the_theory(area):
    # Two normal distributions one apart by d: area = Phi(d / sqrt 2) (Green and Swets 1966).
    apart = NormalDist().inv_cdf(area) * 2**0.5
    found = measured(rows(500, 2, apart), rows(12_000, 1, apart), features=["x"])
    feature = shown(found, "feature: x")
    assert feature.low < area < feature.high
    assert feature.value == pytest.approx(area, abs=0.015)


def test_an_order_learned_apart_has_the_area_of_scikit_learn():
    table = rows(3_000, 4, 1.0)
    learned = np.arange(3_000) < 1_500
    ranks = giveaway.order_of(table["c0"], table["repaid"], learned)
    n, hits = giveaway.counted(ranks[~learned], table["repaid"][~learned])
    from clerestory.assurance.statistics.area import roc_area

    expected = roc_auc_score(table["repaid"][~learned], ranks[~learned])
    assert roc_area(hits, [a - b for a, b in zip(n, hits, strict=True)]).value == pytest.approx(expected, abs=1e-12)


def test_a_column_with_many_values_is_no_giveaway_and_a_gap_can_be_one():
    train, test = rows(2_000, 1), rows(1_000, 2)
    for table in (train, test):
        n = len(table["x"])
        table["id"] = np.array([f"case {at}" for at in range(n)], dtype=object)
        table["collected"] = np.where(table["repaid"], np.nan, np.random.default_rng(1).normal(size=n))
    found = measured(test, train)
    assert shown(found, "feature: id").value == pytest.approx(0.5, abs=0.03)
    assert leaks(found) == ["feature: collected"]


@pytest.mark.parametrize("change, group", [(False, "same row"), (True, "near row beyond chance")])
def test_copies_of_training_rows_are_found_and_so_are_copies_with_one_value_changed(change, group):
    train, test = rows(2_000, 3), rows(1_000, 4)
    for name in test:
        test[name][:60] = train[name][:60]
    if change:
        test["x"][:60] += 0.5
    found = measured(test, train)
    assert group in leaks(found)
    assert judged(found).verdict is Verdict.FAIL


def test_without_a_leak_there_is_no_alarm():
    verdicts = {judged(measured(rows(500, 2 * seed), rows(800, 2 * seed + 1))).verdict for seed in range(20)}
    assert Verdict.FAIL not in verdicts  # none of 200 larger runs


def test_the_same_case_under_other_figures_is_found():
    train, test = rows(500, 1), rows(400, 2)
    train["case"], test["case"] = np.arange(500.0), np.arange(490.0, 890.0)
    found = measured(test, train, same_case=["case"], max_near_overlap=0.1)
    assert shown(found, "same case").value == 10 / 400
    assert leaks(found) == ["same case"]
    assert "feature: case" not in {item.group for item in found.by_group}


def test_test_rows_from_before_the_end_of_training_are_found_and_a_row_without_moment_too():
    train, test = rows(300, 1), rows(300, 2)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    train["at"] = np.array([start + timedelta(hours=at) for at in range(300)], dtype=object)
    test["at"] = np.array([start + timedelta(hours=300 + at) for at in range(300)], dtype=object)
    assert "not later" not in leaks(measured(test, train, later="at"))
    test["at"][0] = start
    test["at"][1] = None
    found = measured(test, train, later="at")
    assert shown(found, "not later").value == 2 / 300
    assert "not later" in leaks(found)
    test["at"][2] = "yesterday"
    with pytest.raises(MomentsIncomparable):
        measured(test, train, later="at")


def test_overlap_is_proven_by_a_sample_of_training_and_never_excluded_by_it():
    train, test = rows(2_000, 5), rows(1_000, 6)
    found = measured(test, train, rows=1_000)
    assert shown(found, "same row").note.startswith("not excluded")
    assert judged(found).verdict is Verdict.INCONCLUSIVE


@given(
    st.lists(st.tuples(*[st.sampled_from("ab")] * 3), min_size=1, max_size=12),
    st.lists(st.tuples(*[st.sampled_from("ab")] * 3), min_size=1, max_size=12),
)
def test_digests_find_the_rows_that_comparing_all_pairs_finds(one, other):
    names = ("x", "y", "z")
    first, second = (
        {name: np.array([row[at] for row in part], dtype=object) for at, name in enumerate(names)}
        for part in (one, other)
    )
    known, new = row_digest.value_digests(first, names), row_digest.value_digests(second, names)

    def apart(left: tuple[str, ...], right: tuple[str, ...]) -> int:
        return sum(a != b for a, b in zip(left, right, strict=True))

    assert row_digest.shared(new, known).tolist() == [row in one for row in other]
    assert row_digest.nearly_shared(new, known, range(3)).tolist() == [
        min(apart(row, old) for old in one) < 2 for row in other
    ]
    assert row_digest.twins(known).tolist() == [one.count(row) > 1 for row in one]
    near = [any(apart(row, old) < 2 for at, old in enumerate(one) if at != place) for place, row in enumerate(one)]
    assert row_digest.near_twins(known, range(3)).tolist() == near


def test_a_column_is_left_out_only_where_the_rest_still_tells_rows_apart():
    table = rows(500, 1)
    digests = row_digest.value_digests(table, ("x", "c0", "c1"))
    assert row_digest.telling(digests, 0.2) == (1, 2)
    test, train = rows(400, 2), rows(800, 3)
    names = ["x", "c0", "c1"]
    for name in names:
        test[name][:40] = train[name][:40]
    test["c0"][:40] = "z"
    found = measured(test, train, columns=names)
    assert found.details["near rows may differ in"] == "c0, c1"
    assert leaks(found) == ["near row beyond chance"]


def test_a_number_is_one_number_however_it_is_stored_and_columns_are_not_mixed_up():
    whole, half = {"a": np.array([1.0, np.nan])}, {"a": np.array([1, None], dtype=object)}
    assert (row_digest.row_digests(whole, ["a"]) == row_digest.row_digests(half, ["a"])).all()
    truth = {"a": np.array([True, False])}
    assert row_digest.shared(
        *(row_digest.value_digests(t, ["a"]) for t in (truth, {"a": np.array([1.0, np.nan, 0])}))
    ).all()
    crossed = [{"a": np.array([x]), "b": np.array([y])} for x, y in ((1.0, 2.0), (2.0, 1.0))]
    first, second = (row_digest.row_digests(table, ["a", "b"])[0] for table in crossed)
    assert first != second


def test_too_few_rows_and_a_trial_without_its_counts_say_nothing():
    assert measured(rows(20, 1), rows(500, 2)).reason is Reason.INSUFFICIENT_DATA
    parameters = complete(rows(10, 1))
    with pytest.raises(InconsistentTally, match="did not count"):
        CHECK.measure({trial_of(NAME, parameters): TrialTally(cells=())}, parameters)


def test_without_a_label_or_a_reference_the_check_is_refused():
    with pytest.raises(ParameterRefused, match="label is missing"):
        CHECK.complete({}, Layout(columns={"x": "number"}, reference={"x": "number"}))
    with pytest.raises(ParameterRefused, match="compares with a reference"):
        CHECK.complete({}, Layout(columns={"x": "number"}, label="x"))


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 30), st.permutations("stuvwxyz"))
def test_names_of_values_change_no_leak_and_one_more_copied_row_never_helps(seed, copied, letters):
    training, test = rows(300, 2 * seed), rows(200, 2 * seed + 1)

    def copies(count: int) -> dict[str, np.ndarray]:
        return {name: np.concatenate([training[name][:count], values[count:]]) for name, values in test.items()}

    found, more = measured(copies(copied), training), measured(copies(copied + 1), training)
    assert shown(found, "same row").value >= copied / 200
    assert shown(more, "same row").value >= shown(found, "same row").value
    assert ("same row" in leaks(more)) >= ("same row" in leaks(found))
    named = dict(zip("abcdefgh", letters, strict=True))

    def renamed(table: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        changed = {name: np.array([named[item] for item in values], dtype=object)
                   for name, values in table.items() if values.dtype == object}  # fmt: skip
        return table | changed

    other = measured(renamed(copies(copied)), renamed(training))
    assert (other.value, leaks(other)) == (found.value, leaks(found))
