"""Tables of logs: the same rows whatever format they lie in, and one clear error for what is no such table."""

from datetime import UTC, datetime

import polars as pl
import pytest

from clerestory.assurance.running.columns import moments, numbers, texts
from clerestory.assurance.trial import Rows
from clerestory.intake.running.rows import LogUnusable
from clerestory.intake.trial import Ground, TrialImpossible
from clerestory.store.engine.source import SourceUnreadable

TABLE = pl.DataFrame({
    "at": [datetime(2026, 11, 20, 10, tzinfo=UTC), datetime(2026, 11, 20, 11, tzinfo=UTC)],
    "status": ["200", "503"], "seconds": [0.5, None],
})  # fmt: skip
TEXT = "at,status,seconds\n2026-11-20T10:00:00Z,200,0.5\n2026-11-20T11:00:00Z,503,\n"
LINES = '{"at":"2026-11-20T10:00:00","status":"200","seconds":0.5}\n{"at":"2026-11-20T11:00:00","status":"503"}\n'


def brought(folder, pattern, *optional):
    return Ground(folder=folder, data={}).answer(Rows(pattern, ("at", "status"), ("seconds", *optional)))


def said(found):
    seconds = [None if number != number else number for number in numbers(found.table, "seconds").tolist()]
    return moments(found.table, "at").tolist(), texts(found.table, "status"), seconds


def test_csv_parquet_and_json_lines_hold_the_same_rows(tmp_path):
    TABLE.write_parquet(tmp_path / "a.parquet")
    (tmp_path / "b.csv").write_text(TEXT, encoding="utf-8")
    (tmp_path / "c.jsonl").write_text(LINES, encoding="utf-8")
    found = [brought(tmp_path, name) for name in ("a.parquet", "b.csv", "c.jsonl")]
    assert said(found[0]) == said(found[1]) == said(found[2])
    assert said(found[0]) == ([1795168800.0, 1795172400.0], ["200", "503"], [0.5, None])  # date -u -d ... +%s
    assert len({one.digest for one in found}) == 3


def test_several_files_lie_one_behind_the_other_and_none_is_no_rows(tmp_path):
    for name in ("day=1/log.csv", "day=2/log.csv"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(TEXT, encoding="utf-8")
    found = brought(tmp_path, "day=*/log.csv", "fault")
    assert (found.total, found.files) == (4, ("day=1/log.csv", "day=2/log.csv"))
    assert "fault" not in found.table
    assert (brought(tmp_path, "none/*.csv").files, brought(tmp_path, "none/*.csv").total) == ((), 0)


@pytest.mark.parametrize(
    "name, body, error",
    [
        ("a.csv", "at\n2026-11-20\n", LogUnusable),
        ("a.xlsx", "PK", LogUnusable),
        ("a.parquet", "PAR1", SourceUnreadable),
        ("a.jsonl", "{", SourceUnreadable),
    ],
)
def test_what_is_no_such_table_is_refused(tmp_path, name, body, error):
    (tmp_path / name).write_text(body, encoding="utf-8")
    with pytest.raises(error):
        brought(tmp_path, name)


def test_a_log_elsewhere_is_not_read(tmp_path):
    (tmp_path / "inside").mkdir()
    (tmp_path / "a.csv").write_text(TEXT, encoding="utf-8")
    with pytest.raises(TrialImpossible, match="leads out"):
        brought(tmp_path / "inside", "../a.csv")
