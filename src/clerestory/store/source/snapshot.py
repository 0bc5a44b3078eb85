"""A table from elsewhere as Parquet files in a folder of its own, and the digest of its rows.

The digest (SHA-256) is over, in this order: the line ``clerestory-rows-v1``; the line of the columns, a JSON list of
pairs of name and kind; then the rows in blocks of 65,536, each block column by column. A column of a block is one byte
a row (1 where there is a value), then the values, 0 or empty where there is none: integers as 8 bytes, other numbers as
8 bytes (IEEE 754; one NaN, no negative zero), true and false as one byte, dates as 4 bytes (days since 1970), moments
as 8 bytes (microseconds since 1970 in UTC), texts as 4 bytes of length each and then their UTF-8 bytes together. All
numbers are little-endian. Whatever is of another kind counts as its text. So the same rows in the same order have the
same digest, whatever database or file format they lie in.
"""

import hashlib
import json
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from clerestory.terms.ids import Digest

if TYPE_CHECKING:
    import polars as pl

BLOCK = 65_536


class Held:
    """A folder that only the user can read; it is gone when nobody holds this object any more."""

    def __init__(self) -> None:
        """Make the folder."""
        self.folder = Path(tempfile.mkdtemp(prefix="clerestory-data-"))
        self._end = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)


def rows_digest(files: Sequence[Path]) -> Digest:
    """Return the digest of the rows of Parquet files in their order."""
    total = hashlib.sha256(b"clerestory-rows-v1\n")
    first = True
    for block in _blocks(files):
        plain = [_plain(column) for column in block.get_columns()]
        if first:
            line = json.dumps([[column.name, kind] for column, kind in plain], ensure_ascii=False)
            total.update(line.encode() + b"\n")
            first = False
        for column, kind in plain:
            for part in _encoded(column, kind):
                total.update(part)
    return Digest("sha256:" + total.hexdigest())


def _blocks(files: Sequence[Path]) -> Iterator["pl.DataFrame"]:
    """Yield blocks of rows; at least one, which may be empty."""
    import polars as pl

    kept: pl.DataFrame | None = None
    given = False
    frame = pl.scan_parquet(list(files), hive_partitioning=False, glob=False)
    for rows in frame.collect_batches(chunk_size=BLOCK, maintain_order=True):
        kept = rows if kept is None or not kept.height else pl.concat([kept, rows])
        while kept.height >= BLOCK:
            yield kept[:BLOCK]
            kept, given = kept[BLOCK:], True
    if kept is None:
        kept = frame.head(0).collect()
    if kept.height or not given:
        yield kept


def _plain(column: "pl.Series") -> tuple["pl.Series", str]:
    """Return a column as one of few types, with the word for its kind."""
    import polars as pl

    dtype = column.dtype
    if dtype == pl.Boolean:
        return column, "boolean"
    if dtype.is_integer() and dtype != pl.UInt64 and dtype != pl.Int128:
        return column.cast(pl.Int64), "integer"
    if dtype.is_float() or dtype.is_decimal():
        return column.cast(pl.Float64), "number"
    if dtype == pl.Date:
        return column, "date"
    if isinstance(dtype, pl.Datetime):
        return column.dt.cast_time_unit("us"), "moment"
    return column.cast(pl.String), "text"


def _encoded(column: "pl.Series", kind: str) -> Iterator[bytes]:
    import numpy as np
    import polars as pl

    yield column.is_not_null().cast(pl.UInt8).to_numpy().tobytes()
    if kind == "text":
        texts = column.fill_null("")
        yield texts.str.len_bytes().cast(pl.UInt32).to_numpy().astype("<u4").tobytes()
        yield str(texts.str.join("").item() or "").encode()
        return
    if kind == "number":
        numbers = column.fill_null(0.0).to_numpy().astype("<f8") + 0.0
        numbers[np.isnan(numbers)] = np.nan
        yield numbers.tobytes()
        return
    size = {"boolean": "<u1", "integer": "<i8", "date": "<i4", "moment": "<i8"}[kind]
    yield column.to_physical().fill_null(False if kind == "boolean" else 0).to_numpy().astype(size).tobytes()
