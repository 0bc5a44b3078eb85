"""What came of the check or monitor that a nonconformity began with, since then."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from clerestory.judgement.row import Node, Row
from clerestory.terms.ids import EntryId

MONITOR = "monitor"
"""Stands for the check where a monitor itself was silent, could not run or found a change."""
SILENT, CHANGED = "silent", "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One result of the check that found it, before or after the action."""

    entry_id: EntryId
    at: datetime
    value: float | None
    low: float | None
    high: float | None
    n: int
    verdict: str
    reason: str
    is_of_older: bool = False
    """Whether it is of a version of model or data that was registered before the one that failed."""


# house: allow permit-first: reads a node that was reached with permission
def runs_of(node: Node, check: Mapping[str, str]) -> tuple[Measured, ...]:
    """Return the runs of one monitor, oldest first; those with what opened the nonconformity are fails.

    A run that could not be done says nothing about a change, nor about whether the monitor can run again.
    """
    kind = check["slice"]
    rows = [
        row
        for row in node.about("record.monitor_run")
        if row.value("monitor") == check["criterion"] and row.revoked is None
    ]
    told = [row for row in rows if _is_bad(row, kind) or kind == SILENT or row.value("outcome") != "COULD_NOT_RUN"]
    return tuple(_run(row, is_bad=_is_bad(row, kind)) for row in sorted(told, key=lambda row: row.order))


def _is_bad(row: Row, kind: str) -> bool:
    if kind == SILENT:
        return row.value("silent") is True
    return bool(row.value("alarms")) if kind == CHANGED else row.value("outcome") == "COULD_NOT_RUN"


def _run(row: Row, *, is_bad: bool) -> Measured:
    return Measured(
        entry_id=row.fact.entry_id,
        at=row.end,
        value=None,
        low=None,
        high=None,
        n=0,
        verdict="FAIL" if is_bad else "PASS",
        reason=str(row.value("reason") or ""),
    )
