"""Two samples along the points of the reference, against plain counting and SciPy."""

import math
import random
from datetime import UTC, datetime

import numpy as np
import pytest
from scipy import stats

from clerestory.assurance.tally import MISSING, Spread, TwoCategoryTally, TwoSample, TwoSampleTally
from tests.store.engine.conftest import Count


def spread_by_hand(sample: list[float | None], points: tuple[float, ...]) -> Spread:
    """Count a sample at and between points, value by value."""
    at, between, missing, infinite = [0] * len(points), [0] * (len(points) + 1), 0, 0
    for value in sample:
        if value is None or math.isnan(value):
            missing += 1
        elif math.isinf(value):
            infinite += 1
        elif value in points:
            at[points.index(value)] += 1
        else:
            between[sum(point < value for point in points)] += 1
    return Spread(at=tuple(at), between=tuple(between), missing=missing, infinite=infinite)


def draw(seed: int, rows: int, distinct: int) -> list[float | None]:
    """Draw numbers with ties, missing values and infinities."""
    dice = random.Random(seed)
    odd = [None, float("nan"), float("inf"), -float("inf")]
    return [dice.choice(odd) if dice.random() < 0.05 else dice.randrange(distinct) / 7 for _ in range(rows)]


@pytest.mark.parametrize("distinct,points", [(5, 10), (50, 10), (400, 100), (1, 3)])
def test_both_samples_are_counted_at_and_between_the_points(count: Count, distinct: int, points: int) -> None:
    reference, current = draw(1, 700, distinct), draw(2, 500, distinct + 3)
    finite = sorted(value for value in reference if value is not None and math.isfinite(value))
    exact = len(set(finite)) <= points
    ranks = [finite[math.ceil(len(finite) * k / points) - 1] for k in range(1, points)]
    expected = tuple(sorted(set(finite if exact else ranks)))
    found = count([TwoSample("x", points)], {"x": current}, {"x": reference}).tallies[TwoSample("x", points)]
    assert found == TwoSampleTally(
        exact=exact,
        points=expected,
        reference=spread_by_hand(reference, expected),
        current=spread_by_hand(current, expected),
    )


def test_counts_at_all_reference_values_give_the_distance_of_kolmogorov_and_smirnov(count: Count) -> None:
    reference = np.random.default_rng(3).normal(0, 1, 400)
    current = np.random.default_rng(4).normal(0.2, 1, 300)
    found = count([TwoSample("x", 400)], {"x": current}, {"x": reference}).tallies[TwoSample("x", 400)]
    assert isinstance(found, TwoSampleTally)
    old, new = found.reference, found.current
    steps = np.cumsum([value for pair in zip(old.between, (*old.at, 0), strict=True) for value in pair]) / 400
    other = np.cumsum([value for pair in zip(new.between, (*new.at, 0), strict=True) for value in pair]) / 300
    assert np.abs(steps - other).max() == pytest.approx(stats.ks_2samp(reference, current).statistic, abs=1e-12)


def test_moments_count_as_seconds_and_days_as_their_first_moment(count: Count) -> None:
    moment = datetime(2026, 11, 21, 12, tzinfo=UTC)
    for reference, current in (([moment], [moment, None]), ([moment.date()], [moment.date(), None])):
        found = count([TwoSample("t", 5)], {"t": current}, {"t": reference}).tallies[TwoSample("t", 5)]
        assert isinstance(found, TwoSampleTally)
        seconds = moment.timestamp() if reference == [moment] else datetime(2026, 11, 21, tzinfo=UTC).timestamp()
        assert (found.points, found.current) == ((seconds,), Spread(at=(1,), between=(0, 0), missing=1))


def test_an_empty_reference_has_no_points(count: Count) -> None:
    found = count([TwoSample("x", 5)], {"x": [1.0, 2.0]}, {"x": [None, float("inf")]}).tallies[TwoSample("x", 5)]
    assert found == TwoSampleTally(
        exact=True,
        points=(),
        reference=Spread(at=(), between=(0,), missing=1, infinite=1),
        current=Spread(at=(), between=(2,)),
    )


def test_texts_are_compared_by_category(count: Count) -> None:
    asked = TwoSample("t", 5)
    found = count([asked], {"t": ["a", "c", "c", None]}, {"t": ["a", "a", "b", None, None]}).tallies[asked]
    assert found == TwoCategoryTally(
        categories=("a", "b", "c"), reference=(2, 1, 0), current=(1, 0, 2), reference_missing=2, current_missing=1
    )


def test_beyond_a_thousand_categories_the_largest_of_the_reference_are_named(count: Count) -> None:
    reference = [f"v{k:04}" for k in range(1200) for _ in range(2 if k < 900 else 1)] + [None]
    current = [f"w{k:04}" for k in range(3000) for _ in range(3)] + ["v0899", "v1100", "v0999", None, None]
    found = count([TwoSample("t", 5)], {"t": current}, {"t": reference}).tallies[TwoSample("t", 5)]
    assert isinstance(found, TwoCategoryTally)
    assert found.categories == tuple(f"v{k:04}" for k in range(1000))
    assert (sum(found.reference), found.reference_other, found.reference_missing) == (1900, 200, 1)
    assert (sum(found.current), found.current_other, found.current_missing) == (2, 9001, 2)
    assert MISSING not in found.categories


def test_a_column_that_changed_from_text_to_number_is_refused(count: Count) -> None:
    asked = [TwoSample("x", 5), TwoSample("y", 5)]
    found = count(asked, {"x": [1.0], "y": ["1"]}, {"x": ["1"], "y": [1.0]})
    assert set(found.refused) == set(asked)
