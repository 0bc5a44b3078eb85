"""Inputs outside what a model was built on: scikit-learn's neighbours and ranking, false alarms, real shifts."""

from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, spearmanr
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import NearestNeighbors

from clerestory.assurance.data_quality.inputs.outside import TooFewKnown, build, neighbour_distance, points_of
from clerestory.assurance.data_quality.out_of_distribution import false_alarm_range
from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter import Layout
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import find
from clerestory.assurance.trial import Table, trial_of
from clerestory.intake.trial import array_of
from clerestory.terms.status import Verdict
from tests.simulators.answering import drive

NAME = "data_quality.out-of-distribution"
CHECK = find(NAME)
DATA = Path("src/clerestory/demo/data")
COLUMNS = ("x0", "x1", "x2", "kind")


def rows(n: int, seed: int, shift: float = 0.0) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(seed)
    table = {f"x{at}": draw.normal(shift if at == 0 else 0.0, 1.0, n) for at in range(3)}
    return table | {"kind": draw.choice(["a", "b", "c"], n, p=[0.6, 0.3, 0.1]).astype(object)}


def measured(current: Table, reference: Table, sensitive: tuple[str, ...] = (), **given: object) -> Measurement:
    kinds = {name: "number" if values.dtype == float else "text" for name, values in reference.items()}
    layout = Layout(columns=kinds, reference=kinds, sensitive_features=sensitive)
    parameters = CHECK.complete({"features": list(COLUMNS)} | given, layout)
    tables = {"current": current, "reference": reference}
    return CHECK.measure({trial_of(NAME, parameters): drive(CHECK.begin(parameters), tables=tables)}, parameters)


@cache
def detector(seed: int = 0):
    return build(rows(300, seed), rows(399, seed + 1), COLUMNS, false_alarms=0.05, neighbours=10)


def test_the_distance_to_neighbours_is_that_of_scikit_learn():
    draw = np.random.default_rng(3)
    known, points = draw.normal(size=(700, 6)), draw.normal(size=(600, 6))
    expected = NearestNeighbors(n_neighbors=7).fit(known).kneighbors(points)[0].mean(axis=1)
    assert neighbour_distance(known, points, 7) == pytest.approx(expected, abs=1e-9)


def test_far_rows_are_ranked_as_an_isolation_forest_ranks_them():
    found, current = detector(), rows(800, 9, shift=2.0)
    points = points_of(found.columns, current)
    forest = IsolationForest(n_estimators=200, random_state=0).fit(found.known)
    agreement = spearmanr(found.score(current), -forest.score_samples(points)).statistic
    assert agreement > 0.8


def test_without_shift_the_share_outside_is_the_rate_that_was_allowed():
    shares = [detector(3 * seed).outside(rows(200, 3 * seed + 2)).mean() for seed in range(30)]
    # Over draws of both halves a new row lies outside with probability 20 / 400, by exchangeability of ranks.
    error = np.std(shares, ddof=1) / np.sqrt(len(shares))
    assert np.mean(shares) == pytest.approx(20 / 400, abs=3.5 * error)


def test_what_rate_a_threshold_really_has_is_the_range_of_scipy():
    assert false_alarm_range(999, 0.01) == pytest.approx(beta(10, 990).ppf([0.025, 0.975]), abs=1e-9)


def test_a_shifted_window_fails_and_an_unshifted_one_passes():
    limit = CHECK.criterion("<= 0.05")
    same = measured(rows(1_500, 2), rows(1_500, 1))
    assert judge(same, limit).verdict is Verdict.PASS
    moved = measured(rows(1_500, 2, shift=4.0), rows(1_500, 1))
    assert judge(moved, limit).verdict is Verdict.FAIL
    assert moved.low < moved.value < moved.high


def test_a_category_never_seen_and_a_gap_where_there_was_none_lie_outside():
    found, one = detector(), {"x0": [0.0], "x1": [0.0], "x2": [0.0], "kind": ["a"]}

    def row(**changed: object) -> Table:
        table = one | {name: [value] for name, value in changed.items()}
        return {name: np.array(item, dtype=object if name == "kind" else float) for name, item in table.items()}

    assert not found.outside(row())[0]
    assert found.outside(row(kind="zebra"))[0]
    assert found.outside(row(kind=None))[0]
    assert found.outside(row(x1=np.nan))[0]
    assert found.outside(row(x1=np.inf))[0]


