"""Runs of monitors: asked for by people or by the clock, begun, followed and finished by the server's jobs.

A run is finished once: what comes after changes nothing. One that could not run is kept with its reason, as evidence;
so is a run that never came, by `note_silence`. What a run came to raises alarms and ends them.
"""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db.models import QuerySet

from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.registers.monitoring import models
from clerestory.registers.monitoring.commands.alarm import follow_run
from clerestory.registers.monitoring.facts import run_evidence
from clerestory.registers.monitoring.queries.record import MonitorUnknown, monitor_of
from clerestory.registers.monitoring.rules import CheckResult, Interval, MonitorRefused, Outcome, next_due
from clerestory.store import clock, evidence
from clerestory.store.unit import atomic
from clerestory.terms.sentence import gettext as _


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What a run came to. ``alarms``: columns whose evidence of a change is over the threshold."""

    outcome: Outcome
    reason: str = ""
    results: tuple[CheckResult, ...] = ()
    inputs: str = ""
    model_digest: str = ""
    alarms: tuple[str, ...] = ()
    counted: Mapping[str, object] | None = None


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
            raise MonitorUnknown(
                _("There is no monitor {monitor_id!r}.", monitor_id=monitor_id), _("Choose one of the list.")
            )
        if _open(row).exists():
            raise MonitorRefused(_("A run of this monitor is under way."), _("Wait until it is done."))
        made = _create(row, ASKED, moment, asked_by=actor.person_id)
        models.Monitor.objects.filter(organisation_id=actor.organisation_id, pk=row.pk).update(waits_since=moment)
        return made.run_id


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
            row.waits_since = now
        row.next_due_at = next_due(Interval(row.interval), row.hour, now)
        row.save(update_fields=["next_due_at", "waits_since"])
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
        if row.attempts == 1:  # who is cut off again and again falls silent all the same
            rows = models.Monitor.objects.filter(organisation_id=actor.organisation_id, pk=row.monitor_id)
            rows.update(waits_since=now)
        return row.attempts


def note_progress(*, actor: Actor, run_id: str, what: str, done: int, total: int) -> None:
    """Note how far a run is."""
    permit(actor, "write", "monitoring")
    rows = models.MonitorRun.objects.filter(organisation_id=actor.organisation_id, run_id=run_id, state=RUNNING)
    rows.update(progress=what[:20], progress_done=done, progress_total=total)


def finish_run(*, actor: Actor, run_id: str, came: Came, now: datetime) -> str | None:
    """Keep what a run came to; return what the monitor said before, None where the run was done already."""
    permit(actor, "write", "monitoring")
    with atomic():
        row = _locked(actor, run_id)
        if row.state == DONE:
            return None
        monitor = models.Monitor.objects.select_for_update().get(
            organisation_id=actor.organisation_id, pk=row.monitor_id
        )
        before = monitor.last_outcome
        _finish(actor, monitor, row, came, now)
        monitor.waits_since = None
        monitor.save(update_fields=["last_outcome", "last_ran_at", "waits_since"])
    return before


def note_silence(*, actor: Actor, monitor_id: str, since: datetime, now: datetime) -> str | None:
    """Keep that a monitor should have been heard of and was not; return the run that says so.

    None where that is known already: while it is silent it is said once.
    """
    permit(actor, "write", "monitoring")
    with atomic():
        rows = models.Monitor.objects.select_for_update().filter(organisation_id=actor.organisation_id)
        monitor = rows.filter(monitor_id=monitor_id, paused_at=None, ended_at=None).first()
        alarms = models.MonitorAlarm.objects.filter(organisation_id=actor.organisation_id, monitor=monitor)
        if monitor is None or alarms.filter(kind="silent", closed_at=None).exists():
            return None
        row = models.MonitorRun(
            organisation_id=monitor.organisation_id, monitor=monitor, run_id=f"mrun-{secrets.token_hex(8)}",
            planned_at=since, is_silent=True,
        )  # fmt: skip
        reason = f"It should have run at {since:%Y-%m-%d %H:%M} UTC and did not."
        _finish(actor, monitor, row, Came(outcome=Outcome.COULD_NOT_RUN, reason=reason), now)
        return row.run_id


def _finish(actor: Actor, monitor: models.Monitor, row: models.MonitorRun, came: Came, now: datetime) -> None:
    """Write a run, its evidence, where the monitor stands since, and its alarms."""
    made = run_evidence(
        monitor_of(monitor),
        row.run_id,
        outcome=came.outcome,
        reason=came.reason[:2000],
        results=[result.entry_id for result in came.results if result.entry_id],
        planned_at=row.planned_at,
        started_at=row.started_at or now,
        by=actor.maker(),
        at=now,
        is_silent=row.is_silent,
        alarms=came.alarms,
        model_digest=came.model_digest,
    )
    entry = evidence.append(
        made, organisation_id=actor.organisation_id, now=now, idempotency_key=f"monitor-run/{row.run_id}"
    )
    row.state, row.ended_at, row.outcome, row.reason = DONE, now, str(came.outcome), came.reason[:2000]
    row.results, row.inputs = [asdict(result) for result in came.results], came.inputs[:64]
    row.model_digest, row.counted, row.entry_id = came.model_digest, dict(came.counted or {}), entry.entry_id
    row.save()
    follow_run(monitor, row, came.alarms, now)
    if not row.is_silent:
        monitor.last_outcome, monitor.last_ran_at = str(came.outcome), now


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
        raise MonitorUnknown(_("There is no run {run_id!r}.", run_id=run_id), _("Look at the runs of the monitor."))
    return row
