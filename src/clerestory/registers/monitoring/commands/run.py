"""Runs of monitors: asked for by people or by the clock, begun, followed and finished by the server's jobs.

A run is finished once: what comes after changes nothing. One that could not run is kept with its reason, as evidence.
"""

import secrets
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

from django.db.models import QuerySet

from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.registers.monitoring import models
from clerestory.registers.monitoring.facts import run_evidence
from clerestory.registers.monitoring.queries.monitors import MonitorUnknown, monitor_of
from clerestory.registers.monitoring.rules import CheckResult, Interval, MonitorRefused, Outcome, next_due
from clerestory.store import clock, evidence
from clerestory.store.unit import atomic

ASKED, QUEUED, RUNNING, DONE = "asked", "queued", "running", "done"


def ask_run(*, actor: Actor, monitor_id: str, now: datetime | None = None) -> str:
    """Ask for a run now, besides those by the clock; return its id.

    Raises:
        MonitorUnknown: there is no such monitor.
        MonitorRefused: one is running or waiting already.
    """
    permit(actor, "write", "monitoring")
    moment = now or clock.now()
    with atomic():
        rows = models.Monitor.objects.select_for_update().filter(organisation_id=actor.organisation_id)
        row = rows.filter(monitor_id=monitor_id, ended_at=None).first()
        if row is None:
            raise MonitorUnknown(f"There is no monitor {monitor_id!r}.", "Choose one of the list.")
        if _open(row).exists():
            raise MonitorRefused("A run of this monitor is under way.", "Wait until it is done.")
        return _create(row, ASKED, moment, asked_by=actor.person_id).run_id


# house: allow permit-first: the clock asks, nobody else
def plan_due_runs(*, now: datetime) -> list[str]:
    """Return the runs to put into the queue, in the caller's transaction: those asked for, and what the clock asks for.

    After a time without a server one run makes up for all that were missed.
    """
    planned = []
    # house: allow organisation-scope: the server runs the monitors of all
    for run in models.MonitorRun.objects.select_for_update().filter(state=ASKED).order_by("id"):
        run.state = QUEUED
        run.save(update_fields=["state"])
        planned.append(run.run_id)
    # house: allow organisation-scope: the server runs the monitors of all
    due = models.Monitor.objects.select_for_update().filter(paused_at=None, ended_at=None, next_due_at__lte=now)
    for row in due.order_by("next_due_at"):
        if not _open(row).exists():
            planned.append(_create(row, QUEUED, row.next_due_at).run_id)
        row.next_due_at = next_due(Interval(row.interval), row.hour, now)
        row.save(update_fields=["next_due_at"])
    return planned


def begin_run(*, actor: Actor, run_id: str, now: datetime) -> int:
    """Note that a run begins, again where it was cut off; return how often it began, 0 where it is done already."""
    permit(actor, "write", "monitoring")
    with atomic():
        row = _locked(actor, run_id)
        if row.state == DONE:
            return 0
        row.state, row.attempts, row.started_at = RUNNING, row.attempts + 1, now
        row.progress, row.progress_done, row.progress_total = "", 0, 0
        row.save()
        return row.attempts


def note_progress(*, actor: Actor, run_id: str, what: str, done: int, total: int) -> None:
    """Note how far a run is."""
    permit(actor, "write", "monitoring")
    rows = models.MonitorRun.objects.filter(organisation_id=actor.organisation_id, run_id=run_id, state=RUNNING)
    rows.update(progress=what[:20], progress_done=done, progress_total=total)


def finish_run(
    *,
    actor: Actor,
    run_id: str,
    outcome: Outcome,
    now: datetime,
    reason: str = "",
    results: Iterable[CheckResult] = (),
    inputs: str = "",
) -> str | None:
    """Keep what a run came to; return what the monitor said before, None where the run was done already."""
    permit(actor, "write", "monitoring")
    found = tuple(results)
    with atomic():
        row = _locked(actor, run_id)
        if row.state == DONE:
            return None
        monitor = models.Monitor.objects.select_for_update().get(
            organisation_id=actor.organisation_id, pk=row.monitor_id
        )
        before = monitor.last_outcome
        made = run_evidence(
            monitor_of(monitor),
            run_id,
            outcome=outcome,
            reason=reason[:2000],
            results=[result.entry_id for result in found if result.entry_id],
            planned_at=row.planned_at,
            started_at=row.started_at or now,
            by=actor.maker(),
            at=now,
        )
        entry = evidence.append(
            made, organisation_id=actor.organisation_id, now=now, idempotency_key=f"monitor-run/{run_id}"
        )
        row.state, row.ended_at, row.outcome, row.reason = DONE, now, str(outcome), reason[:2000]
        row.results, row.inputs, row.entry_id = [asdict(result) for result in found], inputs[:64], entry.entry_id
        row.save()
        monitor.last_outcome, monitor.last_ran_at = str(outcome), now
        monitor.save(update_fields=["last_outcome", "last_ran_at"])
    return before


def _create(row: models.Monitor, state: str, planned_at: datetime, *, asked_by: str = "") -> models.MonitorRun:
    return models.MonitorRun.objects.create(
        organisation_id=row.organisation_id,
        monitor=row,
        run_id=f"mrun-{secrets.token_hex(8)}",
        state=state,
        planned_at=planned_at,
        asked_by=asked_by,
    )


def _open(row: models.Monitor) -> QuerySet[models.MonitorRun]:
    return models.MonitorRun.objects.filter(organisation_id=row.organisation_id, monitor=row).exclude(state=DONE)


def _locked(actor: Actor, run_id: str) -> models.MonitorRun:
    rows = models.MonitorRun.objects.select_for_update().filter(organisation_id=actor.organisation_id)
    row = rows.filter(run_id=run_id).first()
    if row is None:
        raise MonitorUnknown(f"There is no run {run_id!r}.", "Look at the runs of the monitor.")
    return row
