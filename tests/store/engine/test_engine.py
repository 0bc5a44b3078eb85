"""Engines by name; what is not there is said in one sentence with its remedy."""

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from clerestory.assurance.tally import GroupCounts, NullCounts, SchemaColumns
from clerestory.store.engine.engine import Engine, EngineUnknown, open_engine
from clerestory.store.engine.kind import ColumnUnfit
from clerestory.store.engine.source import SourceUnreadable, find_source
from tests.store.engine.conftest import Count

SAY = """
import sys
from clerestory.store.engine.engine import EngineMissing, open_engine
for name in sys.argv[2:]:
    sys.modules[name] = None
try:
    open_engine(sys.argv[1])
except EngineMissing as error:
    print(error.problem, error.remedy, sep="\\n")
"""


def refusal(engine: str, *missing: str, path: str | None = None) -> tuple[str, ...]:
    """Open an engine in a process that lacks something; return what it says."""
    environment = {"PATH": path or os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", SAY, engine, *missing], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return tuple(done.stdout.splitlines())


def test_an_engine_that_nobody_knows_is_refused_with_those_that_are() -> None:
    with pytest.raises(EngineUnknown, match="no engine 'pandas'") as refused:
        open_engine("pandas")
    assert refused.value.remedy == "Set CLERESTORY_ENGINE to one of polars, duckdb, spark."


def test_an_engine_that_is_not_installed_says_how_to_install_it() -> None:
    assert refusal("duckdb", "duckdb") == (
        "DuckDB is not installed here.",
        'Install it: pip install "clerestory[duckdb]".',
    )
    assert refusal("spark", "pyspark") == (
        "PySpark is not installed here.",
        'Install it: pip install "clerestory[spark]".',
    )


def test_a_spark_without_java_is_one_clear_error(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "dirname", "env", "ps"):
        tools.joinpath(name).symlink_to(f"/usr/bin/{name}")
    problem, remedy = refusal("spark", path=str(tools))
    assert problem.startswith("Spark does not start: ")
    assert remedy.startswith("Install Java 17 or newer (Debian: default-jre-headless)")


def test_two_names_that_differ_in_capitals_are_two_columns_or_refused(tmp_path: Path) -> None:
    pl.DataFrame({"x": [1], "X": ["a"]}).write_parquet(tmp_path / "x.parquet")
    source = find_source("x.parquet", tmp_path, what="current")
    counted = open_engine().tally({"current": source}, [NullCounts("x"), NullCounts("X")])
    assert len(counted.tallies) == 2
    with pytest.raises(ColumnUnfit, match="DuckDB takes 'x' and 'X' of the current data for one"):
        open_engine("duckdb").tally({"current": source}, [NullCounts("x")])


def test_a_csv_has_the_types_that_polars_reads_whatever_counts_it(tmp_path: Path, engine: Engine) -> None:
    (tmp_path / "x.csv").write_text("zip,day\n01234,2026-11-21\n,\n", encoding="utf-8")
    source = find_source("x.csv", tmp_path, what="current")
    asked = [SchemaColumns(), GroupCounts(("zip", "day"))]
    expected = open_engine().tally({"current": source}, asked)
    assert engine.tally({"current": source}, asked) == expected


def test_odd_types_and_names_are_counted_alike(tmp_path: Path, engine: Engine) -> None:
    folder = tmp_path / "run [1]*"
    folder.mkdir()
    table = pl.DataFrame(
        {
            "a b c": pl.Series([1, 2, None], dtype=pl.UInt64),
            "'`": pl.Series(["x", "y", None], dtype=pl.Categorical),
            "ns": pl.Series([0, 10**18, None]).cast(pl.Datetime("ns")),
            "euro": pl.Series(["1.50", "2.5", None]).cast(pl.Decimal(10, 2)),
            "nothing": [None, None, None],
        }
    )
    for name in ("a", "b[c]"):
        table.write_parquet(folder / f"{name}.parquet")
    source = find_source(str(folder), tmp_path, what="current")
    asked = [*(NullCounts(name) for name in table.columns), *(GroupCounts((name,)) for name in table.columns[:4])]
    assert engine.tally({"current": source}, asked) == open_engine().tally({"current": source}, asked)


@pytest.mark.parametrize(
    "engine, name", [("duckdb", 'a"b'), ("duckdb", "a.b"), ("spark", "a.b"), ("spark", "a`b")], indirect=["engine"]
)
def test_a_name_that_an_engine_cannot_say_is_refused(tmp_path: Path, engine: Engine, name: str) -> None:
    pl.DataFrame({name: [1]}).write_parquet(tmp_path / "x.parquet")
    source = find_source("x.parquet", tmp_path, what="current")
    assert open_engine().tally({"current": source}, [NullCounts(name)]).tallies
    with pytest.raises(ColumnUnfit, match="cannot name the column"):
        engine.tally({"current": source}, [NullCounts(name)])


def test_a_broken_file_is_named(tmp_path: Path, engine: Engine) -> None:
    pl.DataFrame({"x": list(range(10_000))}).write_parquet(tmp_path / "cut.parquet")
    body = bytearray((tmp_path / "cut.parquet").read_bytes())
    body[8:400] = bytes(392)
    (tmp_path / "cut.parquet").write_bytes(body)
    source = find_source("cut.parquet", tmp_path, what="current")
    with pytest.raises(SourceUnreadable, match=r"cut\.parquet"):
        engine.tally({"current": source}, [GroupCounts(("x",))])


def test_an_empty_table_has_no_rows(count: Count) -> None:
    found = count([NullCounts("x"), GroupCounts(("x",))], {"x": pl.Series([], dtype=pl.Float64)})
    assert not found.refused
