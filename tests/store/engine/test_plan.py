"""Counts are the same whether they share a reading with others or stand alone."""

import random
from datetime import UTC, datetime

import pytest

from clerestory.assurance.tally import (
    CategoryCounts,
    Confusion,
    Event,
    Freshness,
    Moments,
    MomentsTally,
    NullCounts,
    RangeCounts,
    Request,
    TwoSample,
)
from tests.store.engine.conftest import Count

DRAW = random.Random(21)
TABLE = {
    "x": [DRAW.choice([None, float("nan"), float("inf"), -float("inf"), 0.1, 0.2, 3.7, -2.5]) for _ in range(300)],
    "k": [DRAW.choice([None, 1, 2, 30]) for _ in range(300)],
    "t": [DRAW.choice([None, "a", "b", "c"]) for _ in range(300)],
    "b": [DRAW.choice([None, True, False]) for _ in range(300)],
    "m": [
        DRAW.choice([None, datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)]) for _ in range(300)
    ],
}
ALONE: list[Request] = [
    *(NullCounts(column, data) for column in TABLE for data in ("current", "reference")),
    *(request for column in "xk" for request in (RangeCounts(column, 0, 2), RangeCounts(column, 0.2), Moments(column))),
    Freshness("m", as_of="2026-11-21T00:00:00.000000Z"),
    CategoryCounts("t", ("a", "z")),
    RangeCounts("t", 0, 1),
    Freshness("x", as_of="2026-11-21T00:00:00.000000Z"),
]


def test_sharing_a_reading_changes_no_count(count: Count) -> None:
    together = count([*ALONE, *(TwoSample(column, 10) for column in TABLE)], TABLE, TABLE)
    for request in ALONE:
        alone = count([request], TABLE, TABLE)
        expected = alone.tallies.get(request)
        found = together.tallies.get(request)
        if isinstance(expected, MomentsTally) and isinstance(found, MomentsTally):
            assert found.total == pytest.approx(expected.total, rel=1e-12)
            assert found.squares == pytest.approx(expected.squares, rel=1e-12)
            assert (found.rows, found.missing, found.infinite) == (expected.rows, expected.missing, expected.infinite)
        else:
            assert found == expected, request
        assert (request in together.refused) == (request in alone.refused)
    assert set(together.refused) == {ALONE[-1], ALONE[-2]}


def test_numbers_too_large_to_add_up_are_refused(count: Count) -> None:
    asked = [Moments("x"), TwoSample("x", 5)]
    for requests in (asked[:1], asked):
        assert "too large" in count(requests, {"x": [1e200, 1e200]}, {"x": [1.0]}).refused[asked[0]].problem


def test_equal_requests_are_counted_once_and_progress_reaches_the_end(count: Count) -> None:
    found = count([NullCounts("x"), NullCounts("x")], TABLE)
    assert len(found.tallies) == 1


def test_a_label_that_cannot_be_read_refuses_only_what_asks_for_it(count: Count) -> None:
    plain, gone = Confusion(("t",), Event("b")), Confusion(("t",), Event("b"), Event("nowhere"))
    odd, missing = Confusion(("t",), Event("b"), Event("k")), Confusion(("nowhere",), Event("b"))
    compared = TwoSample("t", 10)
    found = count([plain, gone, odd, missing, compared], TABLE, TABLE)
    assert set(found.refused) == {gone, odd, missing}
    for request in (plain, compared):
        assert found.tallies[request] == count([request], TABLE, TABLE).tallies[request]


def test_texts_that_turn_out_to_have_many_values_are_counted_all_the_same(count: Count) -> None:
    first = ["a"] * 3_000
    table = {
        "u": [*first, *(f"u{at % 400}" for at in range(60_000))],
        "v": [*first, *(f"v{at}" for at in range(60_000))],
    }
    asked = [TwoSample("u", 10), TwoSample("v", 10)]
    together = count(asked, table, table).tallies
    for request in asked:
        assert together[request] == count([request], table, table).tallies[request]
