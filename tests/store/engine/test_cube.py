"""Counts of cells against plain counting in Python."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from clerestory.assurance.tally import (
    MISSING,
    CategoryCounts,
    CategoryTally,
    Confusion,
    ConfusionCell,
    ConfusionTally,
    CountCell,
    DuplicateCounts,
    DuplicateTally,
    Event,
    GroupCounts,
    GroupTally,
)
from clerestory.store.engine.polars_engine import PolarsEngine
from clerestory.store.engine.source import find_source
from tests.store.engine.conftest import Count

PART = {
    (True, True): "tp",
    (True, False): "fp",
    (False, True): "fn",
    (False, False): "tn",
    (True, None): "favourable_unlabelled",
    (False, None): "unfavourable_unlabelled",
    (None, True): "undecided_positive",
    (None, False): "undecided_negative",
    (None, None): "undecided_unlabelled",
}


def people(rows: int) -> dict[str, list[object]]:
    """Draw a small table with missing values everywhere."""
    draw = random.Random(7)
    return {
        "sex": [draw.choice(["f", "m", None]) for _ in range(rows)],
        "age": [draw.choice([20, 30, 40, None]) for _ in range(rows)],
        "granted": [draw.choice([True, False, None]) for _ in range(rows)],
        "score": [draw.choice([0.1, 0.5, 0.9, None, float("nan"), float("inf")]) for _ in range(rows)],
        "repaid": [draw.choice(["yes", "no", None]) for _ in range(rows)],
    }


def by_hand(
    table: dict[str, list[object]], by: tuple[str, ...], outcome: list[bool | None], label: list[bool | None]
) -> ConfusionTally:
    """Count a confusion table row by row."""
    cells: dict[tuple[str, ...], Counter[str]] = {}
    for row in range(len(outcome)):
        group = tuple(MISSING if table[column][row] is None else str(table[column][row]) for column in by)
        cells.setdefault(group, Counter())[PART[outcome[row], label[row]]] += 1
    return ConfusionTally(tuple(ConfusionCell(group=group, **cells[group]) for group in sorted(cells)))


def test_confusion_by_every_grouping_equals_counting_by_hand(count: Count) -> None:
    table = people(500)
    outcome, label = Event("granted"), Event("repaid", equals="yes")
    granted = [value if value is None else bool(value) for value in table["granted"]]
    repaid = [None if value is None else value == "yes" for value in table["repaid"]]
    groupings = [(), ("sex",), ("age",), ("sex", "age"), ("age", "sex")]
    found = count([Confusion(by, outcome, label) for by in groupings], table).tallies
    for by in groupings:
        assert found[Confusion(by, outcome, label)] == by_hand(table, by, granted, repaid)


def test_a_score_over_a_threshold_is_a_decision_and_not_a_number_is_none(count: Count) -> None:
    table = people(300)
    asked = Confusion(("sex",), Event("score", at_least=0.5), None)
    decided = [None if value is None or value != value else value >= 0.5 for value in table["score"]]  # type: ignore[operator]
    assert count([asked], table).tallies[asked] == by_hand(table, ("sex",), decided, [None] * 300)


def test_zero_and_one_are_no_and_yes_in_any_numeric_column(count: Count) -> None:
    asked = Confusion((), Event("o"), Event("l"))
    found = count([asked], {"o": [1, 0, None, 1], "l": [1.0, 0.0, 1.0, float("nan")]}).tallies[asked]
    assert found == ConfusionTally(
        (ConfusionCell(group=(), tp=1, tn=1, undecided_positive=1, favourable_unlabelled=1),)
    )


def test_equals_reads_numbers_and_truth_values_as_their_text(count: Count) -> None:
    asked = [
        Confusion(outcome=Event("k", equals="2")),
        Confusion(outcome=Event("b", equals="false")),
        Confusion(outcome=Event("x", equals="0.5")),
        Confusion(outcome=Event("k", equals="two")),
    ]
    found = count(asked, {"k": [1, 2, 2], "b": [True, False, True], "x": [0.5, 1.5, 2.5]}).tallies
    yes = [cell.favourable_unlabelled for request in asked for cell in found[request].cells]  # type: ignore[union-attr]
    assert yes == [2, 1, 1, 0]


def test_a_column_that_is_neither_yes_nor_no_is_refused(count: Count) -> None:
    asked = [Confusion(outcome=Event("k")), Confusion(outcome=Event("t")), Confusion(outcome=Event("b"))]
    found = count(asked, {"k": [0, 1, 2], "t": ["y", "n", "y"], "b": [True, True, True]})
    assert set(found.tallies) == {asked[2]}
    assert found.refused[asked[0]].problem == "Column 'k' of the current data holds values other than 0 and 1."
    assert "favourable" in found.refused[asked[1]].remedy


def test_groups_beyond_the_limit_are_counted_together_and_ties_go_by_text(count: Count) -> None:
    asked = [GroupCounts(("c",), limit=2), GroupCounts(("c",))]
    found = count(asked, {"c": ["b", "a", "c", "c", "c", None]}).tallies
    assert found[asked[0]] == GroupTally((CountCell((MISSING,), 1), CountCell(("c",), 3)), 2)
    assert sum(cell.n for cell in found[asked[1]].cells) == 6  # type: ignore[union-attr]


def test_pairs_of_annotators_are_a_table(count: Count) -> None:
    first, second = ["x", "x", "y", None], [1.0, 1.0, 2.5, float("nan")]
    found = count([GroupCounts(("a", "b"))], {"a": first, "b": second}).tallies[GroupCounts(("a", "b"))]
    assert found == GroupTally((CountCell((MISSING, MISSING), 1), CountCell(("x", "1"), 2), CountCell(("y", "2.5"), 1)))


def test_values_outside_the_allowed_categories_are_counted_and_never_named(count: Count) -> None:
    asked = [
        CategoryCounts("t", ("b", "a", "")),
        CategoryCounts("k", ("1", "2")),
        CategoryCounts("b", ("true", "false")),
    ]
    table = {"t": ["a", "b", "a", "secret", None], "k": [1, 1, 2, 3, None], "b": [True, False, None, True, True]}
    found = count(asked, table).tallies
    assert found[asked[0]] == CategoryTally((1, 2, 0), 1, 1)
    assert found[asked[1]] == CategoryTally((2, 1), 1, 1)
    assert found[asked[2]] == CategoryTally((3, 1), 0, 1)


def test_a_key_with_a_missing_part_is_no_key(count: Count) -> None:
    asked = [DuplicateCounts(("a",)), DuplicateCounts(("a", "b"))]
    found = count(asked, {"a": [1, 1, 2, None, 3], "b": ["x", "x", "x", "x", None]}).tallies
    assert found[asked[0]] == DuplicateTally(rows=5, distinct=3, incomplete=1)
    assert found[asked[1]] == DuplicateTally(rows=5, distinct=2, incomplete=2)


def test_keys_are_distinct_by_value_whatever_their_type_and_number(count: Count) -> None:
    day, moment = date(2026, 11, 1), datetime(2026, 11, 1, 12, tzinfo=UTC)
    table = {
        "k": [3, -1, 3, None, 2**62],
        "x": [0.0, -0.0, 1.5, float("nan"), 1.5],
        "t": ["a", "b", "a", "", None],
        "d": [day, day, None, day + timedelta(1), day],
        "m": [moment, moment + timedelta(microseconds=1), moment, None, moment],
        "b": [True, False, None, True, True],
    }
    expected = {"k": (3, 1), "x": (2, 1), "t": (3, 1), "d": (2, 1), "m": (2, 1), "b": (2, 1)}
    found = count([DuplicateCounts((column,)) for column in table], table).tallies
    for column, (distinct, incomplete) in expected.items():
        tally = DuplicateTally(rows=5, distinct=distinct, incomplete=incomplete)
        assert found[DuplicateCounts((column,))] == tally, column


def test_distinct_rows_counted_in_parts_are_those_of_the_whole(tmp_path: Path) -> None:
    draw = random.Random(3)
    rows = [(draw.randrange(40), draw.choice(["a", "b", "c"]), draw.choice([0.0, -0.0, 2.5])) for _ in range(500)]
    pl.DataFrame(rows, schema=["k", "t", "x"], orient="row").write_parquet(tmp_path / "x.parquet")
    source = find_source("x.parquet", tmp_path, what="current")
    asked = DuplicateCounts(("k", "t", "x"))
    found = PolarsEngine(keys=30).tally({"current": source}, [asked]).tallies[asked]
    assert found == DuplicateTally(rows=500, distinct=len(set(rows)), incomplete=0)
