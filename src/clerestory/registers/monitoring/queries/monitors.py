"""Monitors and their runs, as people and machines of one organisation read them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.day import day_of, end_of, today_of
from clerestory.desk.duty import Duty
from clerestory.desk.lists import Column, ListQuery, Page, paginate
from clerestory.desk.people import name_beside, names_of
from clerestory.desk.permit import permit
from clerestory.registers.monitoring import models
from clerestory.registers.monitoring.queries.record import (
    MonitorRecord,
    MonitorUnknown,
    RunRecord,
    monitor_of,
    run_record,
)
from clerestory.registers.monitoring.rules import GRACE, Interval, Outcome, State, Watch, is_late, state_of
from clerestory.store import clock, directory
from clerestory.terms import sentence
from clerestory.terms.ids import EntryId

MOST_RUNS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorCounts:
    """How many monitors there are, and how many of them by state."""

    total: int
    late: int
    failing: int
    broken: int
    paused: int
    passing: int


STATE_WORDS = {
    State.PASSES: _("passes"),
    State.FAILS: _("fails"),
    State.UNDECIDED: _("undecided"),
    State.BROKEN: _("could not run"),
    State.LATE: _("late"),
    State.PAUSED: _("paused"),
    State.NEW: _("never ran"),
}
INTERVAL_WORDS = {
    Interval.HOURLY: _("hourly"),
    Interval.DAILY: _("daily"),
    Interval.WEEKLY: _("weekly"),
    Interval.MONTHLY: _("monthly"),
}
WATCH_WORDS = {
    Watch.MANIFEST: _("data of the manifest"),
    Watch.DECISIONS: _("decision log"),
    Watch.FILES: _("files hashed again"),
}
_TONES = {
    State.PASSES: "good",
    State.FAILS: "bad",
    State.UNDECIDED: "open",
    State.BROKEN: "bad",
    State.LATE: "old",
    State.PAUSED: "none",
    State.NEW: "open",
}


def _in_state(wanted: str) -> Q:
    """Return what asks the table for monitors in a state."""
    running, now = Q(paused_at=None), clock.now()
    late = Q()
    for interval, grace in GRACE.items():
        late |= Q(interval=str(interval)) & (Q(next_due_at__lt=now - grace) | Q(waits_since__lt=now - grace))
    if wanted == State.PAUSED:
        return Q(paused_at__isnull=False)
    if wanted == State.LATE:
        return running & late
    by_word = {State.PASSES: "PASS", State.FAILS: "FAIL", State.UNDECIDED: "INCONCLUSIVE", State.NEW: ""}
    by_word |= {State.BROKEN: "COULD_NOT_RUN"}
    return running & ~late & Q(last_outcome=by_word.get(State(wanted) if wanted in list(State) else State.NEW, "?"))


COLUMNS = (
    Column(
        name="system",
        label=_("AI system"),
        field="system_id",
        searched=True,
        kind="link",
        value=lambda row: row.system_name,
        url=lambda row: f"/monitoring/{row.monitor.monitor_id}/",
        note=lambda row: f"{row.monitor.folder} · {WATCH_WORDS[row.monitor.watches]}",
    ),
    Column(
        name="state",
        label=_("State"),
        field="last_outcome",
        kind="tag",
        filtered=True,
        options=tuple(STATE_WORDS.items()),
        narrow=_in_state,
        value=lambda row: STATE_WORDS[row.state],
        tone=lambda row: _TONES[row.state],
    ),
    Column(
        name="interval",
        label=_("Runs"),
        optional=True,
        filtered=True,
        options=tuple(INTERVAL_WORDS.items()),
        value=lambda row: INTERVAL_WORDS[row.monitor.interval],
    ),
    Column(
        name="watches",
        label=_("On which data"),
        optional=True,
        filtered=True,
        options=tuple(WATCH_WORDS.items()),
        value=lambda row: WATCH_WORDS[row.monitor.watches],
    ),
    Column(name="last_ran_at", label=_("Last run"), kind="moment", value=lambda row: row.last_ran_at),
    Column(
        name="next_due_at",
        label=_("Next run"),
        kind="moment",
        value=lambda row: None if row.paused_at else row.next_due_at,
        note=lambda row: INTERVAL_WORDS[row.monitor.interval],
    ),
    Column(name="owner", label=_("Owner"), kind="person", sortable=False, value=lambda row: row.owner_name),
    Column(
        name="folder",
        label=_("Folder of the manifest"),
        searched=True,
        optional=True,
        value=lambda row: row.monitor.folder,
    ),
)


def monitors(actor: Actor, query: ListQuery) -> Page[MonitorRecord]:
    """Return one page of the monitors that were not ended, in three queries."""
    permit(actor, "read", "monitoring")
    found: list[models.Monitor] = []

    def keep(row: models.Monitor) -> models.Monitor:
        found.append(row)
        return row

    page = paginate(_rows(actor).filter(ended_at=None).order_by("system_id", "folder", "id"), query, COLUMNS, keep)
    return Page(rows=_records(actor, page.rows), total=page.total, page=page.page, size=page.size)


def monitor(actor: Actor, monitor_id: str, names: Mapping[str, str] | None = None) -> MonitorRecord:
    """Return one monitor; ``names`` are those of the members, where they were read already.

    Raises:
        MonitorUnknown: there is none of that id.
    """
    permit(actor, "read", "monitoring")
    row = _rows(actor).filter(monitor_id=monitor_id).first()
    if row is None:
        raise MonitorUnknown(
            sentence.gettext("There is no monitor {monitor_id!r}.", monitor_id=monitor_id),
            sentence.gettext("Choose one of the list."),
        )
    told = names_of(actor.organisation_id, row.told) if names is None and row.told else names or {}
    return _record(row, clock.now(), told)


def monitors_of_system(actor: Actor, system_id: str) -> tuple[MonitorRecord, ...]:
    """Return the monitors of one AI system that were not ended."""
    permit(actor, "read", "monitoring")
    return _records(actor, _rows(actor).filter(system_id=system_id, ended_at=None).order_by("folder", "id"))


def runs(actor: Actor, monitor_id: str, *, most: int = MOST_RUNS) -> tuple[RunRecord, ...]:
    """Return the newest runs of a monitor, newest first."""
    permit(actor, "read", "monitoring")
    rows = models.MonitorRun.objects.filter(organisation_id=actor.organisation_id, monitor__monitor_id=monitor_id)
    return tuple(run_record(row) for row in rows.order_by("-planned_at", "-id")[:most])


def monitor_counts(actor: Actor, on: date) -> MonitorCounts:
    """Return how many monitors stand how on a day: today's moment where it is today."""
    permit(actor, "read", "monitoring")
    now = min(end_of(actor, on), clock.now()) if on <= today_of(actor) else clock.now()
    rows = _rows(actor).filter(ended_at=None)
    states = Counter(_state(row, now) for row in rows)
    return MonitorCounts(
        total=sum(states.values()),
        late=states[State.LATE],
        failing=states[State.FAILS] + states[State.UNDECIDED],
        broken=states[State.BROKEN],
        paused=states[State.PAUSED],
        passing=states[State.PASSES],
    )


