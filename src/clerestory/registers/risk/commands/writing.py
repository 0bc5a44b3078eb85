"""What every command of the register does: lock the risk, write its next version with its evidence, keep the step."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max

from clerestory.desk.actor import Actor
from clerestory.desk.approval import propose
from clerestory.desk.version import ChangedMeanwhile, change
from clerestory.registers.risk import models
from clerestory.registers.risk.facts.risk import RiskState, risk_evidence
from clerestory.registers.risk.queries.lists import control_choices
from clerestory.registers.risk.queries.record import read_risk, unknown_risk
from clerestory.registers.risk.rules.risk import Status
from clerestory.registers.risk.rules.scale import level_at
from clerestory.store import directory, evidence, trace
from clerestory.terms.evidence import Evidence, Machine, Person
from clerestory.terms.ids import EntryId
from clerestory.terms.sentence import gettext as _

URL = "/risk/"
FRAMEWORK = "iso42001-2023"


@dataclass(frozen=True, slots=True)
class Written:
    """What a command wrote: the record, its version, and the entry that it is about."""

    record_id: str
    version: int
    entry_id: EntryId


# house: allow permit-first: a part of a command, which asked
def append(actor: Actor, made: Evidence, now: datetime) -> evidence.Entry:
    """Append evidence to the log of the actor's organisation."""
    return evidence.append(made, organisation_id=actor.organisation_id, now=now)


# house: allow permit-first: a part of a command, which asked
def append_and_propose(
    actor: Actor, made: Evidence, now: datetime, *, title: str, url: str, approver_role: str = ""
) -> evidence.Entry:
    """Append evidence that counts once a second person approved it."""
    entry = append(actor, made, now)
    propose(entry, actor=actor, title=title, url=url, approver_role=approver_role)
    return entry


# house: allow permit-first: a part of a command, which asked
def locked(actor: Actor, risk_id: str, expected: int | None = None) -> models.Risk:
    """Return the row of a risk, held until the transaction ends.

    Raises:
        RiskUnknown: there is none with that id.
        ChangedMeanwhile: it is no longer at the version that was seen.
    """
    row = models.Risk.objects.select_for_update().filter(organisation_id=actor.organisation_id, risk_id=risk_id).first()
    if row is None:
        raise unknown_risk(risk_id)
    if expected is not None and row.version != expected:
        raise ChangedMeanwhile(
            _("The risk is no longer at version {expected}.", expected=expected),
            _("Load it again, look at what changed, and repeat your change."),
        )
    return row


# house: allow permit-first: a part of a command, which asked
def write(
    actor: Actor,
    row: models.Risk,
    now: datetime,
    *,
    by: Person | None = None,
    note: str = "",
    moved_by: str = "change",
    **values: Any,
) -> Written:
    """Write the next version of a risk with its evidence, note where it moved, and make it known to other registers."""
    before = place_of(row)
    rows = models.Risk.objects.filter(organisation_id=actor.organisation_id, pk=row.pk)
    version = change(rows, expected=row.version, changed_at=now, **values)
    row.refresh_from_db()
    entry = append(actor, risk_evidence(state_of(row, note), by=by or person(actor, row), at=now, version=version), now)
    rows.update(entry_id=entry.entry_id)
    row.entry_id = entry.entry_id
    note_move(actor, row, before, now, cause=moved_by, note=note)
    publish(actor, row)
    return Written(row.risk_id, version, entry.entry_id)


# house: allow permit-first: a part of a command, which asked
def place_of(row: models.Risk) -> tuple[int, int, int]:
    """Return where a risk is now: likelihood, consequence and level."""
    return row.now_likelihood, row.now_consequence, row.level


# house: allow permit-first: a part of a command, which asked
def note_move(
    actor: Actor, row: models.Risk, before: tuple[int, int, int], now: datetime, *, cause: str, note: str = ""
) -> None:
    """Note that a risk came to another place or level; one that stayed is not noted."""
    after = place_of(row)
    if after == before:
        return
    models.Move.objects.create(
        organisation_id=actor.organisation_id,
        risk=row,
        at=now,
        cause=cause,
        note=note,
        from_likelihood=before[0],
        from_consequence=before[1],
        from_level=before[2],
        likelihood=after[0],
        consequence=after[1],
        level=after[2],
        entry_id=row.entry_id,
    )


