"""Rules between columns of a row, and rows that repeat: on each engine, against counts by hand and by Polars."""

import random
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from clerestory.assurance.tally import DistinctRows, DuplicateTally, RuleCounts, RuleTally
from clerestory.store.engine.polars_engine import PolarsEngine
from clerestory.store.engine.row.partition import distinct_rows
from clerestory.store.engine.source import find_source
from tests.store.engine.conftest import Count

NAN, INFINITE = float("nan"), float("inf")
LOANS = {
    "opened": [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1), None],
    "closed": [date(2026, 1, 5), date(2026, 1, 5), None, date(2026, 1, 1)],
    "seen": [datetime(2026, 1, 1, 12, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC), None, None],
    "paid": [0.1, 5.0, 2.0, NAN],
    "due": [0.2, 5.0, 2.0, 1.0],
    "total": [0.3, 10.0, 5.0, INFINITE],
    "status": ["denied", "denied", "paid", None],
    "granted": [False, None, True, True],
    "the reason": ["income", None, None, None],
    "list": [[1], [2], [3], [4]],
}
RULES = [
    ("closed >= opened", 2, 1),
    ("closed < opened", 2, 1),
    ("closed >= '2026-01-05'", 3, 1),
    ("seen >= opened", 2, 0),
    ("paid + due == total", 3, 1),
    ("total - due == paid", 3, 1),
    ("paid != due", 3, 2),
    ("due <= 4", 4, 1),
    ("due > -1", 4, 0),
    ("total > due", 4, 0),
    ("total == total", 4, 0),
    ("due == total", 4, 4),
    ("status == 'denied'", 3, 1),
    ("granted == 'true'", 3, 1),
    ("granted >= 1", 3, 1),
    ("`the reason` present when status == 'denied'", 2, 1),
    ("`the reason` present when status = denied", 2, 1),
    ("`the reason` present when granted == true", 2, 2),
    ("paid present when opened == '2026-03-01'", 1, 0),
    ("due == paid when status == 'paid'", 1, 0),
    ("due == paid when status == 'lost'", 0, 0),
    ("due == paid when due == much", 0, 0),
    ("opened present", 4, 1),
    ("paid present", 4, 1),
]
UNFIT = [
    ("opened > paid", "no order"),
    ("status > 1", "no order"),
    ("paid == 'much'", "no order"),
    ("opened + paid == due", "no numbers"),
    ("opened >= 'yesterday'", "yesterday"),
    ("gone > 1", "gone"),
    ("list == 1", "other"),
]


def test_each_form_of_rule_is_broken_by_the_rows_that_break_it(count: Count) -> None:
    found = count([RuleCounts(text) for text, _, _ in RULES], LOANS)
    assert not found.refused
    for text, judged, broken in RULES:
        assert found.tallies[RuleCounts(text)] == RuleTally(rows=4, judged=judged, broken=broken), text


def test_what_has_no_order_or_sum_is_refused_and_the_others_are_counted(count: Count) -> None:
    found = count([RuleCounts("due <= 4"), *(RuleCounts(text) for text, _ in UNFIT)], LOANS)
    assert set(found.tallies) == {RuleCounts("due <= 4")}
    for text, named in UNFIT:
        assert named in found.refused[RuleCounts(text)].problem


def test_numbers_are_equal_within_a_billionth_and_texts_by_their_bytes(count: Count) -> None:
    table = {
        "a": [1e12, 1e12, 0.0],
        "b": [1e12 + 999, 1e12 + 1_001, 1e-300],
        "t": ["Z", "ä", "a"],
        "u": ["a", "z", "a"],
    }
    asked = [RuleCounts("a == b"), RuleCounts("a < b"), RuleCounts("t < u"), RuleCounts("t <= u")]
    found = count(asked, table).tallies
    assert [found[request].broken for request in asked] == [2, 1, 2, 1]  # type: ignore[union-attr]


def test_a_gap_is_equal_to_a_gap_and_a_negative_zero_to_a_zero(count: Count) -> None:
    table = {"x": [0.0, -0.0, NAN, None, 1.0, NAN], "t": ["a", "a", None, None, "a", "b"]}
    asked = [DistinctRows(("x",)), DistinctRows(("x", "t")), DistinctRows(("t",))]
    found = count(asked, table).tallies
    distinct = [found[request] for request in asked]
    assert distinct == [DuplicateTally(rows=6, distinct=n, incomplete=0) for n in (3, 4, 3)]


def test_lists_are_no_rows_to_compare(count: Count) -> None:
    asked = DistinctRows(("due", "list"))
    assert "lists" in count([asked], LOANS).refused[asked].problem


@pytest.mark.parametrize("together", [1, 7, 10_000])
def test_rows_that_repeat_are_those_of_polars_however_few_are_looked_at_together(together: int) -> None:
    draw = random.Random(3)
    rows = [(draw.randrange(60), draw.choice(["a", "b", None]), draw.choice([0.5, 2.5, None])) for _ in range(2_000)]
    for some in (rows, [*rows, *range(3_000)][2_000:], []):
        frame = pl.DataFrame([(row, "x", 1.0) if isinstance(row, int) else row for row in some],
                             schema={"k": pl.Int64, "t": pl.String, "x": pl.Float64}, orient="row")  # fmt: skip
        assert distinct_rows(frame.lazy(), together) == (frame.height, frame.unique().height)


def test_a_table_counted_in_parts_has_the_distinct_rows_of_the_whole(tmp_path: Path) -> None:
    draw = random.Random(5)
    pl.DataFrame({"k": [draw.randrange(300) for _ in range(900)]}).write_parquet(tmp_path / "x.parquet")
    asked = DistinctRows(("k",))
    source = find_source("x.parquet", tmp_path, what="current")
    few, many = (PolarsEngine(keys=keys).tally({"current": source}, [asked]).tallies[asked] for keys in (10, 10_000))
    assert few == many
