"""Tasks of treatment: plan, change, drop, and show that they were carried out."""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from django.db.models import Count, Min, Q

from clerestory.desk.actor import Actor
from clerestory.desk.approval import approve, revocations, revoke, standings, taken_back, when_standing_changes
from clerestory.desk.day import day_of, today_of
from clerestory.desk.people import require_member
from clerestory.desk.permit import permit
from clerestory.desk.version import ChangedMeanwhile, first_wins
from clerestory.registers.risk import models
from clerestory.registers.risk.commands.writing import Written, append, append_and_propose, locked, person, publish
from clerestory.registers.risk.facts.risk import done_evidence, task_evidence
from clerestory.registers.risk.queries.record import RiskUnknown
from clerestory.registers.risk.rules.risk import (
    Done,
    NewTask,
    Status,
    TreatmentRefused,
    check_done,
    check_reason,
    check_task,
    shows,
)
from clerestory.store import clock, log
from clerestory.store.log.reading import EntryUnknown
from clerestory.store.unit import atomic
from clerestory.terms.fact import Fact
from clerestory.terms.ids import EntryId, PersonId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.sentence import word


def add_task(*, actor: Actor, risk_id: str, task: NewTask, now: datetime | None = None) -> Written:
    """Plan one more step of treatment.

    Raises:
        TreatmentRefused: no treatment was decided, or action or day do not fit.
        NotAMember: the owner of the task is no member now.
    """
    permit(actor, "write", "risk")
    moment = now or clock.now()
    with first_wins(), atomic():
        row = locked(actor, risk_id)
        if row.status == Status.CLOSED or not row.treatment:
            raise TreatmentRefused(_("No treatment was decided."), _("Decide how the risk is treated first."))
        return new_task(actor, row, task, moment)


# house: allow permit-first: a part of a command, which asked
def new_task(actor: Actor, row: models.Risk, task: NewTask, now: datetime) -> Written:
    """Write a task in the transaction of its risk."""
    check_task(task, today_of(actor, now))
    require_member(actor.organisation_id, task.owner)
    count = models.Task.objects.filter(organisation_id=actor.organisation_id, risk=row).count()
    task_id = f"{row.risk_id}-T{count + 1}"
    made = task_evidence(row.risk_id, task_id, task, by=person(actor, row), at=now, version=1)
    entry = append(actor, made, now)
    models.Task.objects.create(
        organisation_id=actor.organisation_id,
        risk=row,
        task_id=task_id,
        action=task.action.strip(),
        owner=task.owner,
        due_on=task.due_on,
        cost=task.cost,
        entries=[entry.entry_id],
        changed_at=now,
    )
    _tally(actor, row, now)
    return Written(task_id, 1, entry.entry_id)


def change_task(
    *, actor: Actor, task_id: str, task: NewTask, expected_version: int, now: datetime | None = None
) -> Written:
    """Change an open task from the version that the editor saw."""
    permit(actor, "write", "risk")
    moment = now or clock.now()
    with first_wins(), atomic():
        row, risk = _open(actor, task_id, expected_version)
        return _changed(actor, row, risk, task, moment)


def set_due(
    *,
    actor: Actor,
    task_ids: tuple[str, ...],
    due_on: date,
    expected: Mapping[str, int] = MappingProxyType({}),
    now: datetime | None = None,
) -> int:
    """Give tasks another day, all or none, and return how many were moved; ``expected`` are versions seen.

    Raises:
        TreatmentRefused: one of them is not open, or the day does not fit.
        ChangedMeanwhile: somebody else changed one of them since.
    """
    permit(actor, "write", "risk")
    moment = now or clock.now()
    moved = 0
    with atomic():
        for task_id in task_ids:
            row, risk = _open(actor, task_id, expected.get(task_id))
            if row.due_on != due_on:
                task = NewTask(action=row.action, owner=PersonId(row.owner), due_on=due_on, cost=row.cost)
                _changed(actor, row, risk, task, moment)
                moved += 1
    return moved


