"""The engine on Spark 4: in the session that is there, or in one of its own on this machine. Needs Java 17 or newer."""

import contextlib
import logging
import os
import tempfile
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import narwhals as nw
import polars as pl

from clerestory.assurance.tally import ConfidentJoint, Request
from clerestory.store.engine.kind import DATE, MICRO, SECONDS, Columns
from clerestory.store.engine.plan import count_all
from clerestory.store.engine.polars_engine import PolarsEngine
from clerestory.store.engine.protocol import Counted, EngineMissing, Frame, Lazy, Progress, Table
from clerestory.store.engine.source import Source, SourceUnreadable, as_parquet

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

_OWN = {
    "spark.master": "local[*]",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "4",
}
"""For a session of our own. To count on a cluster, start its session first: the one that is active is taken."""
_ALIKE = {"spark.sql.session.timeZone": "UTC", "spark.sql.caseSensitive": "true"}
"""What every engine does: moments are read in UTC, and names differ by capitals."""
_JOBS = 4
_starting = threading.Lock()


class SparkEngine:
    """Counts with Spark through narwhals."""

    name = "spark"

    def __init__(self) -> None:
        """Take the session that is there, or start one.

        Raises:
            EngineMissing: there is no PySpark or no Java, or Spark does not start.
        """
        with _starting:
            self._session = _session()
        self.version = self._session.version

    def tally(
        self, sources: Mapping[str, Source], requests: Sequence[Request], progress: Progress | None = None
    ) -> Counted:
        """Answer requests about the tables in the sources; see `engine.Engine`.

        A model that is trained on rows in their order is trained by Polars: Spark gives rows in no certain order.
        """
        joints = [request for request in requests if isinstance(request, ConfidentJoint)]
        rest = [request for request in requests if not isinstance(request, ConfidentJoint)]
        with tempfile.TemporaryDirectory(prefix="clerestory-spark-") as name:
            with _reading(", ".join(source.name for source in sources.values())):
                tables = {data: self._table(data, source, Path(name)) for data, source in sources.items()}
                counted = count_all(rest, tables, _collect, progress)
            if not joints:
                return counted
            trained = PolarsEngine().tally(sources, joints, progress)
            return Counted({**counted.tallies, **trained.tallies}, {**counted.refused, **trained.refused})

    def _table(self, data: str, source: Source, folder: Path) -> Table:
        columns = Columns(data, nw.from_native(source.scan()).collect_schema())
        columns.require_names("Spark", ".`", capitals=True)
        files = [file.as_uri() for file in as_parquet(source, folder, data)]
        rows = self._session.read.parquet(*files)
        seconds = {SECONDS + column: _seconds(column, rows, columns) for column in columns.times()}
        return Table(columns, nw.from_native(rows.withColumns(seconds) if seconds else rows), nw.from_native(rows))


def _seconds(column: str, rows: "DataFrame", columns: Columns) -> "Column":
    from pyspark.sql import functions

    cell = rows[f"`{column}`"].cast("timestamp")
    micro = functions.unix_date(rows[f"`{column}`"]).cast("double") * (86_400 * MICRO)
    return (micro if columns.kinds[column] == DATE else functions.unix_micros(cell).cast("double")) / float(MICRO)


def _collect(frames: Sequence[Lazy]) -> Sequence[Frame]:
    """Collect tables side by side: most of a small question's time is Spark's planning."""
    with ThreadPoolExecutor(_JOBS) as pool:
        return list(pool.map(_collected, frames))


def _collected(frame: Lazy) -> Frame:
    return nw.from_native(pl.DataFrame(frame.to_native().toArrow()))


def _session() -> "SparkSession":
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PySpark warns of a newer pandas, which is not used here
            import pyarrow as pa  # noqa: F401
            from py4j.protocol import Py4JError
            from pyspark.errors import PySparkException
            from pyspark.sql import SparkSession
    except ImportError as error:
        raise EngineMissing("PySpark is not installed here.", 'Install it: pip install "clerestory[spark]".') from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for logger in ("DataFrameQueryContextLogger", "SQLQueryContextLogger"):
                logging.getLogger(logger).disabled = True  # what went wrong is raised; the log repeats it on stderr
            session = (SparkSession.getActiveSession() or _own_session()).newSession()
        for name, value in _ALIKE.items():
            session.conf.set(name, value)
    except (PySparkException, Py4JError, OSError, RuntimeError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise EngineMissing(
            f"Spark does not start: {first}.",
            "Install Java 17 or newer (Debian: default-jre-headless) or set JAVA_HOME, "
            "or count with polars (CLERESTORY_ENGINE=polars).",
        ) from error
    return session


def _own_session() -> "SparkSession":
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("clerestory")
    for name, value in _OWN.items():
        builder = builder.config(name, value)
    with _silent():
        return builder.getOrCreate()


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Give what starts meanwhile no stderr: Java and Spark greet there; what goes wrong comes back as an exception."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)


@contextlib.contextmanager
def _reading(name: str) -> Iterator[None]:
    """Turn what Spark says of broken files into a `SourceUnreadable` that names the source."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (PySparkException, Py4JError, nw.exceptions.NarwhalsError, OSError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise SourceUnreadable(
            f"{name} cannot be read as a table: {first}.",
            "Write the file again from its source, or count with polars (CLERESTORY_ENGINE=polars).",
        ) from error
