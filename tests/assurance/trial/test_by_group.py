"""Rates of a trial by group of people: published limits, coverage of the worst, unknown, small and too many groups."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.tally import InconsistentTally, TrialCell, TrialTally
from clerestory.assurance.trial import Tried
from clerestory.assurance.trial.by_group import MOST_GROUPS, People, cells_of, groups_of, widest_gap, worst_rate

HOW = Tried(check="x.y", method="m")


def cell(*kind: str, n: int, hits: int) -> TrialCell:
    return TrialCell(kind=("hit", *kind), n=n, hits=hits)


def rate(*cells: TrialCell, people: People | None = None, how: Tried = HOW) -> Measurement:
    return worst_rate(how, TrialTally(cells=cells), "hit", people or People(features=("sex",)))


def test_everybody_alone_has_the_interval_that_was_published():
    # Newcombe 1998, table I, 81 of 263 and 15 of 148, method 3.
    for hits, n, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605)):
        found = rate(cell(n=n, hits=hits), people=People())
        assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_the_gap_of_two_groups_has_the_interval_that_was_published():
    # Newcombe 1998 (differences), table II, example (a), method 10.
    tally = TrialTally(cells=(cell("f", n=70, hits=56), cell("m", n=80, hits=48)))
    found = widest_gap(HOW, tally, "hit", People(features=("sex",)))
    assert (found.value, found.low, found.high) == (
        pytest.approx(0.2), pytest.approx(0.0524, abs=5e-5), pytest.approx(0.3339, abs=5e-5)
    )  # fmt: skip


def test_the_worst_group_counts_whichever_way_is_good():
    cells = (cell("f", n=100, hits=40), cell("m", n=300, hits=30))
    assert rate(*cells).value == 0.4
    higher = Tried(check="x.y", method="m", better="higher")
    assert rate(*cells, how=higher).value == 0.1
    assert rate(*cells, people=People(features=("sex",), judged=False)).value == 70 / 400


def test_groups_that_are_small_or_unknown_are_shown_and_their_people_counted():
    found = rate(cell("(missing)", n=50, hits=50), cell("f", n=20, hits=8), cell("m", n=130, hits=0))
    assert found.value == 58 / 200  # everybody, with them
    assert found.share_unassessable == 70 / 200
    notes = {item.group: (item.assessed, item.note) for item in found.by_group}
    assert notes["sex=(missing)"] == (False, "50 of 50: group unknown")
    assert notes["sex=f"] == (False, "8 of 20: fewer than 30 cases")


@pytest.mark.parametrize("better, bad, good", [("lower", 20, 0), ("higher", 0, 20)])
def test_a_small_group_that_is_surely_worse_forbids_a_pass_however_small_its_share(better, bad, good):
    how = Tried(check="x.y", method="m", better=better)
    many = 9_800 if better == "higher" else 200
    cells = [cell("f", n=5_000, hits=many // 2), cell("m", n=5_000, hits=many // 2)]
    found = rate(*cells, cell("x", n=20, hits=bad), how=how)
    assert found.high > 0.7 if better == "lower" else found.low < 0.3
    assert found.details["few cases and surely worse"] == "sex=x"
    assert rate(*cells, cell("x", n=20, hits=good), how=how).share_unassessable == pytest.approx(20 / 10_020)
    unknown = rate(cell("(missing)", n=20, hits=bad), *cells, how=how)
    assert "few cases and surely worse" not in unknown.details
    shown = rate(*cells, cell("x", n=20, hits=bad), how=how, people=People(features=("sex",), judged=False))
    assert shown.share_unassessable == 0.0


def test_the_intersection_counts_when_it_is_asked_for():
    cells = (
        cell("f", "old", n=100, hits=60), cell("f", "young", n=100, hits=0),
        cell("m", "old", n=100, hits=0), cell("m", "young", n=100, hits=60),
    )  # fmt: skip
    people = People(features=("sex", "age"))
    assert rate(*cells, people=people).value == 0.6
    assert rate(*cells, people=People(features=("sex", "age"), intersections=False)).value == 0.3


def test_the_interval_holds_the_true_worst_rate_in_95_of_100_runs_or_more():
    draw, truth, sizes = np.random.default_rng(1), [0.05, 0.05, 0.08, 0.1], [60, 200, 150, 90]
    held = 0
    for _ in range(400):
        cells = [
            cell(str(at), n=n, hits=int(draw.binomial(n, p)))
            for at, (n, p) in enumerate(zip(sizes, truth, strict=True))
        ]
        found = rate(*cells)
        assert found.low is not None and found.high is not None
        held += found.low <= max(truth) <= found.high
    assert held / 400 >= 0.95


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abc")), min_size=1, max_size=200))
def test_cells_add_up_to_the_rows_and_hits(rows):
    table = {"g": np.array([group for _, group in rows], dtype=object)}
    hits = np.array([hit for hit, _ in rows])
    cells = cells_of("hit", hits, groups_of(table, ("g",)))
    assert (sum(item.n for item in cells), sum(item.hits for item in cells)) == (len(rows), hits.sum())
    found = worst_rate(HOW, TrialTally(cells=cells), "hit", People(features=("g",)))
    if len(rows) < 30:
        assert found.reason is Reason.INSUFFICIENT_DATA
    else:
        assert 0 <= found.low <= found.value <= found.high <= 1  # type: ignore[operator]


def test_beyond_a_thousand_groups_the_rest_is_put_together_as_unknown():
    table = {"g": np.array([f"group {at}" for at in range(1_500)], dtype=object)}
    cells = cells_of("hit", np.ones(1_500, dtype=bool), groups_of(table, ("g",)))
    assert len(cells) == MOST_GROUPS + 1
    assert max(item.n for item in cells) == 500


def test_cells_of_another_shape_are_refused():
    with pytest.raises(InconsistentTally, match="another number of groups"):
        rate(cell("f", "old", n=50, hits=1))
