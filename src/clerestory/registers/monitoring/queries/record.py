"""Monitors and their runs as frozen values, and how rows become them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clerestory.registers.monitoring import models
from clerestory.registers.monitoring.rules import CheckResult, Interval, Monitor, State, Watch
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId


class MonitorUnknown(ClerestoryError):
    """The organisation has no such monitor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run; while it is not done it says how far it is.

    ``counted`` holds what a run over decisions counted (`rules.Counted`), and what a run over files found.
    """

    run_id: str
    state: str
    planned_at: datetime
    asked_by: str
    started_at: datetime | None
    ended_at: datetime | None
    progress: str
    progress_done: int
    progress_total: int
    outcome: str
    reason: str
    results: tuple[CheckResult, ...]
    inputs: str
    is_silent: bool
    model_digest: str
    counted: Mapping[str, Any]
    entry_id: EntryId

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done."""
        return self.state != "done"

    @property
    def counts(self) -> Mapping[str, int]:
        """Results by verdict; what could not run stands under the empty word."""
        return dict(Counter(result.verdict for result in self.results))


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorRecord:
    """A monitor with its version, where it stands, and the names that belong to it."""

    monitor: Monitor
    version: int
    entry_id: EntryId
    changed_at: datetime
    next_due_at: datetime
    paused_at: datetime | None
    paused_reason: str
    ended_at: datetime | None
    last_outcome: str
    last_ran_at: datetime | None
    state: State
    system_name: str
    owner_name: str
    told_names: tuple[str, ...]
    waits_since: datetime | None


# house: allow permit-first: translates a row that was read with permission
def run_record(row: models.MonitorRun) -> RunRecord:
    """Return a run as a frozen value."""
    return RunRecord(
        run_id=row.run_id,
        state=row.state,
        planned_at=row.planned_at,
        asked_by=row.asked_by,
        started_at=row.started_at,
        ended_at=row.ended_at,
        progress=row.progress,
        progress_done=row.progress_done,
        progress_total=row.progress_total,
        outcome=row.outcome,
        reason=row.reason,
        results=tuple(CheckResult(**item) for item in row.results),
        inputs=row.inputs,
        is_silent=row.is_silent,
        model_digest=row.model_digest,
        counted=row.counted,
        entry_id=EntryId(row.entry_id),
    )


# house: allow permit-first: translates a row that was read with permission
def monitor_of(row: models.Monitor) -> Monitor:
    """Return what a row says of a monitor itself."""
    return Monitor(
        monitor_id=row.monitor_id,
        system_id=row.system_id,
        folder=row.folder,
        interval=Interval(row.interval),
        hour=row.hour,
        owner=row.owner,
        watches=Watch(row.watches),
        checks=tuple(row.checks),
        model_version=row.model_version,
        window_days=row.window_days,
        counts_from=row.counts_from,
        told=tuple(row.told),
        told_roles=tuple(row.told_roles),
        answer_days=row.answer_days,
    )
