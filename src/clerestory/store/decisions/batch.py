"""Batches on disk: a folder per system, model version and day, with Parquet files and a manifest of them.

    decisions/<organisation>/system=<id>/model=<version>/day=2026-11-21/{manifest.json, <batch>.parquet ...}

A manifest is replaced as a whole. It can be written again from the log and the files (`keeping.reconcile`).
"""

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from clerestory.store.home import sync_folder
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import OrganisationId
from clerestory.terms.sentence import gettext as _

if TYPE_CHECKING:
    import polars as pl

MANIFEST, LOCK = "manifest.json", ".lock"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")


class BatchRefused(ClerestoryError):
    """A batch cannot be kept as it is handed over."""


class BatchAltered(ClerestoryError):
    """What lies on disk is not what was logged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One batch: ``rows`` from ``start`` on in ``file``; ``row_root`` commits to them and stands in the log."""

    batch_id: str
    rows: int
    row_root: str
    file: str
    start: int = 0
    entry_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The manifest of a day: its batches in the order in which they came, and those that were disposed of."""

    batches: tuple[Batch, ...] = ()
    disposed: tuple[Batch, ...] = ()
    holds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DecisionLog:
    """The place of the decisions of one version of a model of one AI system."""

    home: Path
    organisation_id: OrganisationId
    system_id: str
    model_version: str

    def folder(self, day: date) -> Path:
        """Return the folder of a day; names that are no file names are escaped."""
        return self._root() / f"day={day.isoformat()}"

    def days(self) -> tuple[date, ...]:
        """Return the days of which there is a folder, ascending."""
        found = (unquote(path.name.removeprefix("day=")) for path in self._root().glob("day=*") if path.is_dir())
        return tuple(sorted(date.fromisoformat(text) for text in found))

    def read(self, day: date) -> Day:
        """Return the manifest of a day; an empty one where nothing lies there.

        Raises:
            BatchAltered: it cannot be read.
        """
        try:
            document = json.loads((self.folder(day) / MANIFEST).read_bytes())
            return Day(
                batches=tuple(Batch(**item) for item in document["batches"]),
                disposed=tuple(Batch(**item) for item in document["disposed"]),
                holds=tuple(document["holds"]),
            )
        except FileNotFoundError:
            return Day()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BatchAltered(
                _(
                    "The manifest of {day} of {system_id} cannot be read: {error}.",
                    day=day,
                    system_id=self.system_id,
                    error=error,
                ),
                _("Write it again from the log: reconcile the day."),
            ) from error

    def write(self, day: date, manifest: Day) -> None:
        """Replace the manifest of a day durably."""
        self.put(day, MANIFEST, json.dumps(asdict(manifest), indent=1, ensure_ascii=False).encode() + b"\n")

    def put(self, day: date, name: str, body: bytes) -> None:
        """Write a file durably: whole or not at all."""
        folder = self.folder(day)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = folder / f".{name}.{os.getpid()}"
        with temporary.open("wb") as stream:
            stream.write(body)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(folder / name)
        sync_folder(folder)

    def frame(self, day: date, batch: Batch) -> "pl.DataFrame":
        """Return the rows of a batch.

        Raises:
            BatchAltered: the file is missing or is no Parquet file any more.
        """
        import polars as pl

        path = self.folder(day) / batch.file
        try:
            return pl.read_parquet(path, hive_partitioning=False).slice(batch.start, batch.rows)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise BatchAltered(
                _("{name} of {day} of {system_id} cannot be read.", name=path.name, day=day, system_id=self.system_id),
                _("Bring it back from a backup."),
            ) from error

    @contextmanager
    def locked(self, day: date) -> Iterator[None]:
        """Hold a day for oneself among all processes."""
        folder = self.folder(day)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (folder / LOCK).open("ab") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield

    def _root(self) -> Path:
        organisation, system, model = (
            quote(part, safe="") for part in (self.organisation_id, self.system_id, self.model_version)
        )
        return self.home / "decisions" / organisation / f"system={system}" / f"model={model}"


def parquet(rows: "pl.DataFrame") -> bytes:
    """Return rows as a Parquet file."""
    from io import BytesIO

    body = BytesIO()
    rows.write_parquet(body, compression="zstd")
    return body.getvalue()


def require_id(batch_id: str) -> None:
    """Refuse an id that is no file name; raise `BatchRefused`."""
    if not _ID.fullmatch(batch_id):
        raise BatchRefused(
            _("{batch_id!r} is no id of a batch.", batch_id=batch_id),
            _("Use letters, digits, hyphens and underscores, at most 80."),
        )
