"""Alarms: a run raises and ends them, a person answers them. One of a kind is open at a time."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from clerestory.desk.actor import Actor
from clerestory.desk.day import today_of
from clerestory.desk.permit import permit
from clerestory.registers.monitoring import models
from clerestory.registers.monitoring.facts import answer_evidence, monitor_evidence
from clerestory.registers.monitoring.queries.record import MonitorUnknown, monitor_of
from clerestory.registers.monitoring.rules import AlarmKind, MonitorRefused, Outcome, ended_by, raised_by
from clerestory.store import clock, evidence
from clerestory.store.unit import atomic
from clerestory.terms.ids import EntryId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain


# house: allow permit-first: part of commands that have asked
def follow_run(monitor: models.Monitor, row: models.MonitorRun, changed: Sequence[str], now: datetime) -> None:
    """Close the alarms that a run ends and open those that it raises, each until its day to be closed."""
    outcome = Outcome(row.outcome)
    alarms = models.MonitorAlarm.objects.filter(organisation_id=row.organisation_id, monitor=monitor, closed_at=None)
    alarms.filter(kind__in=[str(kind) for kind in ended_by(outcome, is_silent=row.is_silent)]).update(closed_at=now)
    for kind in raised_by(outcome, is_silent=row.is_silent, changed=changed):
        if alarms.filter(kind=str(kind)).exists():
            continue
        models.MonitorAlarm.objects.create(
            organisation_id=row.organisation_id,
            monitor=monitor,
            alarm_id=f"alarm-{secrets.token_hex(8)}",
            kind=str(kind),
            about=list(changed) if kind is AlarmKind.CHANGED else [],
            opened_at=now,
            due_at=now + timedelta(days=monitor.answer_days),
            entry_id=row.entry_id,
        )


# house: allow permit-first: part of commands that have asked
def end_alarms(row: models.Monitor, now: datetime, *kinds: AlarmKind) -> None:
    """Close the open alarms of a monitor, all or of some kinds: it was ended, or a pause explains its silence."""
    alarms = models.MonitorAlarm.objects.filter(organisation_id=row.organisation_id, monitor=row, closed_at=None)
    concerned = alarms.filter(kind__in=[str(kind) for kind in kinds]) if kinds else alarms
    concerned.update(closed_at=now)


def answer_alarm(*, actor: Actor, monitor_id: str, alarm_id: str, answer: str, now: datetime | None = None) -> EntryId:
    """Say what was found about an alarm and done; return the entry.

    The answer closes an alarm about a change, and evidence of a change is gathered anew from today on. Any other stays
    open until a run says better.

    Raises:
        MonitorUnknown: there is no such alarm.
        MonitorRefused: it was answered before, or is closed.
        TextUnusable: the answer is empty or too long.
    """
    permit(actor, "write", "monitoring")
    moment = now or clock.now()
    said = plain(answer, _("answer"), longest=2000, lines=True)
    with atomic():
        rows = models.MonitorAlarm.objects.select_for_update().filter(organisation_id=actor.organisation_id)
        alarm = rows.filter(alarm_id=alarm_id, monitor__monitor_id=monitor_id).first()
        if alarm is None:
            raise MonitorUnknown(
                _("There is no alarm {alarm_id!r}.", alarm_id=alarm_id), _("Choose one of the monitor's.")
            )
        if alarm.answered_at is not None or alarm.closed_at is not None:
            raise MonitorRefused(_("The alarm was answered or is over."), _("Nothing is to be done."))
        monitors = models.Monitor.objects.select_for_update().filter(organisation_id=actor.organisation_id)
        row = monitors.get(pk=alarm.monitor_id)
        begins = today_of(actor, moment) if alarm.kind == AlarmKind.CHANGED else None
        monitor = replace(monitor_of(row), counts_from=begins or row.counts_from)
        made = answer_evidence(
            monitor, alarm_id, raised_by=EntryId(alarm.entry_id), answer=said, counts_from=begins,
            by=actor.maker(), at=moment,
        )  # fmt: skip
        entry = evidence.append(made, organisation_id=actor.organisation_id, now=moment)
        alarm.answered_at, alarm.answered_by, alarm.answer = moment, actor.person_id, said
        alarm.answer_entry_id = entry.entry_id
        if begins is not None:
            alarm.closed_at, row.counts_from, row.version = moment, begins, row.version + 1
            stands = monitor_evidence(
                monitor, paused=row.paused_reason, is_ended=row.ended_at is not None, by=actor.maker(), at=moment,
                version=row.version,
            )  # fmt: skip
            row.entry_id = evidence.append(stands, organisation_id=actor.organisation_id, now=moment).entry_id
            row.changed_at = moment
            row.save(update_fields=["counts_from", "version", "entry_id", "changed_at"])
        alarm.save()
    return entry.entry_id
