"""Tables of databases are brought in a defined order, and have the same digest wherever they lie."""

import hashlib
import math
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import psycopg
import pytest

from clerestory.assurance.tally import GroupCounts, Moments, NullCounts, SchemaColumns
from clerestory.intake.data import Dataset, find_dataset
from clerestory.store.engine.engine import ENGINES, open_engine
from clerestory.store.engine.source import SourceUnreadable
from tests.conftest import unavailable
from tests.postgres import server

COLUMNS = (
    "id bigint, amount double precision, word text, granted boolean, born date, moment timestamptz, cash numeric(9,2)"
)
ROWS = [
    (2, math.nan, "ü", True, date(1969, 12, 31), datetime(2026, 11, 21, 12, tzinfo=UTC), 1.5),
    (1, -0.0, "", False, None, None, None),
    (None, math.inf, None, None, date(2026, 1, 1), datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), 2.25),
    (2, 0.1, "Z", None, None, None, -1),
    (2, 0.1, "a", None, None, None, -1),
]
KINDS = {
    "id": "integer", "amount": "number", "word": "text", "granted": "boolean", "born": "date", "moment": "moment",
    "cash": "number",
}  # fmt: skip


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Give the address of a real PostgreSQL."""
    with ExitStack() as stack:
        try:
            address = stack.enter_context(server())
        except (ImportError, OSError, RuntimeError):
            unavailable("PostgreSQL")
        yield address


@pytest.fixture
def table(postgres: str) -> Iterator[str]:
    """Give the address of a table of PostgreSQL that holds the rows."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute('CREATE SCHEMA "s p"')
        connection.execute(f'CREATE TABLE "s p"."T" ({COLUMNS})')
        with connection.cursor() as cursor:
            cursor.executemany('INSERT INTO "s p"."T" VALUES (%s, %s, %s, %s, %s, %s, %s)', ROWS)
        yield f"{postgres}#s p.T"
        connection.execute('DROP SCHEMA "s p" CASCADE')


