"""What the server's own jobs ask: which runs are due, which run is meant, and which monitors are silent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from clerestory.registers.monitoring import models
from clerestory.registers.monitoring.queries.record import monitor_of
from clerestory.registers.monitoring.rules import AlarmKind, Interval, Monitor, is_late
from clerestory.terms.ids import OrganisationId, PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A run that is to be done, with the monitor that it belongs to."""

    run_id: str
    organisation_id: OrganisationId
    monitor: Monitor
    owner: PersonId
    is_done: bool
    attempts: int
    confirmed_at: datetime


# house: allow permit-first: asked by the server itself
def runs_wait(now: datetime) -> bool:
    """Tell whether a run is due or was asked for."""
    # house: allow organisation-scope: the server runs the monitors of all
    if models.MonitorRun.objects.filter(state="asked").exists():
        return True
    # house: allow organisation-scope: the server runs the monitors of all
    return models.Monitor.objects.filter(paused_at=None, ended_at=None, next_due_at__lte=now).exists()


# house: allow permit-first: asked by the server itself
def order_of(run_id: str) -> Order | None:
    """Return one run, for the job that does it; None where there is none of that id."""
    # house: allow organisation-scope: the queue names runs of all
    row = models.MonitorRun.objects.select_related("monitor").filter(run_id=run_id).first()
    if row is None:
        return None
    return Order(
        run_id=row.run_id,
        organisation_id=OrganisationId(row.organisation_id),
        monitor=monitor_of(row.monitor),
        owner=PersonId(row.monitor.owner),
        is_done=row.state == "done",
        attempts=row.attempts,
        confirmed_at=row.monitor.confirmed_at or row.monitor.changed_at,
    )


# house: allow permit-first: asked by the server itself
def found_before(order: Order) -> Mapping[str, str]:
    """Return the digests by location of the first run that passed since a person last set the monitor up or changed it.

    Empty where none has.
    """
    row = (
        models.MonitorRun.objects.filter(
            organisation_id=order.organisation_id,
            monitor__monitor_id=order.monitor.monitor_id,
            outcome="PASS",
            ended_at__gte=order.confirmed_at,
        )
        .order_by("ended_at", "id")
        .first()
    )
    return {} if row is None else {one["location"]: one["digest"] for one in row.counted.get("files", ())}


# house: allow permit-first: asked by the server itself
def late_monitors(now: datetime) -> tuple[tuple[OrganisationId, Monitor, datetime], ...]:
    """Return the monitors of all that should have been heard of and were not, and of which nobody was told yet.

    Each with the time that passed without a word: that of the run that was due, or that waits or is under way.
    """
    # house: allow organisation-scope: the server looks after the monitors of all
    rows = models.Monitor.objects.filter(paused_at=None, ended_at=None)
    rows = rows.filter(Q(next_due_at__lt=now) | Q(waits_since__lt=now))
    # house: allow organisation-scope: of the monitor that each row is
    told = models.MonitorAlarm.objects.filter(monitor=OuterRef("pk"), kind=str(AlarmKind.SILENT), closed_at=None)
    return tuple(
        (OrganisationId(row.organisation_id), monitor_of(row), since)
        for row in rows.exclude(Exists(told)).order_by("id")
        if is_late(since := min(row.waits_since or row.next_due_at, row.next_due_at), Interval(row.interval), now)
    )
