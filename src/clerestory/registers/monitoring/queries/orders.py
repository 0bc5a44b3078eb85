"""What the server's own jobs ask: which runs are due, which run is meant, and which monitors are silent."""

from dataclasses import dataclass
from datetime import datetime

from clerestory.registers.monitoring import models
from clerestory.registers.monitoring.queries.monitors import monitor_of
from clerestory.registers.monitoring.rules import Interval, Monitor, is_late
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
    )


# house: allow permit-first: asked by the server itself
def late_monitors(organisation_id: OrganisationId, now: datetime) -> tuple[tuple[Monitor, datetime], ...]:
    """Return the monitors that should have run and did not, each with the time that passed without a run."""
    rows = models.Monitor.objects.filter(
        organisation_id=organisation_id, paused_at=None, ended_at=None, next_due_at__lt=now
    )
    return tuple(
        (monitor_of(row), row.next_due_at)
        for row in rows.order_by("id")
        if is_late(row.next_due_at, Interval(row.interval), now)
    )