def duties(actor: Actor, on: date) -> tuple[Duty, ...]:
    """Return what this member has to look into: own monitors that fail, cannot run or are silent."""
    permit(actor, "read", "monitoring")
    now = clock.now()
    why = {
        State.FAILS: _("A check of the last run failed."),
        State.UNDECIDED: _("The last run could not conclude."),
        State.BROKEN: _("The last run could not be done."),
        State.LATE: _("It should have run and did not."),
    }
    found = _records(actor, _rows(actor).filter(owner=actor.person_id, ended_at=None, paused_at=None))
    return tuple(
        Duty(
            topic="monitor",
            title=str(format_lazy(_("Monitor of {system}"), system=record.system_name)),
            url=f"/monitoring/{record.monitor.monitor_id}/",
            why=why[state],
            due_on=day_of(actor, record.last_ran_at) if record.last_ran_at and state is not State.LATE else on,
        )
        for record in found
        if (state := _state_now(record, now)) in why
    )


def _state_now(record: MonitorRecord, now: datetime) -> State:
    return state_of(
        outcome=record.last_outcome,
        is_paused=record.paused_at is not None,
        is_late=is_late(_expected(record), record.monitor.interval, now),
    )


def _expected(monitor: models.Monitor | MonitorRecord) -> datetime:
    """Return since when something should be heard: of a run that waits or is under way, or else of the next one."""
    return min(monitor.waits_since or monitor.next_due_at, monitor.next_due_at)


def _rows(actor: Actor) -> QuerySet[Any]:
    """Return the monitors with the names of their systems and owners."""
    return models.Monitor.objects.filter(organisation_id=actor.organisation_id).annotate(
        system_name=directory.label_beside(actor.organisation_id, "ai_system", "system_id"),
        owner_name=name_beside(actor.organisation_id, "owner"),
    )


def _state(row: models.Monitor, now: datetime) -> State:
    return state_of(
        outcome=row.last_outcome if row.last_outcome in list(Outcome) else "",
        is_paused=row.paused_at is not None,
        is_late=row.ended_at is None and is_late(_expected(row), Interval(row.interval), now),
    )


def _records(actor: Actor, rows: Iterable[models.Monitor]) -> tuple[MonitorRecord, ...]:
    known, now = list(rows), clock.now()
    told = {person for row in known for person in row.told}
    names = names_of(actor.organisation_id, told) if told else {}
    return tuple(_record(row, now, names) for row in known)


def _record(row: Any, now: datetime, names: Mapping[str, str]) -> MonitorRecord:
    return MonitorRecord(
        monitor=monitor_of(row),
        version=row.version,
        entry_id=EntryId(row.entry_id),
        changed_at=row.changed_at,
        next_due_at=row.next_due_at,
        paused_at=row.paused_at,
        paused_reason=row.paused_reason,
        ended_at=row.ended_at,
        last_outcome=row.last_outcome,
        last_ran_at=row.last_ran_at,
        state=_state(row, now),
        system_name=row.system_name or row.system_id,
        owner_name=row.owner_name or row.owner,
        told_names=tuple(sorted(names.get(person, person) for person in row.told)),
        waits_since=row.waits_since,
    )