def implement_task(
    *, actor: Actor, task_id: str, done: Done, expected_version: int, now: datetime | None = None
) -> Written:
    """Say that a task was carried out, and what shows it; it counts once a second person approved that.

    Raises:
        TreatmentRefused: it is done already, nothing shows it, it is done before it was planned, or an entry named is
            not in the log, is about something else, or was taken back.
    """
    permit(actor, "write", "risk")
    moment = now or clock.now()
    with first_wins(), atomic():
        row, risk = _open(actor, task_id, expected_version)
        planned = log.entry(actor.organisation_id, EntryId(row.entries[0]))
        check_done(done, planned_on=day_of(actor, planned.fact.received_at), today=today_of(actor, moment))
        _check_entries(actor, risk, done, planned)
        by = actor.person(responsible=actor.person_id in (risk.owner, row.owner))
        made = done_evidence(risk.risk_id, task_id, EntryId(row.entries[-1]), done, by=by, at=moment)
        title = f"{task_id} carried out: {row.action}"
        entry = append_and_propose(actor, made, moment, title=title, url=f"/risk/tasks/{task_id}/")
        _write(
            actor,
            row,
            moment,
            state="done",
            done_on=done.done_on,
            done_by=actor.person_id,
            done_entry_id=entry.entry_id,
            shown_by=list(done.shown_by),
            note=done.note.strip(),
        )
        _tally(actor, risk, moment)
    return Written(task_id, row.version + 1, entry.entry_id)


def drop_task(
    *, actor: Actor, task_id: str, reason: str, expected_version: int, now: datetime | None = None
) -> Written:
    """Drop a task that is no longer needed: one person takes its entries back by a signature, a second one agrees.

    Until then it stays open, and late where it is late. The second person may also approve each entry by itself.

    Raises:
        NotAuthenticatedAnew: the actor did not prove anew who they are.
        TreatmentRefused: the actor asked for it before, or the task is not open.
    """
    permit(actor, "approve", "risk")
    moment = now or clock.now()
    why = check_reason(reason, _("reason of dropping it"))
    with first_wins(), atomic():
        row, _risk = _open(actor, task_id, expected_version)
        if row.dropping_by == actor.person_id:
            raise TreatmentRefused(
                _("You asked for it to be dropped before."), _("Ask a second person to approve that.")
            )
        entries = [EntryId(entry_id) for entry_id in row.entries]
        version, entry = row.version + 1, entries[-1]
        if row.dropping_by:
            for standing in standings(actor, revocations(actor, entries)).values():
                if standing.is_open:
                    entry = approve(actor=actor, entry_id=standing.entry_id, now=moment).entry_id
        else:
            _write(actor, row, moment, dropping_by=actor.person_id, note=why)
            for entry_id in entries:
                entry = revoke(actor=actor, entry_id=entry_id, reason=why, now=moment)
    return Written(task_id, version, entry)


# house: allow permit-first: follows an approval or a revocation, which asked
def note_dropping(actor: Actor, fact: Fact, now: datetime) -> None:
    """Drop a task that somebody asked to drop once every entry of it is taken back, by two people."""
    task_id = fact.entity.partition("/")[2]
    rows = models.Task.objects.filter(organisation_id=actor.organisation_id, task_id=task_id, state="open")
    row = rows.exclude(dropping_by="").select_related("risk").first()
    if row is None or not taken_back(actor, row.entries) >= set(row.entries):
        return
    _write(actor, row, now, state="dropped")
    _tally(actor, row.risk, now)


when_standing_changes("register.treatment_task", note_dropping)