def test_a_truth_value_lies_where_it_lay_when_another_row_lacks_one():
    whole, gaps = np.array([True, False] * 300), np.array([1.0, 0.0] * 100 + [np.nan])
    found = build({"t": whole}, {"t": whole}, ("t",), false_alarms=0.01, neighbours=5)
    assert found.outside({"t": gaps}).tolist() == [False] * 200 + [True]


def test_the_group_that_lies_outside_counts():
    current = rows(2_000, 5)
    current["sex"] = np.random.default_rng(1).choice(["f", "m"], 2_000).astype(object)
    current["x0"] = np.where(current["sex"] == "f", current["x0"] + 5, current["x0"])
    reference = rows(2_000, 6) | {"sex": np.array(["f", "m"] * 1_000, dtype=object)}
    found = measured(current, reference, ("sex",))
    shares = {item.group: item.value for item in found.by_group}
    assert found.value == shares["sex=f"] > shares["everybody"] > shares["sex=m"]
    assert "of 4" in found.details["reference, sex=f"] or "of 5" in found.details["reference, sex=f"]


def test_on_real_data_the_published_halves_pass_and_hours_written_as_minutes_fail():
    frames = [pl.read_parquet(DATA / f"adult_{half}.parquet") for half in ("train", "test")]
    known, fresh = ({name: array_of(frame[name]) for name in frame.columns} for frame in frames)
    features = [name for name in known if name not in ("fnlwgt", "income_over_50k")]
    settings = {"features": features, "known": 1_600, "rows": 1_200}
    assert judge(measured(fresh, known, **settings), CHECK.criterion("<= 0.03")).verdict is Verdict.PASS
    minutes = fresh | {"hours_per_week": fresh["hours_per_week"] * 60}
    assert judge(measured(minutes, known, **settings), CHECK.criterion("<= 0.03")).verdict is Verdict.FAIL


@settings(max_examples=25, deadline=None)
@given(st.floats(1.0, 1e6), st.integers(0, 50))
def test_farther_out_is_never_nearer(far, seed):
    found = detector(7)
    one = {name: values[seed : seed + 1] for name, values in rows(60, 8).items()}
    near, away = (found.score(one | {"x0": np.array([6.0 + step])})[0] for step in (0.0, far))
    assert away >= near


def test_too_few_rows_say_nothing():
    assert measured(rows(20, 1), rows(2_000, 2)).reason is Reason.INSUFFICIENT_DATA
    few = measured(rows(500, 1), rows(100, 2))
    assert few.reason is Reason.INSUFFICIENT_DATA
    assert "cannot show a rate of 0.01" in few.details["no threshold"]
    with pytest.raises(TooFewKnown):
        build(rows(50, 1), rows(50, 2), COLUMNS, false_alarms=0.01, neighbours=5)


def test_without_reference_or_features_the_check_is_refused():
    with pytest.raises(ParameterRefused, match="compares with a reference"):
        CHECK.complete({"features": ["x0"]}, Layout(columns={"x0": "number"}))
    with pytest.raises(ParameterRefused, match="features is missing"):
        CHECK.complete({}, Layout(columns={"x0": "number"}, reference={"x0": "number"}))


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.001, 1_000.0]))
def test_neither_units_nor_the_order_of_new_rows_change_the_share_outside(seed, unit):
    known, new = rows(600, 2 * seed), rows(150, 2 * seed + 1, shift=1.0)
    found = measured(new, known)
    assert 0 <= found.low <= found.value <= found.high <= 1
    changed = [{**table, "x0": unit * table["x0"] + 5, "x2": table["x2"] / unit} for table in (new, known)]
    order = np.random.default_rng(seed).permutation(150)
    mixed = {name: values[order] for name, values in new.items()}
    for other in (measured(*changed), measured(mixed, known)):
        assert (other.value, other.low, other.high) == pytest.approx((found.value, found.low, found.high), abs=1 / 150)