# house: allow permit-first: a part of a command, which asked
def level_changes(row: models.Risk, level: int, now: datetime) -> dict[str, Any]:
    """Return what a level that changed does to a risk: an acceptance of another level no longer counts."""
    if row.level == level:
        return {}
    values: dict[str, Any] = {"level_since": now}
    if row.status == Status.ACCEPTED:
        values |= {"status": unaccepted(row)}
    return values | {"accepted_until": None, "accepted_criteria": 0, "accepted_by_two": False}


# house: allow permit-first: a part of a command, which asked
def unaccepted(row: models.Risk) -> Status:
    """Return the state of a risk whose acceptance no longer counts."""
    return Status.TREATED if row.effective else Status.OPEN


# house: allow permit-first: a part of a command, which asked
def person(actor: Actor, row: models.Risk) -> Machine | Person:
    """Return the actor as evidence about a risk names them: its owner is responsible for it, the product is itself."""
    if actor.machine is not None:
        return actor.machine
    return actor.person(responsible=actor.person_id == row.owner)


# house: allow permit-first: a part of a command, which asked
def state_of(row: models.Risk, note: str = "") -> RiskState:
    """Return a risk as its next fact says it; until it is closed it is to be treated when it was over the criteria.

    Its treatment is the one that counts: one that asks for less waits for a second person.
    """
    closed = row.status == Status.CLOSED
    return RiskState(
        risk_id=row.risk_id,
        risk=read_risk(row).risk,
        level=level_at(row.level),
        over=row.over,
        to_treat=not closed and (row.over or row.asked_treatment not in ("", "retain")) and row.inherent > 0,
        treatment=row.asked_treatment,
        nature=row.asked_nature,
        controls=tuple(row.controls),
        status=Status(row.status),
        text_version=row.text_version,
        note=note,
    )


# house: allow permit-first: a part of a command, which asked
def keep(
    actor: Actor,
    row: models.Risk,
    kind: str,
    now: datetime,
    entry_id: EntryId,
    *,
    number: int,
    level: int = 0,
    criteria_version: int = 0,
    reason: str,
    said: dict[str, Any] | None = None,
) -> None:
    """Keep one step as it was made."""
    models.Step.objects.create(
        organisation_id=actor.organisation_id,
        risk=row,
        kind=kind,
        number=number,
        level=level,
        criteria_version=criteria_version,
        said=said or {},
        reason=reason,
        by_person=actor.person_id,
        at=now,
        entry_id=entry_id,
    )


# house: allow permit-first: a part of a command, which asked
def next_step(actor: Actor, row: models.Risk, kind: str) -> int:
    """Return the number of the next step of a kind."""
    rows = models.Step.objects.filter(organisation_id=actor.organisation_id, risk=row, kind=kind)
    return (rows.aggregate(newest=Max("number"))["newest"] or 0) + 1


# house: allow permit-first: a part of a command, which asked
def publish(actor: Actor, row: models.Risk) -> None:
    """Make a risk known to other registers, with the address of its page."""
    label = f"{row.risk_id} {row.event}"
    directory.publish(actor.organisation_id, "risk", row.risk_id, label, address(row.risk_id), row.owner)


# house: allow permit-first: a part of a command, which asked
def address(risk_id: str) -> str:
    """Return the address of a risk's page."""
    return f"{URL}{risk_id}/"


# house: allow permit-first: a part of a command, which asked
def link_system(actor: Actor, risk_id: str, before: str, after: str) -> None:
    """Let the trace say which system a risk concerns."""
    if before and before != after:
        trace.unlink(actor.organisation_id, "risk", risk_id, "concerns", "ai_system", before)
    if after:
        trace.link(actor.organisation_id, "risk", risk_id, "concerns", "ai_system", after)


# house: allow permit-first: a part of a command, which asked
def link_controls(actor: Actor, risk_id: str, before: list[str], after: tuple[str, ...]) -> None:
    """Let the trace say which controls the treatment of a risk calls for."""
    for control in set(before) - set(after):
        trace.unlink(actor.organisation_id, "risk", risk_id, "calls_for", "control", control)
    for control in after:
        trace.link(actor.organisation_id, "risk", risk_id, "calls_for", "control", control)


# house: allow permit-first: a part of a command, which asked
def controls(actor: Actor) -> tuple[str, ...]:
    """Return the controls that a treatment can call for: those of Annex A and the organisation's own in force."""
    return tuple(control for control, _title in control_choices(actor))