def _changed(actor: Actor, row: models.Task, risk: models.Risk, task: NewTask, now: datetime) -> Written:
    if row.dropping_by:
        raise TreatmentRefused(_("It was asked to drop the task."), _("Carry it out, or have its dropping approved."))
    check_task(task, min(today_of(actor, now), row.due_on))
    if row.due_on < today_of(actor, now) and task.due_on != row.due_on:
        raise TreatmentRefused(
            _(
                "{task_id} was due on {due_on}; a day that has passed is not moved.",
                task_id=row.task_id,
                due_on=row.due_on.isoformat(),
            ),
            _("Carry it out late, or have it dropped and plan another."),
        )
    if row.owner != task.owner:
        require_member(actor.organisation_id, task.owner)
    made = task_evidence(risk.risk_id, row.task_id, task, by=person(actor, risk), at=now, version=len(row.entries) + 1)
    entry = append(actor, made, now)
    values = {"action": task.action.strip(), "owner": task.owner, "due_on": task.due_on, "cost": task.cost}
    _write(actor, row, now, entries=[*row.entries, entry.entry_id], **values)
    _tally(actor, risk, now)
    return Written(row.task_id, row.version + 1, entry.entry_id)


def _open(actor: Actor, task_id: str, expected: int | None = None) -> tuple[models.Task, models.Risk]:
    rows = models.Task.objects.filter(organisation_id=actor.organisation_id, task_id=task_id).select_related("risk")
    row = rows.first()
    if row is None:
        raise RiskUnknown(_("There is no task {task_id!r}.", task_id=task_id), _("Choose one of the list."))
    if expected is not None and row.version != expected:
        raise ChangedMeanwhile(
            _("The task is no longer at version {expected}.", expected=expected),
            _("Load it again and repeat your change."),
        )
    if row.state != "open":
        raise TreatmentRefused(_("The task is {state} already.", state=word(row.state)), _("Plan another one."))
    return row, locked(actor, row.risk.risk_id)


def _write(actor: Actor, row: models.Task, now: datetime, **values: Any) -> None:
    rows = models.Task.objects.filter(organisation_id=actor.organisation_id, pk=row.pk, version=row.version)
    if rows.update(version=row.version + 1, changed_at=now, **values) != 1:
        raise ChangedMeanwhile(
            _("Somebody changed the task at this moment."), _("Load it again and repeat your change.")
        )


def _tally(actor: Actor, row: models.Risk, now: datetime) -> None:
    """Bring what the risk says of its tasks up to date; its own version stays, for nothing of its own changed."""
    live = models.Task.objects.filter(organisation_id=actor.organisation_id, risk=row).exclude(state="dropped")
    found = live.aggregate(
        total=Count("pk"), still=Count("pk", filter=Q(state="open")), due=Min("due_on", filter=Q(state="open"))
    )
    values: dict[str, Any] = {"tasks_total": found["total"], "tasks_open": found["still"], "next_due": found["due"]}
    models.Risk.objects.filter(organisation_id=actor.organisation_id, pk=row.pk).update(changed_at=now, **values)
    row.refresh_from_db()
    publish(actor, row)


def _check_entries(actor: Actor, risk: models.Risk, done: Done, planned: log.EntryRecord) -> None:
    system_id = risk.system.system_id if risk.system else ""
    gone = taken_back(actor, done.shown_by)
    for entry_id in done.shown_by:
        try:
            shown = log.entry(actor.organisation_id, entry_id)
        except EntryUnknown as error:
            raise TreatmentRefused(
                _("The log has no entry {entry_id!r}.", entry_id=entry_id),
                _("Copy the id of an entry from the evidence log."),
            ) from error
        if _is_older(shown, planned):
            raise TreatmentRefused(
                _("Entry {entry_id} is older than the task.", entry_id=entry_id),
                _("Name an entry that came after the task was planned: what was there before does not show a change."),
            )
        if entry_id in gone or not shows(shown.fact, risk_id=risk.risk_id, system_id=system_id):
            raise TreatmentRefused(
                _("Entry {entry_id} does not show that the task was carried out.", entry_id=entry_id),
                _("Name an entry about the risk or its system that counts, such as a check, not the plan itself."),
            )


def _is_older(one: log.EntryRecord, other: log.EntryRecord) -> bool:
    """Tell whether an entry came before another one: by their places in the log, by time where one has none yet."""
    if one.position is not None and other.position is not None:
        return one.position < other.position
    return one.fact.received_at < other.fact.received_at