def duck(folder: Path, rows: list[tuple[object, ...]]) -> str:
    """Write rows to a table of a DuckDB file; return its address."""
    with duckdb.connect(str(folder / "x.duckdb")) as connection:
        connection.execute(f"CREATE OR REPLACE TABLE decisions ({COLUMNS})")
        connection.executemany("INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    return "duckdb:x.duckdb#decisions"


def find(location: str, folder: Path) -> Dataset:
    """Find a data set."""
    return find_dataset(location, folder, role="test", what="current")


def digest_by_hand(rows: list[tuple[object, ...]]) -> str:
    """Write out what the digest is over, value by value, for the rows in their order."""
    total = b'clerestory-rows-v1\n[["id", "integer"], ["amount", "number"], ["word", "text"], ["granted", "boolean"], '
    total += b'["born", "date"], ["moment", "moment"], ["cash", "number"]]\n'
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    for at, kind in enumerate(KINDS.values()):
        values = [row[at] for row in rows]
        total += bytes(value is not None for value in values)
        if kind == "text":
            texts = [str(value or "").encode() for value in values]
            total += b"".join(struct.pack("<I", len(text)) for text in texts) + b"".join(texts)
        for value in values if kind != "text" else ():
            if kind == "number":
                total += struct.pack("<d", float(value or 0) + 0.0)  # type: ignore[arg-type]
            elif kind == "boolean":
                total += bytes([bool(value)])
            elif kind == "date":
                total += struct.pack("<i", (value - epoch.date()).days if value else 0)  # type: ignore[operator]
            else:
                micro = (value - epoch) // (epoch.resolution) if isinstance(value, datetime) else value or 0
                total += struct.pack("<q", micro)  # type: ignore[arg-type]
    return "sha256:" + hashlib.sha256(total).hexdigest()


def test_the_digest_of_a_table_is_that_of_its_rows_in_order(tmp_path: Path) -> None:
    found = find(duck(tmp_path, ROWS), tmp_path)
    assert found.columns == KINDS
    ordered = [ROWS[at] for at in (2, 1, 3, 4, 0)]
    assert found.digest == digest_by_hand(ordered)
    assert find(duck(tmp_path, ROWS[::-1]), tmp_path).digest == found.digest
    assert find(duck(tmp_path, ROWS[1:]), tmp_path).digest != found.digest


def test_the_same_rows_have_the_same_digest_in_duckdb_and_postgres(tmp_path: Path, table: str) -> None:
    first, second = find(duck(tmp_path, ROWS), tmp_path), find(table, tmp_path)
    assert (first.digest, first.columns) == (second.digest, second.columns)
    asked = [SchemaColumns(), Moments("amount"), GroupCounts(("word", "born", "moment")), NullCounts("cash")]
    counted = [
        open_engine(name).tally({"current": found.source}, asked) for name in ENGINES[:2] for found in (first, second)
    ]
    assert all(found == counted[0] for found in counted)
    assert not counted[0].refused


def test_an_empty_table_has_its_columns(tmp_path: Path, table: str, postgres: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute('DELETE FROM "s p"."T"')
    empty = find(duck(tmp_path, ROWS), tmp_path)
    with duckdb.connect(str(tmp_path / "x.duckdb")) as file:
        file.execute("DELETE FROM decisions")
    assert find("duckdb:x.duckdb#decisions", tmp_path).digest == find(table, tmp_path).digest != empty.digest
    assert find(table, tmp_path).columns == KINDS


def test_types_without_an_order_of_their_own_are_brought_as_text(tmp_path: Path, postgres: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE TABLE odd (j json, u uuid, many int[], small smallint, single real)")
        connection.execute("INSERT INTO odd VALUES ('{\"a\": 1}', gen_random_uuid(), '{1,2}', 3, 0.5)")
        found = find(f"{postgres}#public.odd", tmp_path)
        connection.execute("DROP TABLE odd")
    assert list(found.columns.values()) == ["text", "text", "text", "integer", "number"]
    assert found.source.scan().collect()["j"].to_list() == ['{"a": 1}']


def test_what_was_brought_is_gone_with_the_data_set(tmp_path: Path) -> None:
    found = find(duck(tmp_path, ROWS), tmp_path)
    (file,) = found.source.files
    assert file.parent.stat().st_mode & 0o777 == 0o700
    del found
    assert not file.parent.exists()


def test_a_password_is_said_nowhere(tmp_path: Path, postgres: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE TABLE one AS SELECT 1 AS x")
        host = postgres.partition("host=")[2]
        found = find(f"postgresql://postgres:s%20ecret@/postgres?host={host}&password=s%20ecret#one", tmp_path)
        connection.execute("DROP TABLE one")
    assert found.location == "postgresql://postgres@/postgres#one"
    for location in (
        "postgresql://me:s%20ecret@127.0.0.1:1/db#t",
        "postgresql://me:s%20ecret@127.0.0.1:port/db#t",
        f"postgresql://me:s%20ecret@/none?host={host}#t",
        "mysql://me:s%20ecret@127.0.0.1/db#t",
    ):
        with pytest.raises(SourceUnreadable) as refused:
            find(location, tmp_path)
        assert "ecret" not in str(refused.value)
        assert refused.value.__cause__ is None


def test_a_wrong_table_is_one_clear_error(tmp_path: Path, postgres: str) -> None:
    duck(tmp_path, ROWS)
    (tmp_path / "text.duckdb").write_text("no database", encoding="utf-8")
    for location, said in {
        "duckdb:x.duckdb#gone": "gone does not exist",
        "duckdb:x.duckdb": "names no table",
        "duckdb:none.duckdb#t": "there is no file",
        "duckdb:text.duckdb#t": "cannot be read",
        f"{postgres}#gone": 'relation "gone" does not exist',
        f"{postgres}": "names no table",
        "http://x/y.csv": "is not read here",
    }.items():
        with pytest.raises(SourceUnreadable, match=said):
            find(location, tmp_path)
