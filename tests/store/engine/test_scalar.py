"""One-row counts against plain counting in Python."""

import math
from datetime import UTC, date, datetime

from clerestory.assurance.tally import (
    Freshness,
    FreshnessTally,
    Moments,
    MomentsTally,
    NullCounts,
    NullTally,
    RangeCounts,
    RangeTally,
    SchemaColumns,
    SchemaTally,
)
from tests.store.engine.conftest import Count

NUMBERS = [1.5, None, float("nan"), float("inf"), -float("inf"), -2.0, 7.25, 7.25]


def test_null_nan_and_infinite_values_are_counted_apart(count: Count) -> None:
    asked = [NullCounts("x"), NullCounts("t")]
    found = count(asked, {"x": NUMBERS, "t": ["a", None, None, "b", "", "c", "d", "e"]}).tallies
    assert found[asked[0]] == NullTally(rows=8, missing=1, not_a_number=1, infinite=2)
    assert found[asked[1]] == NullTally(rows=8, missing=2)


def test_a_range_counts_finite_values_outside_its_ends_only(count: Count) -> None:
    asked = [RangeCounts("x", 0.0, 7.0), RangeCounts("x", minimum=7.25), RangeCounts("x", maximum=-2.0)]
    found = count(asked, {"x": NUMBERS}).tallies
    assert found[asked[0]] == RangeTally(rows=8, missing=2, infinite=2, below=1, above=2)
    assert found[asked[1]] == RangeTally(rows=8, missing=2, infinite=2, below=2, above=0)
    assert found[asked[2]] == RangeTally(rows=8, missing=2, infinite=2, below=0, above=3)


def test_moments_are_those_of_the_finite_values(count: Count) -> None:
    finite = [x for x in NUMBERS if x is not None and math.isfinite(x)]
    found = count([Moments("x")], {"x": NUMBERS}).tallies[Moments("x")]
    assert found == MomentsTally(
        rows=8,
        missing=2,
        infinite=2,
        total=math.fsum(finite),
        squares=math.fsum(x * x for x in finite),
        minimum=min(finite),
        maximum=max(finite),
    )


def test_integers_are_counted_like_numbers(count: Count) -> None:
    asked = [Moments("k"), RangeCounts("k", 2, 3)]
    found = count(asked, {"k": [1, 2, 3, None, 4]}).tallies
    assert found[asked[0]] == MomentsTally(
        rows=5, missing=1, infinite=0, total=10.0, squares=30.0, minimum=1, maximum=4
    )
    assert found[asked[1]] == RangeTally(rows=5, missing=1, infinite=0, below=1, above=1)


def test_an_empty_column_has_no_extremes(count: Count) -> None:
    found = count([Moments("x"), NullCounts("x")], {"x": [None, float("nan")], "y": [1, 2]}).tallies
    assert found[Moments("x")] == MomentsTally(rows=2, missing=2, infinite=0, total=0.0, squares=0.0)


def test_freshness_knows_dates_in_the_future_and_too_old_ones(count: Count) -> None:
    moments = [datetime(2026, 11, day, 12, tzinfo=UTC) for day in (1, 10, 20, 30)]
    asked = Freshness("t", as_of="2026-11-21T00:00:00.000000Z", not_before="2026-11-05T00:00:00.000000Z")
    expected = FreshnessTally(
        rows=5,
        missing=1,
        future=1,
        old=1,
        earliest="2026-11-01T12:00:00.000000Z",
        latest="2026-11-30T12:00:00.000000Z",
    )
    assert count([asked], {"t": [*moments, None]}).tallies[asked] == expected
    naive = [moment.replace(tzinfo=None) for moment in moments]
    assert count([asked], {"t": [*naive, None]}).tallies[asked] == expected


def test_a_day_counts_from_its_first_moment_in_utc(count: Count) -> None:
    asked = Freshness("t", as_of="2026-11-21T00:00:00.000000Z")
    found = count([asked], {"t": [date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)]}).tallies[asked]
    assert (found.future, found.latest) == (1, "2026-11-22T00:00:00.000000Z")  # type: ignore[union-attr]


def test_a_schema_names_columns_in_the_order_of_the_table(count: Count) -> None:
    found = count(
        [SchemaColumns()],
        {
            "i": [1],
            "x": [0.5],
            "b": [True],
            "t": ["a"],
            "d": [date(2026, 1, 1)],
            "m": [datetime(2026, 1, 1, tzinfo=UTC)],
            "l": [[1, 2]],
        },
    )
    kinds = (
        ("i", "integer"),
        ("x", "number"),
        ("b", "boolean"),
        ("t", "text"),
        ("d", "date"),
        ("m", "moment"),
        ("l", "other"),
    )
    assert found.tallies[SchemaColumns()] == SchemaTally(kinds, 1)


def test_one_unfit_column_does_not_stop_the_other_counts(count: Count) -> None:
    asked = [RangeCounts("t", 0, 1), NullCounts("gone"), NullCounts("x"), NullCounts("x", data="reference")]
    found = count(asked, {"t": ["a"], "x": [1.0]})
    assert found.tallies == {asked[2]: NullTally(rows=1, missing=0)}
    assert {request: error.problem for request, error in found.refused.items()} == {
        asked[0]: "Column 't' of the current data is text, not integer or number.",
        asked[1]: "The current data has no column 'gone'.",
        asked[3]: "There is no reference data to count in.",
    }
