"""What a monitor watches, when it runs and is late, what runs and alarms come to, and where its manifest may lie."""

import calendar
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from clerestory.terms.error import ClerestoryError
from clerestory.terms.sentence import gettext as _
from clerestory.terms.status import Verdict
from clerestory.terms.text import plain

MOST_PARTS = 6
LONGEST_WINDOW, LONGEST_ANSWER = 366, 90


class MonitorRefused(ClerestoryError):
    """A monitor lacks something, or names a folder that it may not."""


class Interval(StrEnum):
    """How often a monitor runs: each hour, each day, on Mondays, on the first of a month."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Watch(StrEnum):
    """On which data a monitor runs the checks: those of the manifest, or what the system decided in the last days.

    Or it runs none of them and hashes the files again, to compare them with what is registered and approved.
    """

    MANIFEST = "manifest"
    DECISIONS = "decisions"
    FILES = "files"


class AlarmKind(StrEnum):
    """What raised an alarm. A change stands until a person answers it; the others until a run says better."""

    FAILED = "failed"
    BROKEN = "could not run"
    SILENT = "silent"
    CHANGED = "changed"


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
    """A scheduled check: which system, which manifest's folder on the server, how often, and who answers for it.

    ``checks`` are those of the manifest that run, each as `check_key` writes it; none means all. ``model_version`` and
    ``window_days`` say which decisions are watched, ``counts_from`` since when evidence of a change is gathered.
    ``told`` and holders of ``told_roles`` hear what the owner hears; an alarm is to be closed in ``answer_days``.
    """

    monitor_id: str
    system_id: str
    folder: str
    interval: Interval
    hour: int
    owner: str
    watches: Watch = Watch.MANIFEST
    checks: tuple[str, ...] = ()
    model_version: str = ""
    window_days: int = 30
    counts_from: date | None = None
    told: tuple[str, ...] = ()
    told_roles: tuple[str, ...] = ()
    answer_days: int = 7


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
    # house: allow organisation-day: a monitor is set to an hour in UTC
    moment = datetime.combine(after.date(), time(hour), tzinfo=after.tzinfo)
    if interval is Interval.WEEKLY:
        moment -= timedelta(days=moment.weekday())
    if interval is Interval.MONTHLY:
        moment = moment.replace(day=1)
    while moment <= after:
        moment += _step(interval, moment)
    return moment


def planned_times(interval: Interval, hour: int, after: datetime, until: datetime) -> Iterator[datetime]:
    """Yield the times of the interval after one moment and up to another."""
    moment = next_due(interval, hour, after)
    while moment <= until:
        yield moment
        moment = next_due(interval, hour, moment)


def is_late(due_at: datetime, interval: Interval, now: datetime) -> bool:
    """Tell whether a run that should have begun, or that began and should be done, is not, for longer than is usual."""
    return now > due_at + GRACE[interval]


def check_key(name: str, criterion: str) -> str:
    """Return what tells a declared check from the others of a manifest: its name and its criterion."""
    return f"{name} {criterion}"


def raised_by(outcome: Outcome, *, is_silent: bool, changed: Iterable[str]) -> tuple[AlarmKind, ...]:
    """Return the alarms that a run raises, where none of the kind is open."""
    if is_silent:
        return (AlarmKind.SILENT,)
    if outcome is Outcome.COULD_NOT_RUN:
        return (AlarmKind.BROKEN,)
    kinds = [AlarmKind.CHANGED] if any(True for _ in changed) else []
    return tuple(kinds + ([AlarmKind.FAILED] if outcome is Outcome.FAIL and not kinds else []))


def ended_by(outcome: Outcome, *, is_silent: bool) -> tuple[AlarmKind, ...]:
    """Return the alarms that a run ends: silence by any word, a broken run by one that ran, a failure by a pass."""
    if is_silent:
        return ()
    if outcome is Outcome.COULD_NOT_RUN:
        return (AlarmKind.SILENT,)
    return (AlarmKind.SILENT, AlarmKind.BROKEN, *((AlarmKind.FAILED,) if outcome is Outcome.PASS else ()))


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
        raise MonitorRefused(_("{hour} is no hour of a day.", hour=monitor.hour), _("Use a number from 0 to 23."))
    if monitor.watches is Watch.DECISIONS:
        if not monitor.model_version.strip():
            raise MonitorRefused(_("It is not said whose decisions are watched."), _("Choose a version of the model."))
        if not 1 <= monitor.window_days <= LONGEST_WINDOW:
            raise MonitorRefused(
                _("{window_days} is no window.", window_days=monitor.window_days),
                _("Use a number of days from 1 to {longest_window}.", longest_window=LONGEST_WINDOW),
            )
    if not 1 <= monitor.answer_days <= LONGEST_ANSWER:
        raise MonitorRefused(
            _("{answer_days} days are no time to answer in.", answer_days=monitor.answer_days),
            _("Use a number from 1 to {longest_answer}.", longest_answer=LONGEST_ANSWER),
        )
    check_folder(monitor.folder)


def check_folder(folder: str) -> tuple[str, ...]:
    """Return the parts of a folder's name below a root; refuse one that could lead out of it."""
    parts = tuple(plain(folder, _("folder"), longest=300).split("/"))
    if "\\" in folder or any(part in ("", ".", "..") or part.startswith((".", "~")) for part in parts):
        raise MonitorRefused(
            _("The folder {folder!r} may not be named.", folder=folder),
            _("Choose one below the server's projects folder, like credit."),
        )
    if len(parts) > MOST_PARTS:
        raise MonitorRefused(
            _("The folder {folder!r} lies too deep.", folder=folder),
            _("Use at most {most_parts} levels.", most_parts=MOST_PARTS),
        )
    return parts


def _step(interval: Interval, moment: datetime) -> timedelta:
    if interval is Interval.MONTHLY:
        return timedelta(days=calendar.monthrange(moment.year, moment.month)[1])
    return timedelta(days=7 if interval is Interval.WEEKLY else 1)
