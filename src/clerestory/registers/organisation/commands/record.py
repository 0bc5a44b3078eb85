"""The only writes of the organisation register: each writes a row and its evidence in one transaction."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from clerestory.desk.actor import Actor
from clerestory.desk.approval import propose, when_standing_changes
from clerestory.desk.day import today_of
from clerestory.desk.people import require_member
from clerestory.desk.permit import permit
from clerestory.desk.record.less import KIND as LESS
from clerestory.desk.record.less import ask_less, follow_less
from clerestory.desk.version import change
from clerestory.registers.organisation import models
from clerestory.registers.organisation.facts import (
    AIMS_CHANGE,
    AIMS_DESCRIPTION,
    CHANGE_PLAN,
    CHANGE_REVIEW,
    LEADERSHIP_ACT,
    NIL_RETURN,
    organisation_subject,
    process_evidence,
    record_evidence,
    run_evidence,
)
from clerestory.registers.organisation.queries import process_of
from clerestory.registers.organisation.rules import (
    CHANGE_OUTCOMES,
    OrganisationRefused,
    Process,
    Run,
    check_days_of_change,
    check_first_run,
    check_period,
    check_process,
    check_run,
    less_of_process,
    planned_runs,
)
from clerestory.store import clock, directory, evidence
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Content, Evidence, FactValue, Person, Subject
from clerestory.terms.fact import Fact
from clerestory.terms.ids import EntryId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.sentence import word
from clerestory.terms.text import plain

AREA = "organisation"
URL = "/organisation/"
RECORDS = f"{URL}records/"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a command wrote: the record, its version and its entry."""

    record_id: str
    version: int
    entry_id: EntryId


def register_process(*, actor: Actor, process: Process, now: datetime | None = None) -> Recorded:
    """Register a process with its owner and plan its runs.

    Raises:
        OrganisationRefused: a part is unusable, or the id is taken.
        NotAMember: the owner is no member.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    checked = check_process(process)
    check_first_run(checked.first_run_on, today_of(actor, moment))
    with atomic():
        require_member(actor.organisation_id, checked.owner)
        if models.Process.objects.filter(organisation_id=actor.organisation_id, process_id=checked.process_id).exists():
            raise OrganisationRefused(
                _("There is a process {process_id!r} already.", process_id=checked.process_id), _("Choose another id.")
            )
        made = process_evidence(
            actor.organisation_id, checked, by=actor.person(), at=moment, today=today_of(actor, moment), version=1
        )
        entry = _append(actor, made, moment)
        models.Process.objects.create(
            organisation_id=actor.organisation_id,
            process_id=checked.process_id,
            entry_id=entry,
            changed_at=moment,
            **_process_columns(checked),
        )
        _publish_process(actor, checked)
    return Recorded(checked.process_id, 1, entry)


def change_process(*, actor: Actor, process: Process, expected_version: int, now: datetime | None = None) -> Recorded:
    """Write a new version of a process, which also plans its runs further; the first planned day stays.

    What asks for less, such as rarer runs, waits until a second person approved it.

    Raises:
        OrganisationRefused: a part is unusable.
        ProcessUnknown: there is no such process.
        ChangedMeanwhile: somebody else changed it since.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    checked = check_process(process)
    with atomic():
        before = process_of(actor, checked.process_id)
        require_member(actor.organisation_id, checked.owner)
        if before.process.first_run_on != checked.first_run_on:
            raise OrganisationRefused(
                _("The first planned day of a process cannot be moved."),
                _("Record the runs that were missed, or register another process."),
            )
        said = less_of_process(checked, before.process)
        counts = replace(checked, **{name: getattr(before.process, name) for name in said})
        less = ask_less(
            actor,
            Subject("process", checked.process_id),
            said,
            before.less,
            title=checked.name,
            url=_address(checked),
            now=moment,
        )
        return _write_process(actor, counts, expected_version, moment, less=less)


# house: allow permit-first: follows an approval or a revocation, which asked
def note_less(actor: Actor, fact: Fact, now: datetime) -> None:
    """Let less be asked of a process once two agreed, and as much as before once that was taken back."""
    if fact.subject.kind != "process":
        return
    before = process_of(actor, fact.subject.id)
    counts = {name: getattr(before.process, name) for name in before.less.get("said", {})}
    values, less = follow_less(actor, fact, before.less, counts)
    if values or less != before.less:
        _write_process(actor, replace(before.process, **values), before.version, now, less=less)


when_standing_changes(LESS, note_less)


def _write_process(
    actor: Actor, process: Process, expected: int, now: datetime, *, less: Mapping[str, object]
) -> Recorded:
    rows = models.Process.objects.filter(organisation_id=actor.organisation_id, process_id=process.process_id)
    version = change(rows, expected=expected, changed_at=now, less=dict(less), **_process_columns(process))
    made = process_evidence(
        actor.organisation_id, process, by=actor.person(), at=now, today=today_of(actor, now), version=version
    )
    entry = _append(actor, made, now)
    rows.update(entry_id=entry)
    _publish_process(actor, process)
    return Recorded(process.process_id, version, entry)


