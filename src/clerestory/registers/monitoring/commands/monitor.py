"""Setting up, changing, pausing and ending monitors: a row and its evidence in one transaction."""

import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar

from clerestory.desk.actor import Actor
from clerestory.desk.day import today_of
from clerestory.desk.people import require_member
from clerestory.desk.permit import permit
from clerestory.desk.version import change, first_wins
from clerestory.registers.monitoring import models
from clerestory.registers.monitoring.commands.alarm import end_alarms
from clerestory.registers.monitoring.commands.plan import begin_plan, end_plan
from clerestory.registers.monitoring.facts import monitor_evidence
from clerestory.registers.monitoring.queries.folders import (
    MANIFEST,
    declared_in,
    folder_of,
    names_deployment,
    system_of,
)
from clerestory.registers.monitoring.queries.record import MonitorUnknown, monitor_of
from clerestory.registers.monitoring.rules import (
    AlarmKind,
    Interval,
    Monitor,
    MonitorRefused,
    Watch,
    check_monitor,
    next_due,
)
from clerestory.store import clock, directory, evidence, trace
from clerestory.store.unit import atomic
from clerestory.terms.ids import EntryId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody wants of a monitor; see `rules.Monitor`."""

    system_id: str
    folder: str
    interval: str
    hour: int
    owner: str
    watches: str = "manifest"
    checks: tuple[str, ...] = ()
    model_version: str = ""
    window_days: int = 30
    told: tuple[str, ...] = ()
    told_roles: tuple[str, ...] = ()
    answer_days: int = 7


@dataclass(frozen=True, slots=True)
class Kept:
    """What a command wrote: the monitor, its version and the entry of that version."""

    monitor_id: str
    version: int
    entry_id: EntryId


def set_up_monitor(*, actor: Actor, wanted: Wanted, now: datetime | None = None) -> Kept:
    """Set a monitor up; its first run is due at the next time of its interval.

    Raises:
        MonitorRefused: the folder may not be named or holds no manifest of that system, or what is to be watched, when
            or against what is wrong.
        NotAMember: the owner, or somebody who is to be told, is no member.
    """
    permit(actor, "write", "monitoring")
    moment = now or clock.now()
    monitor = _read(actor, f"mon-{secrets.token_hex(5)}", wanted, today_of(actor, moment))
    with first_wins(), atomic():
        _require_members(actor, monitor)
        entry_id = _append(actor, monitor, moment, version=1)
        row = models.Monitor.objects.create(
            organisation_id=actor.organisation_id,
            monitor_id=monitor.monitor_id,
            next_due_at=next_due(monitor.interval, monitor.hour, moment),
            version=1,
            entry_id=entry_id,
            changed_at=moment,
            confirmed_at=moment,
            **_columns(monitor),
        )
        begin_plan(row, moment)
        _publish(actor, monitor)
    return Kept(monitor.monitor_id, 1, entry_id)


def change_monitor(
    *, actor: Actor, monitor_id: str, wanted: Wanted, expected_version: int, now: datetime | None = None
) -> Kept:
    """Change a monitor, from the version that the editor saw.

    Whoever changes one that watches files says with it that what is registered by now is what should lie there.

    Raises:
        MonitorRefused, NotAMember: see `set_up_monitor`; or the system is another.
        ChangedMeanwhile: somebody else changed it since.
    """
    permit(actor, "write", "monitoring")
    moment = now or clock.now()
    with atomic():
        row = _present(actor, monitor_id)
        monitor = _read(actor, monitor_id, wanted, today_of(actor, moment), before=monitor_of(row))
        if row.system_id != monitor.system_id:
            raise MonitorRefused(_("A monitor stays with its AI system."), _("End this one and set up another."))
        _require_members(actor, monitor)
        entry_id = _append(actor, monitor, moment, version=expected_version + 1, paused=row.paused_reason)
        version = _change(
            actor,
            monitor_id,
            expected_version,
            next_due_at=next_due(monitor.interval, monitor.hour, moment),
            entry_id=entry_id,
            changed_at=moment,
            confirmed_at=moment,
            **_columns(monitor),
        )
        if row.paused_at is None:
            begin_plan(_present(actor, monitor_id), moment)
        _publish(actor, monitor)
    return Kept(monitor_id, version, entry_id)


def pause_monitor(*, actor: Actor, monitor_id: str, reason: str, now: datetime | None = None) -> Kept:
    """Pause a monitor, with the reason."""
    permit(actor, "write", "monitoring")
    moment = now or clock.now()
    said = plain(reason, _("reason"), longest=500)
    with atomic():
        row = _present(actor, monitor_id)
        if row.paused_at is not None:
            raise MonitorRefused(_("The monitor is paused already."), _("Let it go on, or leave it."))
        entry_id = _append(actor, monitor_of(row), moment, version=row.version + 1, paused=said)
        version = _change(
            actor, monitor_id, row.version, paused_at=moment, paused_reason=said, entry_id=entry_id, changed_at=moment
        )
        end_plan(row, moment)
        end_alarms(row, moment, AlarmKind.SILENT)
    return Kept(monitor_id, version, entry_id)


def resume_monitor(*, actor: Actor, monitor_id: str, now: datetime | None = None) -> Kept:
    """Let a paused monitor go on; its next run is due at the next time of its interval."""
    permit(actor, "write", "monitoring")
    moment = now or clock.now()
    with atomic():
        row = _present(actor, monitor_id)
        if row.paused_at is None:
            raise MonitorRefused(_("The monitor is not paused."), _("Nothing is to be done."))
        monitor = monitor_of(row)
        entry_id = _append(actor, monitor, moment, version=row.version + 1)
        version = _change(
            actor,
            monitor_id,
            row.version,
            paused_at=None,
            paused_reason="",
            next_due_at=next_due(monitor.interval, monitor.hour, moment),
            entry_id=entry_id,
            changed_at=moment,
        )
        begin_plan(row, moment)
    return Kept(monitor_id, version, entry_id)


def end_monitor(*, actor: Actor, monitor_id: str, now: datetime | None = None) -> Kept:
    """End a monitor for good; what it found stays."""
    permit(actor, "write", "monitoring")
    moment = now or clock.now()
    with atomic():
        row = _present(actor, monitor_id)
        monitor = monitor_of(row)
        entry_id = _append(actor, monitor, moment, version=row.version + 1, paused=row.paused_reason, is_ended=True)
        version = _change(actor, monitor_id, row.version, ended_at=moment, entry_id=entry_id, changed_at=moment)
        end_plan(row, moment)
        end_alarms(row, moment)
        directory.end(actor.organisation_id, "monitor", monitor_id)
    return Kept(monitor_id, version, entry_id)


def _read(actor: Actor, monitor_id: str, wanted: Wanted, today: date, before: Monitor | None = None) -> Monitor:
    monitor = Monitor(
        monitor_id=monitor_id,
        system_id=wanted.system_id,
        folder=wanted.folder.strip().strip("/") if not wanted.folder.startswith("/") else wanted.folder,
        interval=_one_of(Interval, wanted.interval, _("interval")),
        hour=wanted.hour,
        owner=wanted.owner,
        watches=_one_of(Watch, wanted.watches, _("way to watch")),
        checks=() if wanted.watches == Watch.FILES else tuple(sorted(set(wanted.checks))),
        model_version=wanted.model_version if wanted.watches == Watch.DECISIONS else "",
        window_days=wanted.window_days,
        told=tuple(sorted(set(wanted.told) - {wanted.owner})),
        told_roles=tuple(sorted(set(wanted.told_roles))),
        answer_days=wanted.answer_days,
    )
    if monitor.watches is Watch.DECISIONS:
        same = before is not None and before.model_version == monitor.model_version
        monitor = replace(monitor, counts_from=before.counts_from if same and before is not None else today)
    check_monitor(monitor)
    if directory.known(actor.organisation_id, "ai_system", monitor.system_id) is None:
        raise MonitorRefused(
            _("There is no AI system {system_id!r}.", system_id=monitor.system_id), _("Register it first.")
        )
    _require_manifest(actor, monitor)
    return monitor


def _require_manifest(actor: Actor, monitor: Monitor) -> None:
    """Refuse a manifest about another system, a check that it does not declare, and a model that is not registered."""
    manifest = folder_of(actor.organisation_id, monitor.folder) / MANIFEST
    about = system_of(manifest)
    if about != monitor.system_id:
        raise MonitorRefused(
            _(
                "The manifest in {folder} is about {about}.",
                folder=monitor.folder,
                about=about or _("no system that can be read"),
            ),
            _("Choose a folder whose manifest is about {system_id}.", system_id=monitor.system_id),
        )
    declared = {check.key for check in declared_in(manifest)}
    unknown = next((key for key in monitor.checks if key not in declared), None)
    if unknown is not None:
        raise MonitorRefused(
            _("The manifest in {folder} does not declare {unknown!r}.", folder=monitor.folder, unknown=unknown),
            _("Choose among the checks that it shows."),
        )
    if monitor.watches is Watch.DECISIONS and not names_deployment(manifest):
        raise MonitorRefused(
            _("The manifest in {folder} does not say which deployment decides.", folder=monitor.folder),
            _('Add [deployment] with id = "...": what is found of decisions is about it.'),
        )
    own = monitor.model_version.partition("/")[0] == monitor.system_id
    if monitor.watches is Watch.DECISIONS and not (
        own and directory.known(actor.organisation_id, "model_version", monitor.model_version)
    ):
        raise MonitorRefused(
            _(
                "{system_id} has no registered model version {model_version!r}.",
                system_id=monitor.system_id,
                model_version=monitor.model_version,
            ),
            _("Choose one of the inventory."),
        )


_E = TypeVar("_E", Interval, Watch)


def _one_of(kind: type[_E], said: str, what: str) -> _E:
    try:
        return kind(said)
    except ValueError as error:
        raise MonitorRefused(
            _("{said!r} is no {what}.", said=said, what=what),
            _("Use one of: {choices}.", choices=", ".join(map(str, kind))),
        ) from error


def _require_members(actor: Actor, monitor: Monitor) -> None:
    for person in (monitor.owner, *monitor.told):
        require_member(actor.organisation_id, person)


def _present(actor: Actor, monitor_id: str) -> models.Monitor:
    rows = models.Monitor.objects.select_for_update().filter(organisation_id=actor.organisation_id)
    row = rows.filter(monitor_id=monitor_id, ended_at=None).first()
    if row is None:
        raise MonitorUnknown(
            _("There is no monitor {monitor_id!r}.", monitor_id=monitor_id), _("Choose one of the list.")
        )
    return row


def _change(actor: Actor, monitor_id: str, expected: int, **values: object) -> int:
    rows = models.Monitor.objects.filter(organisation_id=actor.organisation_id, monitor_id=monitor_id)
    return change(rows, expected=expected, **values)


def _append(
    actor: Actor, monitor: Monitor, now: datetime, *, version: int, paused: str = "", is_ended: bool = False
) -> EntryId:
    made = monitor_evidence(monitor, paused=paused, is_ended=is_ended, by=actor.maker(), at=now, version=version)
    return evidence.append(made, organisation_id=actor.organisation_id, now=now).entry_id


def _columns(monitor: Monitor) -> dict[str, object]:
    return {
        "system_id": monitor.system_id,
        "folder": monitor.folder,
        "interval": str(monitor.interval),
        "hour": monitor.hour,
        "owner": monitor.owner,
        "watches": str(monitor.watches),
        "checks": list(monitor.checks),
        "model_version": monitor.model_version,
        "window_days": monitor.window_days,
        "counts_from": monitor.counts_from,
        "told": list(monitor.told),
        "told_roles": list(monitor.told_roles),
        "answer_days": monitor.answer_days,
    }


def _publish(actor: Actor, monitor: Monitor) -> None:
    organisation_id, monitor_id = actor.organisation_id, monitor.monitor_id
    label = f"{monitor.system_id}: {monitor.folder}"
    directory.publish(organisation_id, "monitor", monitor_id, label, f"/monitoring/{monitor_id}/", monitor.owner)
    trace.link(organisation_id, "monitor", monitor_id, "watches", "ai_system", monitor.system_id)
