"""How well a system is watched: planned runs that ran, and alarms that were closed in time, over the last days."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from clerestory.desk.actor import Actor
from clerestory.desk.people import names_of
from clerestory.desk.permit import permit
from clerestory.registers.monitoring import models
from clerestory.registers.monitoring.rules import GRACE, AlarmKind, Interval, planned_times
from clerestory.store import clock, directory
from clerestory.terms.ids import EntryId

WINDOW = timedelta(days=7)
MOST_ALARMS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The monitors of one system over a window.

    ``planned``: runs by the clock whose time and grace have passed; ``ran``: those of them that began within the grace
    and could be done. ``due``: alarms that were closed in the window or should have been by its end; ``in_time``: those
    of them that were closed by their day. ``open``: alarms that are open at its end.
    """

    system_id: str
    system_name: str
    monitors: int
    planned: int
    ran: int
    due: int
    in_time: int
    open: int

    @property
    def share_run(self) -> float | None:
        """The share of planned runs that ran; None where none was planned."""
        return self.ran / self.planned if self.planned else None

    @property
    def share_in_time(self) -> float | None:
        """The share of alarms that were closed in time; None where none was due."""
        return self.in_time / self.due if self.due else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm of a monitor and what became of it."""

    alarm_id: str
    kind: AlarmKind
    about: tuple[str, ...]
    opened_at: datetime
    due_at: datetime
    entry_id: EntryId
    answered_at: datetime | None
    answered_by: str
    answer: str
    answer_entry_id: EntryId
    closed_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether nothing has ended it yet."""
        return self.closed_at is None

    def is_late(self, now: datetime) -> bool:
        """Whether it was not closed by its day."""
        return (self.closed_at or now) > self.due_at


def services(
    actor: Actor, *, system_id: str | None = None, window: timedelta = WINDOW, now: datetime | None = None
) -> tuple[Service, ...]:
    """Return how well each system with monitors is watched, or one of them, in four queries."""
    permit(actor, "read", "monitoring")
    until = now or clock.now()
    since = until - window
    rows = models.Monitor.objects.filter(organisation_id=actor.organisation_id)
    rows = rows if system_id is None else rows.filter(system_id=system_id)
    labelled = rows.annotate(label=directory.label_beside(actor.organisation_id, "ai_system", "system_id"))
    known = list(labelled.values_list("pk", "system_id", "ended_at", "label"))
    systems = {key: watched for key, watched, _ended, _label in known}
    planned, ran = _runs(actor, systems, since, until)
    due, in_time, still = _alarms(actor, systems, since, until)
    living = defaultdict[str, int](int)
    for _key, watched, ended_at, _label in known:
        living[watched] += ended_at is None
    names = {watched: label for _key, watched, _ended, label in known if label}
    concerned = {one for one in systems.values() if living[one] or planned[one] or due[one] or still[one]}
    return tuple(
        Service(
            system_id=one,
            system_name=names.get(one, one),
            monitors=living[one],
            planned=planned[one],
            ran=ran[one],
            due=due[one],
            in_time=in_time[one],
            open=still[one],
        )
        for one in sorted(concerned)
    )


def alarms(
    actor: Actor, monitor_id: str, *, most: int = MOST_ALARMS, names: Mapping[str, str] | None = None
) -> tuple[tuple[Alarm, ...], Mapping[str, str]]:
    """Return the newest alarms of a monitor, open ones first, and the names of who answered them.

    ``names`` are those of the members, where they were read already.
    """
    permit(actor, "read", "monitoring")
    rows = models.MonitorAlarm.objects.filter(organisation_id=actor.organisation_id, monitor__monitor_id=monitor_id)
    found = [_alarm(row) for row in rows.order_by("-opened_at", "-id")[:most]]
    answered = {alarm.answered_by for alarm in found if alarm.answered_by}
    if names is None:
        names = names_of(actor.organisation_id, answered) if answered else {}
    return tuple(sorted(found, key=lambda alarm: not alarm.is_open)), names


def _runs(
    actor: Actor, systems: dict[int, str], since: datetime, until: datetime
) -> tuple[defaultdict[str, int], defaultdict[str, int]]:
    """Count planned runs whose grace has passed, and those that ran, by system."""
    plans = models.MonitorPlan.objects.filter(organisation_id=actor.organisation_id, monitor__in=systems)
    plans = plans.exclude(until_at__lt=since).filter(from_at__lt=until)
    done = models.MonitorRun.objects.filter(
        organisation_id=actor.organisation_id, monitor__in=systems, planned_at__gt=since, asked_by="", is_silent=False
    ).exclude(outcome__in=["", "COULD_NOT_RUN"])
    started = {(row.monitor_id, row.planned_at): row.started_at for row in done}
    planned, ran = defaultdict[str, int](int), defaultdict[str, int](int)
    for plan in plans:
        interval = Interval(plan.interval)
        ends = min(plan.until_at or until, until - GRACE[interval])
        for moment in planned_times(interval, plan.hour, max(plan.from_at, since), ends):
            planned[systems[plan.monitor_id]] += 1
            began = started.get((plan.monitor_id, moment))
            ran[systems[plan.monitor_id]] += began is not None and began <= moment + GRACE[interval]
    return planned, ran


def _alarms(
    actor: Actor, systems: dict[int, str], since: datetime, until: datetime
) -> tuple[defaultdict[str, int], defaultdict[str, int], defaultdict[str, int]]:
    rows = models.MonitorAlarm.objects.filter(
        organisation_id=actor.organisation_id, monitor__in=systems, opened_at__lte=until
    ).exclude(closed_at__lte=since)
    due, in_time, still = (defaultdict[str, int](int) for _ in range(3))
    for row in rows:
        closed = row.closed_at is not None and row.closed_at <= until
        system_id = systems[row.monitor_id]
        still[system_id] += not closed
        if closed or row.due_at <= until:
            due[system_id] += 1
            in_time[system_id] += row.closed_at is not None and closed and row.closed_at <= row.due_at
    return due, in_time, still


def _alarm(row: models.MonitorAlarm) -> Alarm:
    return Alarm(
        alarm_id=row.alarm_id,
        kind=AlarmKind(row.kind),
        about=tuple(row.about),
        opened_at=row.opened_at,
        due_at=row.due_at,
        entry_id=EntryId(row.entry_id),
        answered_at=row.answered_at,
        answered_by=row.answered_by,
        answer=row.answer,
        answer_entry_id=EntryId(row.answer_entry_id),
        closed_at=row.closed_at,
    )
