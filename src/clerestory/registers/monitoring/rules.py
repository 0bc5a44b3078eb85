"""When a monitor runs, when it is late, what its runs come to, and where its manifest may lie."""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from clerestory.terms.error import ClerestoryError
from clerestory.terms.status import Verdict
from clerestory.terms.text import plain

MOST_PARTS = 6


class MonitorRefused(ClerestoryError):
    """A monitor lacks something, or names a folder that it may not."""


class Interval(StrEnum):
    """How often a monitor runs: each hour, each day, on Mondays, on the first of a month."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Outcome(StrEnum):
    """What a run came to. One that could not run is never a pass."""

    PASS = "PASS"  # noqa: S105
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"
    COULD_NOT_RUN = "COULD_NOT_RUN"


class State(StrEnum):
    """Where a monitor stands."""

    PASSES = "passes"
    FAILS = "fails"
    UNDECIDED = "undecided"
    BROKEN = "could not run"
    LATE = "late"
    PAUSED = "paused"
    NEW = "never ran"


GRACE = {
    Interval.HOURLY: timedelta(minutes=30),
    Interval.DAILY: timedelta(hours=3),
    Interval.WEEKLY: timedelta(hours=12),
    Interval.MONTHLY: timedelta(days=1),
}
"""How long after its time a run may begin before the monitor is late."""
_STATES = {
    Outcome.PASS: State.PASSES,
    Outcome.FAIL: State.FAILS,
    Outcome.INCONCLUSIVE: State.UNDECIDED,
    Outcome.COULD_NOT_RUN: State.BROKEN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """A scheduled check: which system, which manifest's folder on the server, how often, and who answers for it."""

    monitor_id: str
    system_id: str
    folder: str
    interval: Interval
    hour: int
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One check of a run, as far as it can be drawn; without a verdict it could not run, for a reason."""

    name: str
    slice: str
    criterion: str
    verdict: str
    value: float | None
    low: float | None
    high: float | None
    n: int | None
    reason: str
    entry_id: str


def next_due(interval: Interval, hour: int, after: datetime) -> datetime:
    """Return the first time of the interval after a moment; ``hour`` is in UTC and means nothing to hourly runs."""
    if interval is Interval.HOURLY:
        return after.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    moment = datetime.combine(after.date(), time(hour), tzinfo=after.tzinfo)
    if interval is Interval.WEEKLY:
        moment -= timedelta(days=moment.weekday())
    if interval is Interval.MONTHLY:
        moment = moment.replace(day=1)
    while moment <= after:
        moment += _step(interval, moment)
    return moment


def is_late(due_at: datetime, interval: Interval, now: datetime) -> bool:
    """Tell whether a run that should have begun has not, for longer than is usual."""
    return now > due_at + GRACE[interval]


def state_of(*, outcome: str, is_paused: bool, is_late: bool) -> State:
    """Return where a monitor stands; silence comes before what it said last."""
    if is_paused:
        return State.PAUSED
    if is_late:
        return State.LATE
    return _STATES[Outcome(outcome)] if outcome else State.NEW


def outcome_of(results: Iterable[CheckResult]) -> Outcome:
    """Return the worst of all checks; one that could not run leaves the run inconclusive at best."""
    verdicts = [result.verdict for result in results]
    if Verdict.FAIL in verdicts:
        return Outcome.FAIL
    if not any(verdicts):
        return Outcome.COULD_NOT_RUN
    if all(verdict == Verdict.PASS for verdict in verdicts):
        return Outcome.PASS
    return Outcome.INCONCLUSIVE


def check_monitor(monitor: Monitor) -> None:
    """Refuse a monitor at no hour of the day, or with a folder outside of what the server offers."""
    if not 0 <= monitor.hour <= 23:
        raise MonitorRefused(f"{monitor.hour} is no hour of a day.", "Use a number from 0 to 23.")
    check_folder(monitor.folder)


def check_folder(folder: str) -> tuple[str, ...]:
    """Return the parts of a folder's name below a root; refuse one that could lead out of it."""
    parts = tuple(plain(folder, "folder", longest=300).split("/"))
    if "\\" in folder or any(part in ("", ".", "..") or part.startswith((".", "~")) for part in parts):
        raise MonitorRefused(
            f"The folder {folder!r} may not be named.", "Choose one below the server's projects folder, like credit."
        )
    if len(parts) > MOST_PARTS:
        raise MonitorRefused(f"The folder {folder!r} lies too deep.", f"Use at most {MOST_PARTS} levels.")
    return parts


def _step(interval: Interval, moment: datetime) -> timedelta:
    if interval is Interval.MONTHLY:
        return timedelta(days=calendar.monthrange(moment.year, moment.month)[1])
    return timedelta(days=7 if interval is Interval.WEEKLY else 1)
