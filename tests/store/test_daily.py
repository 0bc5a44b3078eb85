"""A window is a sum of its days: each is counted once, and late rows are counted with their day alone."""

import random
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from clerestory.assurance import tally as t
from clerestory.assurance.tally.merge import NotMergeable
from clerestory.intake.data import find_dataset
from clerestory.store.daily import DailyStates, Day
from clerestory.store.engine.engine import open_engine
from clerestory.store.engine.source import find_source

ASKED = [
    t.TwoSample("x", 10),
    t.TwoSample("x", 1_000),
    t.TwoSample("word", 10),
    t.Confusion(("word",), t.Event("granted"), None),
    t.CategoryCounts("word", ("a", "b")),
    t.NullCounts("x"),
    t.NullCounts("x", "reference"),
    t.RangeCounts("x", 0.0, None),
    t.Moments("x"),
    t.GroupCounts(("word", "granted")),
    t.ScoreHistogram("x", t.Event("granted"), ("word",), cuts=(-1.0, 0.0, 1.0), exact_up_to=20, bins=1),
]


def write(folder: Path, name: str, rows: int, seed: int) -> Day:
    """Write the rows of a day to a file."""
    draw = random.Random(seed)
    table = {
        "x": [draw.choice([None, float("nan")]) if draw.random() < 0.05 else draw.gauss(0, 1) for _ in range(rows)],
        "word": [draw.choice(["a", "b", "c", None]) for _ in range(rows)],
        "granted": [draw.choice([True, False, None]) for _ in range(rows)],
    }
    schema = {"x": pl.Float64, "word": pl.String, "granted": pl.Boolean}
    pl.DataFrame(table, schema=schema).write_parquet(folder / f"{name}.parquet")
    return found(folder, name)


def found(folder: Path, name: str) -> Day:
    """Find a day's file as it is now."""
    dataset = find_dataset(f"{name}.parquet", folder, role="operation", what=name)
    return Day(name, dataset.source, dataset.digest)


def days_of(folder: Path, number: int) -> list[Day]:
    """Write some days."""
    first = date(2026, 9, 1)
    return [write(folder, str(first + timedelta(at)), 60 + at, at) for at in range(number)]


def whole(folder: Path, days: list[Day], reference: Day) -> dict[t.Request, t.Tally]:
    """Count all days together, from all their rows."""
    pl.concat([day.source.scan() for day in days]).collect().write_parquet(folder / "whole.parquet")
    source = find_source("whole.parquet", folder, what="whole")
    return dict(open_engine().tally({"current": source, "reference": reference.source}, ASKED).tallies)


def test_a_window_is_the_count_of_all_its_rows(tmp_path: Path) -> None:
    days, reference = days_of(tmp_path, 5), write(tmp_path, "reference", 300, 99)
    found = DailyStates(tmp_path / "states", open_engine()).window(days, ASKED, reference).counted
    assert not found.refused
    expected = whole(tmp_path, days, reference)
    for request in ASKED[:8] + ASKED[9:10]:
        if not isinstance(request, t.Moments):
            assert found.tallies[request] == expected[request]
    assert found.tallies[t.Moments("x")].total == pytest.approx(expected[t.Moments("x")].total, rel=1e-12)  # type: ignore[union-attr]
    scores, all_scores = found.tallies[ASKED[10]], expected[ASKED[10]]
    assert [cell.positive for cell in scores.cells] == [cell.positive for cell in all_scores.cells]  # type: ignore[union-attr]


def test_a_day_is_counted_again_only_when_its_data_changed(tmp_path: Path) -> None:
    days, reference = days_of(tmp_path, 4), write(tmp_path, "reference", 300, 99)
    names = tuple(day.name for day in days)
    first = DailyStates(tmp_path / "states", open_engine()).window(days[:3], ASKED, reference)
    assert first.counted_now == names[:3]
    states = DailyStates(tmp_path / "states", open_engine())
    assert states.window(days, ASKED, reference).counted_now == names[3:]
    assert states.window(days[1:], ASKED, reference).counted_now == ()
    write(tmp_path, names[1], 80, 1)
    late = [found(tmp_path, name) for name in names]
    again = DailyStates(tmp_path / "states", open_engine()).window(late, ASKED, reference)
    assert again.counted_now == (names[1],)
    assert again.counted.tallies[ASKED[0]] == whole(tmp_path, late, reference)[ASKED[0]]
    assert len(list((tmp_path / "states").glob("*/*.state"))) == 4
    assert states.window(late, ASKED[:2], reference).counted_now == names
    assert states.window(late, ASKED, write(tmp_path, "reference", 300, 98)).counted_now == names


def test_a_broken_state_is_counted_again(tmp_path: Path) -> None:
    days, reference = days_of(tmp_path, 3), write(tmp_path, "reference", 300, 99)
    first = DailyStates(tmp_path / "states", open_engine()).window(days, ASKED, reference)
    broken = sorted((tmp_path / "states").glob("*/*.state"))
    broken[0].write_bytes(broken[0].read_bytes()[:-9])
    broken[1].write_bytes(b"")
    again = DailyStates(tmp_path / "states", open_engine()).window(days, ASKED, reference)
    assert again.counted_now == (days[0].name, days[1].name)
    assert again.counted == first.counted


def test_what_days_cannot_tell_is_refused_and_the_rest_is_counted(tmp_path: Path) -> None:
    days, reference = days_of(tmp_path, 2), write(tmp_path, "reference", 300, 99)
    asked = [t.NullCounts("x"), t.DuplicateCounts(("x",)), t.NullCounts("gone")]
    window = DailyStates(tmp_path / "states", open_engine()).window(days, asked, reference).counted
    assert set(window.tallies) == {asked[0]}
    assert isinstance(window.refused[asked[1]], NotMergeable)
    assert window.refused[asked[2]].problem.startswith("2026-09-01: The current data has no column")
