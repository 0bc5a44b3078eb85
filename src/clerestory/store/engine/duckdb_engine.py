"""The engine on DuckDB: each question is one query over the Parquet files. Installs and loads no extension."""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb
import narwhals as nw
import polars as pl

from clerestory.assurance.tally import Request
from clerestory.store.engine.kind import DATE, MICRO, SECONDS, Columns
from clerestory.store.engine.plan import count_all
from clerestory.store.engine.protocol import Counted, Frame, Lazy, Progress, Table
from clerestory.store.engine.source import Source, SourceUnreadable, as_parquet

_CLOSED = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
"""DuckDB reaches for no network: what it needs is built into its package."""


class DuckdbEngine:
    """Counts with DuckDB through narwhals."""

    name = "duckdb"
    version = duckdb.__version__

    def tally(
        self, sources: Mapping[str, Source], requests: Sequence[Request], progress: Progress | None = None
    ) -> Counted:
        """Answer requests about the tables in the sources; see `engine.Engine`."""
        with tempfile.TemporaryDirectory(prefix="clerestory-duckdb-") as name:
            folder = Path(name)
            with duckdb.connect(config={**_CLOSED, "temp_directory": str(folder / "spilled")}) as connection:
                named = ", ".join(source.name for source in sources.values())
                with _reading(named):
                    tables = {data: _table(connection, data, source, folder) for data, source in sources.items()}
                    return count_all(requests, tables, _collect, progress)


def _table(connection: duckdb.DuckDBPyConnection, data: str, source: Source, folder: Path) -> Table:
    columns = Columns(data, nw.from_native(source.scan()).collect_schema())
    columns.require_names("DuckDB", '."', capitals=False)
    files = [str(file) for file in as_parquet(source, folder, data)]
    rows = connection.read_parquet(files, hive_partitioning=False)
    seconds = [_seconds(column, columns) for column in columns.times()]
    return Table(columns, nw.from_native(rows.select(duckdb.StarExpression(), *seconds)), nw.from_native(rows))


def _seconds(column: str, columns: Columns) -> duckdb.Expression:
    cell: duckdb.Expression = duckdb.ColumnExpression(column)
    if columns.kinds[column] == DATE:
        cell = cell.cast("TIMESTAMP")
    micro = duckdb.FunctionExpression("epoch_us", cell).cast("DOUBLE")
    return (micro / duckdb.ConstantExpression(float(MICRO))).alias(SECONDS + column)


def _collect(frames: Sequence[Lazy]) -> Sequence[Frame]:
    return [nw.from_native(pl.DataFrame(frame.to_native())) for frame in frames]


@contextlib.contextmanager
def _reading(name: str) -> Iterator[None]:
    """Turn what DuckDB says of broken files into a `SourceUnreadable` that names the source."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise SourceUnreadable(
            f"{name} cannot be read as a table: {first}.",
            "Write the file again from its source, or count with polars (CLERESTORY_ENGINE=polars).",
        ) from error
