"""The decision log as it lies on disk: the answer to `assurance.trial.Batches`. Roots are computed from the rows now.

It reads what `store.decisions` writes: a folder per day with ``manifest.json`` and Parquet files.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from clerestory.assurance.trial import KeptBatch, KeptDay
from clerestory.ledger.row import row_leaves
from clerestory.ledger.tree import root


def kept_days(folder: Path, manifests: Sequence[str]) -> tuple[KeptDay, ...]:
    """Return each day with what its manifest says and what lies there."""
    return tuple(_day(folder, Path(name)) for name in manifests)


def _day(folder: Path, manifest: Path) -> KeptDay:
    place, day = manifest.parent, manifest.parent.name.removeprefix("day=")
    try:
        document = json.loads((folder / manifest).read_bytes())
        live = [_batch(folder / place, item) for item in document["batches"]]
        more = _more_rows(folder / place, document["batches"])
        gone = [_batch(None, item) for item in document["disposed"]]
        named = {str(item["file"]) for item in document["batches"]}
        holds = tuple(str(item) for item in document["holds"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return KeptDay(place.as_posix(), day, problem=f"its manifest cannot be read: {type(error).__name__}")
    strays = sorted(path.name for path in (folder / place).glob("*.parquet") if path.name not in named)
    return KeptDay(place.as_posix(), day, (*live, *gone), holds, tuple(sorted({*strays, *more})))


def _more_rows(place: Path, items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the files of batches that hold rows of no batch."""
    import polars as pl

    found = []
    for file in sorted({str(item["file"]) for item in items}):
        try:
            there = 0 if Path(file).name != file else pl.scan_parquet(place / file).select(pl.len()).collect().item()
        except (OSError, pl.exceptions.PolarsError):
            continue  # its batches say that it cannot be read
        reached = 0
        for first, rows in sorted((int(item["start"]), int(item["rows"])) for item in items if item["file"] == file):
            reached = max(reached, first + rows) if first <= reached else reached
        found += [file] if there > reached else []
    return found


def _batch(place: Path | None, item: Mapping[str, Any]) -> KeptBatch:
    """Return a batch, with what its rows give now; one that was disposed of is not looked for."""
    said = (str(item["batch_id"]), int(item["rows"]), str(item["row_root"]))
    if place is None:
        return KeptBatch(*said, disposed=True)
    rows, computed = _root(place, str(item["file"]), int(item["start"]), said[1])
    return KeptBatch(*said, disposed=False, found_rows=rows, found_root=computed)


def _root(place: Path, file: str, start: int, rows: int) -> tuple[int | None, str]:
    import polars as pl

    if Path(file).name != file:
        return None, ""
    try:
        frame = pl.read_parquet(place / file, hive_partitioning=False).slice(start, rows)
    except (OSError, pl.exceptions.PolarsError):
        return None, ""
    leaves = row_leaves({name: frame[name].to_list() for name in frame.columns})
    return frame.height, f"sha256:{root(leaves).hex()}"