def record_process_run(
    *, actor: Actor, run: Run, report: Content | None = None, now: datetime | None = None
) -> Recorded:
    """Record one run of a process, also one that was stopped or missed.

    Raises:
        ProcessUnknown: there is no such process.
        OrganisationRefused: the day was not planned, the outcome is unknown, or the run lies in the future.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    with atomic():
        record = process_of(actor, run.process_id)
        checked = check_run(run, planned_runs(record.process, today_of(actor, moment)))
        run_id = f"run-{secrets.token_hex(8)}"
        entry = _append(actor, run_evidence(checked, run_id=run_id, by=actor.person(), content=report), moment)
        process = models.Process.objects.get(organisation_id=actor.organisation_id, process_id=run.process_id)
        models.ProcessRun.objects.create(
            organisation_id=actor.organisation_id,
            process=process,
            run_id=run_id,
            outcome=checked.outcome,
            criteria_met=checked.criteria_met,
            planned_for=checked.planned_for,
            ran_at=checked.ran_at,
            recorded_by=actor.person_id,
            entry_id=entry,
        )
    return Recorded(run_id, 1, entry)


def describe_management_system(
    *, actor: Actor, version: str, description: Content, now: datetime | None = None
) -> Recorded:
    """Describe the management system and all its registered processes; it waits for a second person's approval.

    Raises:
        OrganisationRefused: there is no process, no version or no text.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    rows = models.Process.objects.filter(organisation_id=actor.organisation_id).order_by("process_id")
    processes = tuple(rows.values_list("process_id", flat=True))
    if not processes or not version.strip() or not description.body.strip():
        raise OrganisationRefused(
            _("The description names no version, has no text, or no process is registered."),
            _("Register the processes first, then describe how they act together."),
        )
    with atomic():
        written = write_record(
            actor,
            AIMS_DESCRIPTION,
            organisation_subject(actor.organisation_id),
            {"version": plain(version, _("version"), longest=60), "processes": len(processes)},
            moment,
            covers=processes,
            title=f"Description of the management system {version.strip()}",
            content=description,
        )
        propose(written, actor=actor, title=f"Description of the management system {version.strip()}", url=RECORDS)
    return _recorded(written)


def record_leadership_act(
    *, actor: Actor, duty: str, act: str, role: str = "top_management", now: datetime | None = None
) -> Recorded:
    """Record what top management itself did for one of its duties.

    Raises:
        RoleNotHeld: the actor does not hold the role.
        OrganisationRefused: duty or act is empty.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    if not duty.strip() or not act.strip():
        raise OrganisationRefused(
            _("The act or the duty that it served is empty."), _("Say what was done, and for what.")
        )
    plain(duty, _("duty"), longest=200)
    plain(act, _("act"), longest=2000, lines=True)
    with atomic():
        written = write_record(
            actor,
            LEADERSHIP_ACT,
            organisation_subject(actor.organisation_id),
            {"duty_served": duty, "act": act},
            moment,
            covers=(duty,),
            title=act,
            by=actor.person(role),
        )
    return _recorded(written)


def record_nil_return(
    *,
    actor: Actor,
    register: str,
    subject: Subject,
    period_from: date,
    period_to: date,
    how_known: str,
    now: datetime | None = None,
) -> Recorded:
    """Record that a register rightly holds nothing for a period; it waits for a second person's approval.

    Raises:
        OrganisationRefused: the period is empty or to come, nothing says how it is known, or the subject is not there.
        EvidenceRefused: the register is unknown.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    check_period(period_from, period_to, today_of(actor, moment))
    if directory.known(actor.organisation_id, subject.kind, subject.id) is None:
        raise OrganisationRefused(
            _("There is no {kind} {id!r}.", kind=word(subject.kind), id=subject.id[:80]),
            _("Name a record that is there."),
        )
    if not how_known.strip():
        raise OrganisationRefused(
            _("Nothing says how it is known that nothing was missed."), _("Say what was compared.")
        )
    values: dict[str, FactValue] = {
        "register": register,
        "period_from": period_from.isoformat(),
        "period_to": period_to.isoformat(),
        "how_known": plain(how_known, _("statement"), longest=2000, lines=True),
    }
    title = f"Nothing to report: {register}, {period_from} to {period_to}"
    with atomic():
        written = write_record(actor, NIL_RETURN, subject, values, moment, title=title)
        propose(written, actor=actor, title=title, url=RECORDS)
    return _recorded(written)


