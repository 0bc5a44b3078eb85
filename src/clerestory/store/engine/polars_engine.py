"""The engine on Polars: lazy scans, collected together and streaming; column by column where whole ones are needed."""

from collections.abc import Iterator, Mapping, Sequence
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
from clerestory.store.engine.row.partition import distinct_rows
from clerestory.store.engine.source import Source, SourceUnreadable, reading

_TOGETHER = 2
_KEYS = 4_000_000
"""Keys that are looked through at a time: some hundred megabytes."""
_ROOM = 200_000_000
"""Bytes of numbers that are read together; one column is read however long it is."""
_PART = 1 << 17
"""Rows of a part of a stream: its columns fit the processor's cache one by one."""
_COLUMNS = 4
"""More columns at a time save nothing more."""
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
        room = _Room()
        tables = {data: _table(data, source, self._keys, room) for data, source in sources.items()}
        with reading(", ".join(source.name for source in sources.values())):
            return count_all(requests, tables, _collect, progress)


def _table(data: str, source: Source, keys: int, room: "_Room") -> Table:
    frame = nw.from_native(source.scan())
    columns = Columns(data, frame.collect_schema())
    seconds = [_seconds(column, columns).alias(SECONDS + column) for column in columns.times()]
    whole = _Whole(source.name, frame.to_native(), keys, room)
    timed = frame.with_columns(*seconds) if seconds else frame
    return Table(columns, timed, frame, whole.numbers, whole.together, whole.stream, whole.distinct, whole.rows_of)


def _seconds(column: str, columns: Columns) -> nw.Expr:
    cell = nw.col(column)
    moment = cell.cast(nw.Datetime("us")) if columns.kinds[column] == DATE else cell
    return moment.dt.timestamp("us").cast(nw.Float64) / MICRO


class _Room:
    """Memory for the columns that are looked at, taken once: to ask for it anew for each column costs as much as to
    fill it."""

    def __init__(self) -> None:
        self._held = np.empty(0)

    def take(self, columns: int, rows: int) -> NDArray[np.float64]:
        """Return an array of columns x rows; what was taken before is given up."""
        if self._held.size < columns * rows:
            self._held = np.empty(columns * rows)
        return self._held[: columns * rows].reshape(columns, rows)


class _Whole:
    """Whole columns in bounded memory: arrays filled from a stream, and distinct rows counted part by part."""

    def __init__(self, name: str, frame: pl.LazyFrame, keys: int, room: _Room) -> None:
        self._name = name
        self._frame = frame
        self._keys = keys
        self._room = room
        self._rows: int | None = None

    def rows(self) -> int:
        """Return how many rows there are."""
        if self._rows is None:
            self._rows = int(self._frame.select(pl.len()).collect(engine="streaming").item())
        return self._rows

    def together(self) -> int:
        """Return how many columns fit the room."""
        return min(max(_ROOM // (8 * max(self.rows(), 1)), 1), _COLUMNS)

    def numbers(self, columns: Sequence[str]) -> list[tuple[NDArray[np.float64], int]]:
        """Return numeric columns, null as NaN, each with how many of its cells are null."""
        arrays = self._room.take(len(columns), self.rows())
        return list(zip(arrays, self._fill(arrays, self._frame.select(pl.col(columns).cast(pl.Float64))), strict=True))

    def stream(self, columns: Sequence[str]) -> Iterator[list[tuple[NDArray[np.float64], int]]]:
        """Yield numeric columns in parts, null as NaN, each with how many of its cells are null."""
        held = np.empty((len(columns), _PART))
        nulls, filled = [0] * len(columns), 0
        numbers = self._frame.select(pl.col(columns).cast(pl.Float64))
        for batch in numbers.collect_batches(maintain_order=False, engine="streaming"):
            for start in range(0, len(batch), _PART):
                rows = batch[start : start + _PART]
                if filled + len(rows) > _PART:
                    yield [(array[:filled], n) for array, n in zip(held, nulls, strict=True)]
                    nulls, filled = [0] * len(columns), 0
                for at, column in enumerate(rows.get_columns()):
                    held[at, filled : filled + len(rows)] = column.to_numpy()
                    nulls[at] += column.null_count()
                filled += len(rows)
        yield [(array[:filled], n) for array, n in zip(held, nulls, strict=True)]

    def distinct(self, table: Lazy, rows: int) -> int:
        """Count distinct rows: one key of whole numbers by sorting it, everything else in parts by hash."""
        frame: pl.LazyFrame = table.to_native()
        types = frame.collect_schema().dtypes()
        if len(types) == 1 and (types[0].is_integer() or types[0].is_temporal()) and types[0] not in _WIDE:
            keys = np.empty(rows, dtype=np.int64)
            self._fill(keys[None, :], frame.select(pl.all().to_physical().cast(pl.Int64)))
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

    def rows_of(self, table: Lazy) -> tuple[int, int]:
        """Count rows and distinct rows, a gap being equal to a gap."""
        return distinct_rows(table.to_native(), self._keys)

    def _fill(self, arrays: NDArray[Any], cells: pl.LazyFrame) -> list[int]:
        """Fill arrays of columns x rows from a stream; return how many cells of each column were null."""
        rows = arrays.shape[1]
        filled, nulls = 0, [0] * len(arrays)
        for batch in cells.collect_batches(maintain_order=False, engine="streaming"):
            filled, start = filled + len(batch), filled
            if filled > rows:
                break
            for at, column in enumerate(batch.get_columns()):
                arrays[at, start:filled] = column.to_numpy()
                nulls[at] += column.null_count()
        if filled != rows:
            raise SourceUnreadable(f"{self._name} changed while it was read.", "Run again when nobody writes to it.")
        return nulls


def _collect(frames: Sequence[Lazy]) -> Sequence[Frame]:
    """Collect a few tables at a time: each streams on all cores by itself, and all together would be held at once."""
    found: list[Frame] = []
    for start in range(0, len(frames), _TOGETHER):
        some = [frame.to_native() for frame in frames[start : start + _TOGETHER]]
        found += [nw.from_native(table) for table in pl.collect_all(some, engine="streaming")]
    return found
