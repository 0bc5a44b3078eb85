"""What must change nothing in a comparison of groups, and what must narrow it, for each check of rates by group."""

import numpy as np
import pytest
from fairlearn import metrics
from hypothesis import given, settings
from hypothesis import strategies as st

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.registry import find
from clerestory.assurance.tally import ConfusionCell, ConfusionTally
from clerestory.terms.status import Verdict

CHECKS = (
    "fairness.demographic-parity", "fairness.equal-opportunity", "fairness.equalized-odds",
    "fairness.intersectional-selection-rate", "fairness.selection-rate-ratio",
)  # fmt: skip
GROUPS = (("old", "f"), ("old", "m"), ("young", "f"), ("young", "m"))
Counts = tuple[int, int, int, int]
ENOUGH = st.tuples(*[st.integers(15, 60)] * 4)
"""True and false positives, false and true negatives: at least thirty of each label."""


def measured(name: str, counts: list[Counts], groups: tuple[tuple[str, str], ...] = GROUPS) -> Measurement:
    check = find(name)
    given = {"sensitive_features": ["age", "sex"], "max_unjudged_share": "0.05", "min_group_size": 30, "outcome": "o"}
    given |= {"label": "l", "max_unlabelled_share": "0.05"} if "equal" in name else {}
    given |= {"practical_ratio": "0.8"} if "intersectional" in name else {"intersections": True}
    parameters = check.read_parameters(given)
    (request,) = check.wants(parameters)
    cells = tuple(
        ConfusionCell(group=group, tp=tp, fp=fp, fn=fn, tn=tn)
        for group, (tp, fp, fn, tn) in sorted(zip(groups, counts, strict=True))
        if tp + fp + fn + tn
    )
    return check.measure({request: ConfusionTally(cells)}, parameters)


def figures(found: Measurement) -> tuple[float | None, ...]:
    return (found.value, found.low, found.high, found.n, found.share_unassessable)


@pytest.mark.parametrize("name", CHECKS)
@settings(max_examples=15, deadline=None)
@given(counts=st.lists(st.tuples(*[st.integers(0, 60)] * 4), min_size=4, max_size=4), order=st.permutations(range(4)))
def test_neither_the_names_of_groups_nor_their_order_change_anything(name, counts, order):
    found = measured(name, counts)
    if found.value is not None:
        assert 0 <= found.low <= found.value <= found.high <= 1
    other = {"old": "A", "young": "zz", "f": "2", "m": "1"}
    renamed = tuple((other[age], other[sex]) for age, sex in GROUPS)
    mixed = measured(name, [counts[at] for at in order], tuple(renamed[at] for at in order))
    assert (mixed.reason, figures(mixed)) == (found.reason, pytest.approx(figures(found), nan_ok=True))
    assert sorted(item.n for item in mixed.by_group) == sorted(item.n for item in found.by_group)


@pytest.mark.parametrize("name", CHECKS)
@settings(max_examples=10, deadline=None)
@given(counts=st.lists(ENOUGH, min_size=4, max_size=4))
def test_four_times_the_same_people_have_the_same_value_and_a_narrower_interval(name, counts):
    once, often = measured(name, counts), measured(name, [tuple(4 * n for n in cell) for cell in counts])
    assert once.reason is often.reason is None
    assert often.value == pytest.approx(once.value)
    assert often.high - often.low < once.high - once.low


@pytest.mark.parametrize("name", CHECKS)
@settings(max_examples=12, deadline=None)
@given(cell=st.tuples(*[st.integers(1, 60)] * 4))
def test_groups_that_are_treated_alike_never_fail(name, cell):
    limit = ">= 0.99" if find(name).better == "higher" else "<= 0.01"
    assert judge(measured(name, [cell] * 4), find(name).criterion(limit)).verdict is not Verdict.FAIL


def test_the_lowest_over_the_highest_cell_is_that_of_fairlearn():
    counts = [(30, 20, 25, 45), (50, 10, 20, 20), (15, 15, 40, 60), (40, 35, 15, 30)]
    names = [" ".join(group) for group in GROUPS]
    crossed = np.repeat(names, [sum(cell) for cell in counts])
    said = np.concatenate([np.repeat([True, False], [tp + fp, fn + tn]) for tp, fp, fn, tn in counts])
    expected = metrics.demographic_parity_ratio(said, said, sensitive_features=crossed)
    found = measured("fairness.intersectional-selection-rate", counts)
    assert found.value == pytest.approx(expected, abs=1e-12)
    assert expected == pytest.approx((30 / 130) / (75 / 120))
