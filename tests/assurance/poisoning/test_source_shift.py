"""Change of a source's share: published intervals, scipy, false alarms by simulation, and sources that are new."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter import Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.poisoning.source_shift import largest
from clerestory.assurance.registry import find
from clerestory.assurance.statistics.interval import Interval
from clerestory.assurance.tally import TwoCategoryTally, TwoSample
from clerestory.terms.status import Verdict
from tests.simulators.checking import parameters, run

NAME = "poisoning.source-shift"
CHECK = find(NAME)
DATA = Path("src/clerestory/demo/data")
LIMIT = CHECK.criterion("<= 0.05")


def of_counts(before: list[int], now: list[int], **more: int) -> Measurement:
    tally = TwoCategoryTally(
        categories=tuple(f"s{at:03}" for at in range(len(now))), reference=tuple(before), current=tuple(now), **more
    )
    return CHECK.measure({TwoSample("source", 1_000): tally}, Parameters({"source_column": "source"}))


def test_of_two_sources_the_change_has_the_interval_that_was_published():
    # Newcombe 1998, table II, example (a), method 10: 56/70 - 48/80 = 0.2, 0.0524 to 0.3339.
    found = of_counts([48, 32], [56, 14])
    assert found.value == pytest.approx(0.2)
    assert (found.low, found.high) == (pytest.approx(0.0524, abs=5e-5), pytest.approx(0.3339, abs=5e-5))


def test_the_p_value_in_the_details_is_that_of_scipy():
    before, now = [120, 80, 40], [90, 95, 60]
    expected = chi2_contingency([before, now], correction=False)
    text = of_counts(before, now).details["homogeneity"]
    assert (
        text == f"chi-square {expected.statistic:.6g} with {expected.dof} degrees of freedom, p {expected.pvalue:.3g}"
    )


def test_a_new_source_is_named_and_a_flood_fails():
    found = run(
        NAME,
        {"source": ["a"] * 400 + ["b"] * 400 + ["bot farm"] * 200 + [None] * 10},
        {"source": ["a"] * 500 + ["b"] * 500 + ["c"] * 20},
        source_column="source",
    )
    assert found.details["new sources"] == "bot farm, (no source)"
    assert found.value == pytest.approx(200 / 1010)
    assert judge(found, LIMIT).verdict is Verdict.FAIL
    notes = {item.group: item.note for item in found.by_group}
    assert notes["bot farm"] == "new: 0 of 1020 before, 200 of 1010 now"
    assert notes["c"].startswith("gone")


def test_a_source_that_is_a_number_is_counted_as_a_name():
    found = run(
        NAME, {"source": [1] * 50 + [2] * 10 + [7] * 40}, {"source": [1] * 50 + [2] * 50}, source_column="source"
    )
    assert {item.group: item.n for item in found.by_group} == {"1": 50, "2": 10, "(other sources)": 40}
    assert found.value == pytest.approx(0.4)


def test_without_change_small_windows_raise_no_alarm_and_the_interval_holds_the_truth():
    draw, equal = np.random.default_rng(1), [0.1] * 10
    runs = [of_counts(*(draw.multinomial(300, equal).tolist() for _ in range(2))) for _ in range(400)]
    assert all(judge(found, LIMIT).verdict is not Verdict.FAIL for found in runs)
    assert np.mean([found.low == 0 for found in runs]) >= 0.93  # 0.959 in 5,000 runs


def test_a_doubled_source_is_found_when_there_are_rows_enough():
    draw, equal, more = np.random.default_rng(2), [0.1] * 10, [0.2] + [0.8 / 9] * 9
    verdicts = [
        judge(of_counts(draw.multinomial(3_000, equal).tolist(), draw.multinomial(3_000, more).tolist()), LIMIT).verdict
        for _ in range(60)
    ]
    assert verdicts.count(Verdict.FAIL) >= 57
    assert Verdict.PASS not in verdicts


def test_on_real_data_the_two_published_halves_agree_and_a_flood_of_one_kind_does_not():
    old, new = (pl.read_parquet(DATA / f"adult_{half}.parquet")["workclass"] for half in ("train", "test"))
    same = run(NAME, {"workclass": new.to_list()}, {"workclass": old.to_list()}, source_column="workclass")
    assert judge(same, CHECK.criterion("<= 0.03")).verdict is Verdict.PASS
    flooded = new.to_list() + ["Never-worked"] * 1_500
    found = run(NAME, {"workclass": flooded}, {"workclass": old.to_list()}, source_column="workclass")
    assert judge(found, CHECK.criterion("<= 0.03")).verdict is Verdict.FAIL


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=12).filter(
        lambda counts: min(sum(part) for part in zip(*counts, strict=True)) >= 30
    )
)
def test_the_value_is_the_largest_change_and_lies_in_its_interval(counts):
    before, now = (list(part) for part in zip(*counts, strict=True))
    found = of_counts(before, now)
    gaps = np.abs(np.array(now) / sum(now) - np.array(before) / sum(before))
    assert found.value == pytest.approx(gaps.max())
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_the_size_of_a_change_that_may_go_either_way_starts_at_nothing():
    assert largest(Interval(-0.1, -0.2, 0.05)) == Interval(0.1, 0.0, 0.2)
    assert largest(Interval(-0.1, -0.2, -0.05)) == Interval(0.1, 0.05, 0.2)


def test_small_windows_and_too_many_sources_say_nothing():
    assert of_counts([20, 5], [400, 400]).reason is Reason.INSUFFICIENT_DATA
    crowded = of_counts([100, 100], [100, 100], reference_other=50, current_other=50)
    assert crowded.reason is Reason.TOO_MANY_GROUPS


def test_without_a_reference_the_check_is_refused():
    with pytest.raises(ParameterRefused, match="compares with a reference"):
        parameters(NAME, {"source": ["a"]}, source_column="source")