def register_change(
    *, actor: Actor, wanted: str, plan_by: date, review_by: date, now: datetime | None = None
) -> Recorded:
    """Register a change to the management system that is wanted, with the days by which it is planned and reviewed.

    Raises:
        TextUnusable: nothing changes.
        OrganisationRefused: it is planned in the past, reviewed before it is planned, or years from now.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    check_days_of_change(plan_by, review_by, today_of(actor, moment))
    values: dict[str, FactValue] = {
        "change": plain(wanted, _("change"), longest=2000, lines=True),
        "plan_by": plan_by.isoformat(),
        "review_by": review_by.isoformat(),
    }
    with atomic():
        written = write_record(
            actor, AIMS_CHANGE, organisation_subject(actor.organisation_id), values, moment, title=wanted.strip()
        )
    return _recorded(written)


def plan_change(
    *, actor: Actor, change_entry: EntryId, consequences: str, resources_named: bool, now: datetime | None = None
) -> Recorded:
    """Plan a registered change; the plan waits for the approval of designated management.

    Raises:
        EvidenceRefused: there is no such change.
        OrganisationRefused: no consequences are named.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    if not consequences.strip():
        raise OrganisationRefused(_("The plan names no consequences."), _("Say what the change leads to."))
    title = _change_title(actor, change_entry)
    with atomic():
        written = write_record(
            actor,
            CHANGE_PLAN,
            organisation_subject(actor.organisation_id),
            {
                "consequences": plain(consequences, _("consequences"), longest=5000, lines=True),
                "resources_named": resources_named,
            },
            moment,
            answers=(change_entry,),
            title=title,
        )
        propose(written, actor=actor, title=title, url=RECORDS, approver_role="designated_management")
    return _recorded(written)


def review_change(*, actor: Actor, change_entry: EntryId, outcome: str, now: datetime | None = None) -> Recorded:
    """Record what a change did once it was made.

    Raises:
        OrganisationRefused: the outcome is unknown.
        EvidenceRefused: there is no such change.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    if outcome not in CHANGE_OUTCOMES:
        raise OrganisationRefused(
            _("{outcome!r} is no outcome of a change.", outcome=outcome),
            _("Use: {choices}.", choices=", ".join(CHANGE_OUTCOMES)),
        )
    with atomic():
        written = write_record(
            actor,
            CHANGE_REVIEW,
            organisation_subject(actor.organisation_id),
            {"outcome": outcome},
            moment,
            answers=(change_entry,),
            title=_change_title(actor, change_entry),
        )
    return _recorded(written)


def _append(actor: Actor, made: Evidence, now: datetime) -> EntryId:
    return evidence.append(made, organisation_id=actor.organisation_id, now=now).entry_id


def write_record(
    actor: Actor,
    kind: str,
    subject: Subject,
    values: dict[str, FactValue],
    now: datetime,
    *,
    title: str,
    covers: tuple[str, ...] = (),
    answers: tuple[EntryId, ...] = (),
    by: Person | None = None,
    content: Content | None = None,
) -> evidence.Entry:
    """Write one record about the management system: its row and its entry, in the caller's transaction."""
    permit(actor, "write", AREA)
    record_id = f"record-{secrets.token_hex(8)}"
    made = record_evidence(
        kind,
        subject,
        values,
        record_id=record_id,
        by=by or actor.person(),
        at=now,
        covers=covers,
        answers=answers,
        content=content,
    )
    entry = evidence.append(made, organisation_id=actor.organisation_id, now=now)
    models.Record.objects.create(
        organisation_id=actor.organisation_id,
        record_id=record_id,
        kind=kind,
        title=title[:300],
        values=dict(values),
        recorded_at=now,
        recorded_by=actor.person_id,
        entry_id=entry.entry_id,
    )
    return entry


def _recorded(entry: evidence.Entry) -> Recorded:
    return Recorded(entry.fact.entity.partition("/")[2], 1, entry.entry_id)


def _change_title(actor: Actor, entry_id: EntryId) -> str:
    row = models.Record.objects.filter(
        organisation_id=actor.organisation_id, kind=AIMS_CHANGE, entry_id=entry_id
    ).first()
    if row is None:
        raise OrganisationRefused(
            _("{entry_id!r} is no registered change.", entry_id=entry_id), _("Choose a change of the list.")
        )
    return row.title


def _process_columns(process: Process) -> dict[str, object]:
    return {
        "name": process.name.strip(),
        "clause_family": process.clause_family,
        "owner": process.owner,
        "interval": process.interval,
        "first_run_on": process.first_run_on,
        "externally_provided": process.externally_provided,
        "inputs": list(process.inputs),
        "outputs": list(process.outputs),
    }


def _address(process: Process) -> str:
    return f"{URL}processes/{process.process_id}/"


def _publish_process(actor: Actor, process: Process) -> None:
    directory.publish(
        actor.organisation_id,
        "process",
        process.process_id,
        process.name,
        _address(process),
        process.owner,
    )
