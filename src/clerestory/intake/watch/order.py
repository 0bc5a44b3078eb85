"""What a monitor asks the process of its run: a document, so that the process knows no database."""

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from clerestory.intake.manifest import CheckTable, Manifest
from clerestory.terms.error import ClerestoryError

MANIFEST, DECISIONS, FILES = "manifest", "decisions", "files"


class CheckGone(ClerestoryError):
    """A check that a monitor runs is not declared by its manifest any more."""


@dataclass(frozen=True, slots=True)
class Part:
    """Rows ``start`` to ``start + rows`` of a Parquet file."""

    file: str
    start: int
    rows: int


@dataclass(frozen=True, slots=True)
class DayOrder:
    """A day of decisions: what of it lies where, and a digest that changes with any of its batches."""

    day: str
    digest: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class WatchOrder:
    """What is watched; ``days`` oldest first, of which the window begins with ``window_from``.

    ``model_version`` is the version that decided, ``state`` the folder that keeps what was counted before. ``opened``:
    databases and buckets that may be read.
    """

    watches: str = MANIFEST
    checks: tuple[str, ...] = ()
    model_version: str = ""
    window_from: str = ""
    counts_from: str = ""
    days: tuple[DayOrder, ...] = ()
    state: str = ""
    opened: tuple[str, ...] = ()

    def write(self, file: Path) -> None:
        """Write it to a file."""
        file.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @property
    def window(self) -> tuple[DayOrder, ...]:
        """The days that checks look at together."""
        return tuple(day for day in self.days if day.day >= self.window_from)

    @property
    def gathered(self) -> tuple[DayOrder, ...]:
        """The days over which evidence of a change is gathered."""
        first = self.counts_from or date.min.isoformat()
        return tuple(day for day in self.days if day.day >= first)


def read_order(file: Path) -> WatchOrder:
    """Read what `WatchOrder.write` wrote."""
    said: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    days = tuple(
        DayOrder(day["day"], day["digest"], tuple(Part(**part) for part in day["parts"])) for day in said.pop("days")
    )
    return WatchOrder(**{**said, "checks": tuple(said["checks"]), "opened": tuple(said["opened"]), "days": days})


def chosen_checks(manifest: Manifest, checks: tuple[str, ...]) -> tuple[CheckTable, ...]:
    """Return the declared checks with these names and criteria, or all where none is named.

    Raises:
        CheckGone: the manifest does not declare one of them any more.
    """
    if not checks:
        return manifest.checks
    declared = {f"{check.name} {check.criterion}" for check in manifest.checks}
    gone = next((key for key in checks if key not in declared), None)
    if gone is not None:
        raise CheckGone(f"The manifest does not declare {gone!r} any more.", "Change the monitor or the manifest.")
    return tuple(check for check in manifest.checks if f"{check.name} {check.criterion}" in checks)
