"""Equal rows found by the digests of rows: one pass over the table, and a second one only over rows that repeat.

Equal rows have equal digests of 64 bits. So where no digest repeats, no row does, and rows whose digest stands alone
are distinct; only the others are compared as whole rows, part by part. The digests are spread over files by their
first bits, sorted one file at a time: a table larger than memory needs 8 bytes of disk for a row.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

Digests = NDArray[np.uint64]
_DIGEST = "clerestory:digest"
_PARTS = 64
_FACTOR = 0x9E3779B97F4A7C15
"""Spreads the digests of columns (2^64 over the golden ratio, Knuth 1973, section 6.4)."""


def distinct_rows(frame: pl.LazyFrame, together: int) -> tuple[int, int]:
    """Return how many rows there are and how many are distinct; looks at ``together`` rows at a time."""
    digested = frame.with_columns(_digest(frame).alias(_DIGEST))
    with tempfile.TemporaryDirectory(prefix="clerestory-rows-") as name:
        rows = _spread(digested.select(_DIGEST), Path(name))
        alone, repeated = 0, [np.empty(0, dtype=np.uint64)]
        more = 0
        for file in sorted(Path(name).iterdir()):
            digests = np.fromfile(file, dtype=np.uint64)
            digests.sort()
            starts = np.flatnonzero(np.concatenate(([True], digests[1:] != digests[:-1])))
            sizes = np.diff(starts, append=len(digests))
            alone += int((sizes == 1).sum())
            repeated.append(digests[starts[sizes > 1]])
            more += int(sizes[sizes > 1].sum())
    return rows, alone + _compared(digested, np.concatenate(repeated), more, together)


def _digest(frame: pl.LazyFrame) -> pl.Expr:
    """Return a digest of each row: that of each column, mixed in the order of the columns."""
    digest = pl.lit(0, dtype=pl.UInt64)
    for at, column in enumerate(frame.collect_schema().names()):
        digest = digest * pl.lit(_FACTOR, dtype=pl.UInt64) + pl.col(column).hash(seed=at)
    return digest


def _spread(digests: pl.LazyFrame, folder: Path) -> int:
    """Write digests to one file for each of their first bits; return how many there are."""
    rows = 0
    edges = np.arange(1, _PARTS, dtype=np.uint64) * np.uint64(2**64 // _PARTS)
    files = [(folder / f"{part:03}").open("wb") for part in range(_PARTS)]
    try:
        for batch in digests.collect_batches(maintain_order=False, engine="streaming"):
            found = np.sort(batch.to_series().to_numpy())
            rows += len(found)
            for file, part in zip(files, np.split(found, np.searchsorted(found, edges)), strict=True):
                file.write(part.tobytes())
    finally:
        for file in files:
            file.close()
    return rows


def _compared(digested: pl.LazyFrame, repeated: Digests, rows: int, together: int) -> int:
    """Return how many distinct rows there are among those whose digest repeats."""
    return sum(
        digested.filter(pl.col(_DIGEST).is_in(pl.Series(part).implode()))
        .drop(_DIGEST)
        .unique()
        .select(pl.len())
        .collect(engine="streaming")
        .item()
        for part in _parts(repeated, rows, together)
    )


def _parts(repeated: Digests, rows: int, together: int) -> Iterator[Digests]:
    if len(repeated):
        yield from np.array_split(repeated, min(-(-rows // together), len(repeated)))
