"""The engine on Polars: lazy scans, collected together and streaming; column by column where whole ones are needed."""

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl
from numpy.typing import NDArray
from polars import selectors as cs

from clerestory.assurance.tally import Request
from clerestory.store.engine.kind import DATE, MICRO, SECONDS, Columns
from clerestory.store.engine.plan import count_all
from clerestory.store.engine.protocol import Counted, Frame, Lazy, Progress, Table
from clerestory.store.engine.source import Source, SourceUnreadable, reading

_TOGETHER = 4
_KEYS = 4_000_000
"""Keys that are looked through at a time: some hundred megabytes."""
_WIDE = (pl.UInt64, pl.Int128)


class PolarsEngine:
    """Counts with Polars through narwhals."""

    name = "polars"
    version = pl.__version__

    def __init__(self, keys: int = _KEYS) -> None:
        """Look through so many keys at a time when distinct ones are counted."""
        self._keys = keys

    def tally(
        self, sources: Mapping[str, Source], requests: Sequence[Request], progress: Progress | None = None
    ) -> Counted:
        """Answer requests about the tables in the sources; see `engine.Engine`."""
        tables = {data: _table(data, source, self._keys) for data, source in sources.items()}
        with reading(", ".join(source.name for source in sources.values())):
            return count_all(requests, tables, _collect, progress)


def _table(data: str, source: Source, keys: int) -> Table:
    frame = nw.from_native(source.scan())
    columns = Columns(data, frame.collect_schema())
    seconds = [_seconds(column, columns).alias(SECONDS + column) for column in columns.times()]
    whole = _Whole(source.name, frame.to_native(), keys)
    return Table(columns, frame.with_columns(*seconds) if seconds else frame, whole.numbers, whole.distinct)


def _seconds(column: str, columns: Columns) -> nw.Expr:
    cell = nw.col(column)
    moment = cell.cast(nw.Datetime("us")) if columns.kinds[column] == DATE else cell
    return moment.dt.timestamp("us").cast(nw.Float64) / MICRO


class _Whole:
    """Whole columns in bounded memory: one array filled from a stream, and distinct rows counted part by part."""

    def __init__(self, name: str, frame: pl.LazyFrame, keys: int) -> None:
        self._name = name
        self._frame = frame
        self._keys = keys
        self._rows: int | None = None

    def numbers(self, column: str) -> tuple[NDArray[np.float64], int]:
        """Return a numeric column, null as NaN, and how many of its cells are null."""
        if self._rows is None:
            self._rows = int(self._frame.select(pl.len()).collect(engine="streaming").item())
        numbers = np.empty(self._rows, dtype=np.float64)
        return numbers, self._fill(numbers, self._frame.select(pl.col(column).cast(pl.Float64)))

    def distinct(self, table: Lazy, rows: int) -> int:
        """Count distinct rows: one key of whole numbers by sorting it, everything else in parts by hash."""
        frame: pl.LazyFrame = table.to_native()
        types = frame.collect_schema().dtypes()
        if len(types) == 1 and (types[0].is_integer() or types[0].is_temporal()) and types[0] not in _WIDE:
            keys = np.empty(rows, dtype=np.int64)
            self._fill(keys, frame.select(pl.all().to_physical().cast(pl.Int64)))
            keys.sort()
            return int(np.count_nonzero(keys[1:] != keys[:-1])) + min(rows, 1)
        parts = -(-rows // self._keys) or 1
        alike = frame.with_columns(cs.float() + 0.0)  # a negative zero is a zero
        place = pl.struct(pl.all()).hash() % parts
        counted = (
            alike.filter(place == part).unique().select(pl.len()).collect(engine="streaming").item()
            for part in range(parts)
        )
        return sum(counted)

    def _fill(self, array: NDArray[Any], cells: pl.LazyFrame) -> int:
        """Fill an array from the batches of one column; return how many were null."""
        filled = nulls = 0
        for batch in cells.collect_batches(maintain_order=False, engine="streaming"):
            given = batch.to_series()
            filled, start = filled + len(given), filled
            if filled > len(array):
                break
            array[start:filled] = given.to_numpy()
            nulls += given.null_count()
        if filled != len(array):
            raise SourceUnreadable(f"{self._name} changed while it was read.", "Run again when nobody writes to it.")
        return nulls


def _collect(frames: Sequence[Lazy]) -> Sequence[Frame]:
    """Collect a few tables at a time: each streams on all cores by itself, and all together would be held at once."""
    found: list[Frame] = []
    for start in range(0, len(frames), _TOGETHER):
        some = [frame.to_native() for frame in frames[start : start + _TOGETHER]]
        found += [nw.from_native(table) for table in pl.collect_all(some, engine="streaming")]
    return found
