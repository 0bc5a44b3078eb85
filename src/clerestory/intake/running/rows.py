"""Tables of logs beside a manifest: the answer to `assurance.trial.Rows`. Reads CSV as text; judges nothing."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from clerestory.assurance.trial import Brought, Rows
from clerestory.intake.data import file_digest
from clerestory.store.engine.source import reading
from clerestory.terms.error import ClerestoryError

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

_LINES = (".jsonl", ".ndjson")
_PARQUET = (".parquet", ".pq")


class LogUnusable(ClerestoryError):
    """A table of a log is of a form that is not read, or lacks a column."""


def bring(move: Rows, root: Path, files: Sequence[str], array_of: "Callable[[pl.Series], np.ndarray]") -> Brought:
    """Return columns of the files, one behind the other; ``array_of`` is how a trial sees a column.

    Raises:
        LogUnusable: a file has another form or lacks a column.
        SourceUnreadable: a file is broken.
    """
    import polars as pl

    frames = [_columns(_frame(root / name), name, move) for name in files]
    rows = pl.concat(frames, how="diagonal_relaxed") if frames else pl.DataFrame()
    lines = "".join(f"{name} {file_digest(root / name)}\n" for name in files)
    return Brought(
        {name: array_of(rows[name]) for name in rows.columns},
        tuple(files),
        f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}" if files else "",
    )


def _frame(path: Path) -> "pl.DataFrame":
    import polars as pl

    name = path.name.lower()
    with reading(path.name):
        if name.endswith((".csv", ".csv.gz")):
            return pl.read_csv(path, infer_schema=False)
        if name.endswith(_PARQUET):
            return pl.read_parquet(path, hive_partitioning=False)
        if name.endswith(_LINES):
            return pl.read_ndjson(path)
    raise LogUnusable(f"{path.name} is no table that is read.", "Give CSV, Parquet or JSON lines (.jsonl).")


def _columns(frame: "pl.DataFrame", name: str, move: Rows) -> "pl.DataFrame":
    for column in move.columns:
        if column not in frame.columns:
            raise LogUnusable(f"{name} has no column {column!r}.", f"It has: {', '.join(frame.columns[:20])}.")
    wanted = [column for column in (*move.columns, *move.optional) if column in frame.columns]
    return frame.select(list(dict.fromkeys(wanted)))
