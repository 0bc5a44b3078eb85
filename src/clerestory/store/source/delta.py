"""Delta tables by their file list: the log tells which Parquet files are the table, now or at an older version.

Reads commits and classic checkpoints. Refuses what changes the meaning of the files and is not read here: deletion
vectors, mapped column names, and every reader feature that it does not know.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from clerestory.store.source.trouble import SourceUnreadable, reading

_COMMIT = re.compile(r"^(\d{20})\.json$")
_CHECKPOINT = re.compile(r"^(\d{20})\.checkpoint(?:\.(\d{10})\.(\d{10}))?\.parquet$")
_KNOWN = {"timestampNtz", "columnMapping", "deletionVectors", "v2Checkpoint", "vacuumProtocolCheck"}
"""Reader features that are understood, or found out below to be unused."""
_REMEDY = "Name the folder that holds _delta_log, as its writer left it."


@dataclass(frozen=True, slots=True)
class Live:
    """The files of a version, sorted, with the partition values of each; and the columns of the table with types."""

    version: int
    files: tuple[Path, ...]
    constants: tuple[tuple[tuple[str, str | None], ...], ...]
    columns: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _State:
    """What the log says up to some version."""

    files: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    metadata: Mapping[str, Any] | None = None
    protocol: Mapping[str, Any] | None = None

    def apply(self, action: Mapping[str, Any]) -> None:
        """Take one action of the log."""
        if action.get("add"):
            self.files[action["add"]["path"]] = action["add"]
        elif action.get("remove"):
            self.files.pop(action["remove"]["path"], None)
        elif action.get("metaData"):
            self.metadata = action["metaData"]
        elif action.get("protocol"):
            self.protocol = action["protocol"]


def live_files(folder: Path, name: str, version: int | None = None) -> Live:
    """Return the files that are the table at a version, or now.

    Raises:
        SourceUnreadable: there is no such table or version, its log has a gap, or it uses what is not read here.
    """
    log = folder / "_delta_log"
    commits, checkpoints = _log_of(log)
    known = sorted({*commits, *checkpoints})
    if not known:
        raise SourceUnreadable(f"{name} is no Delta table: there is no log in {log}.", _REMEDY)
    wanted = known[-1] if version is None else version
    if wanted not in known:
        raise SourceUnreadable(f"{name} has no version {wanted}; the newest is {known[-1]}.", "Name a version it has.")
    state = _state(log, name, wanted, commits, checkpoints)
    _require_understood(state, name)
    listed = sorted(
        (_place(folder, path), dict(_pairs(add.get("partitionValues")))) for path, add in state.files.items()
    )
    for file, _ in listed:
        if not file.is_file():
            raise SourceUnreadable(
                f"{name} names {file.name} in its log at version {wanted}, and the file is not there.",
                "Take a version whose files were not cleaned away, or restore the file.",
            )
    metadata = state.metadata or {}
    partitions = list(metadata.get("partitionColumns") or [])
    return Live(
        wanted,
        tuple(file for file, _ in listed),
        tuple(tuple((column, values.get(column)) for column in partitions) for _, values in listed),
        tuple(_columns(metadata)),
    )


def _log_of(log: Path) -> tuple[dict[int, Path], dict[int, list[Path]]]:
    """Return the commits and the whole checkpoints of a log by version."""
    commits: dict[int, Path] = {}
    parts: dict[tuple[int, int], list[Path]] = {}
    for file in sorted(log.iterdir()) if log.is_dir() else ():
        if found := _COMMIT.match(file.name):
            commits[int(found[1])] = file
        elif found := _CHECKPOINT.match(file.name):
            parts.setdefault((int(found[1]), int(found[3] or 1)), []).append(file)
    return commits, {at: files for (at, size), files in parts.items() if len(files) == size}


def _state(
    log: Path, name: str, wanted: int, commits: Mapping[int, Path], checkpoints: Mapping[int, list[Path]]
) -> _State:
    state = _State()
    start = max((at for at in checkpoints if at <= wanted), default=-1)
    for file in checkpoints.get(start, ()):
        for action in _checkpoint(file, name):
            state.apply(action)
    for at in range(start + 1, wanted + 1):
        if at not in commits:
            raise SourceUnreadable(
                f"{name} cannot be read at version {wanted}: version {at} is missing in {log}.",
                "Name a version that the log still reaches.",
            )
        for action in _commit(commits[at], name):
            state.apply(action)
    return state


def _commit(file: Path, name: str) -> Iterator[Mapping[str, Any]]:
    try:
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.strip():
                yield dict(json.loads(line))
    except (ValueError, TypeError, OSError) as error:
        raise SourceUnreadable(
            f"{name} cannot be read: {file.name} in its log is no list of actions.", _REMEDY
        ) from error


def _checkpoint(file: Path, name: str) -> Iterator[Mapping[str, Any]]:
    import polars as pl

    with reading(name):
        table = pl.read_parquet(file, hive_partitioning=False, glob=False)
        wanted = [column for column in ("add", "metaData", "protocol") if column in table.columns]
        for row in table.select(wanted).iter_rows(named=True):
            yield from ({key: action} for key, action in row.items() if action is not None and _is_there(key, action))


def _is_there(key: str, action: Mapping[str, Any]) -> bool:
    """Return whether an action of a checkpoint is one: some writers give a struct of nulls for none."""
    return action.get({"add": "path", "metaData": "schemaString", "protocol": "minReaderVersion"}[key]) is not None


def _pairs(values: Any) -> list[tuple[str, str | None]]:
    """Return partition values: an object in commits, pairs of key and value in checkpoints. Empty text is null."""
    if not values:
        return []
    pairs = values.items() if isinstance(values, Mapping) else ((pair["key"], pair["value"]) for pair in values)
    return [(str(key), value or None) for key, value in pairs]


def _place(folder: Path, path: str) -> Path:
    parts = urlsplit(path)
    return Path(unquote(parts.path)) if parts.scheme == "file" else folder / unquote(path)


def _columns(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for column in json.loads(metadata["schemaString"])["fields"]:
        yield str(column["name"]), column["type"] if isinstance(column["type"], str) else "nested"


def _require_understood(state: _State, name: str) -> None:
    if state.metadata is None or state.protocol is None:
        raise SourceUnreadable(f"{name} cannot be read: its log names no schema.", _REMEDY)
    settings = dict(_pairs(state.metadata.get("configuration")))
    unknown = set(state.protocol.get("readerFeatures") or ()) - _KNOWN
    if any(add.get("deletionVector") and _vector(add["deletionVector"]) for add in state.files.values()):
        unknown.add("deletionVectors")
    if (settings.get("delta.columnMapping.mode") or "none") != "none":
        unknown.add("columnMapping")
    if unknown:
        raise SourceUnreadable(
            f"{name} uses what is not read here: {', '.join(sorted(unknown))}.",
            "Write the version out as plain Parquet with the engine that made it, and name that.",
        )


def _vector(given: Mapping[str, Any]) -> bool:
    return bool(given.get("storageType"))
