"""Cells of all cases and of groups: every case is in each family once, and the intervals are those of the rates."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from clerestory.assurance.measurement import Reason
from clerestory.assurance.tally import TrialTally
from clerestory.assurance.trial import Tried
from clerestory.assurance.trial.slices import ALL, cells_by_slice, mean_of_all, rate_of_all

HOW = Tried(check="some.check", method="counted")


def people(n: int, seed: int = 0) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(seed)
    return {
        "sex": draw.choice(np.array(["f", "m", None], dtype=object), n),
        "old": draw.choice([True, False], n),
    }


@given(st.integers(1, 200), st.integers(0, 2**32 - 1))
def test_every_case_is_in_each_family_of_groups_once(n, seed):
    hits = np.random.default_rng(seed).random(n) < 0.3
    cells = {cell.kind: cell for cell in cells_by_slice(people(n, seed), ("sex", "old"), hits=hits)}
    assert (cells[ALL].n, cells[ALL].hits) == (n, int(hits.sum()))
    single = [cell for kind, cell in cells.items() if kind[0].startswith("sex=") and len(kind) == 1]
    both = [cell for kind, cell in cells.items() if len(kind) == 2]
    for family in (single, both):
        assert (sum(cell.n for cell in family), sum(cell.hits for cell in family)) == (n, int(hits.sum()))


def test_the_rate_is_that_of_all_and_small_groups_are_shown_not_judged():
    hits = np.arange(100) < 20
    table = {"sex": np.array(["f"] * 90 + ["m"] * 10, dtype=object)}
    found = rate_of_all(HOW, TrialTally(cells=cells_by_slice(table, ("sex",), hits=hits), unanswered=25))
    expected = binomtest(20, 100).proportion_ci(0.95, method="wilson")
    assert (found.value, found.low, found.high) == pytest.approx((0.2, expected.low, expected.high), abs=1e-12)
    assert found.share_unassessable == 0.2
    assert [(item.group, item.n, item.assessed) for item in found.by_group] == [
        ("sex=f", 90, True),
        ("sex=m", 10, False),
    ]


def test_the_mean_of_noughts_and_ones_has_the_interval_of_agresti_and_coull():
    # Agresti and Coull (1998): 20 of 100 at 95 %: centre (20 + z^2 / 2) / (100 + z^2), z = 1.959964.
    values = (np.arange(100) < 20).astype(float)
    found = mean_of_all(HOW, TrialTally(cells=cells_by_slice({}, (), values=values)))
    z2 = 1.959964**2
    centre = (20 + z2 / 2) / (100 + z2)
    half = 1.959964 * (centre * (1 - centre) / (100 + z2)) ** 0.5
    assert (found.value, found.low, found.high) == pytest.approx((0.2, centre - half, centre + half), abs=1e-6)


def test_no_cases_and_few_cases_say_nothing():
    for n in (0, 29):
        cells = cells_by_slice({}, (), hits=np.zeros(n, dtype=bool))
        for read in (rate_of_all, mean_of_all):
            found = read(HOW, TrialTally(cells=cells))
            assert (found.value, found.reason) == (None, Reason.INSUFFICIENT_DATA)
