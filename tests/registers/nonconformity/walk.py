"""One nonconformity walked through its steps by people, as tests need it."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from clerestory.desk.actor import Actor
from clerestory.desk.approval import approve
from clerestory.registers.nonconformity import commands
from clerestory.registers.nonconformity.commands import Written
from clerestory.registers.nonconformity.rules import (
    SIMILAR,
    Action,
    Cause,
    Correction,
    Effect,
    FoundBy,
    Grade,
    Opening,
    default_days,
)
from tests.organisation import NOW

TODAY = NOW.date()
MINUTE = timedelta(minutes=1)


def opening(by: Actor, /, **changes: object) -> Opening:
    """Return what is said of a nonconformity that an audit found."""
    plain = Opening(
        title="Logs were not kept",
        statement="The logs of May are gone.",
        requirement="A.6.2.8",
        grade=Grade.MINOR,
        found_by=FoundBy.AUDIT,
        found_on=TODAY,
        days=default_days(Grade.MINOR, TODAY),
        owner=by.person_id,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def opened(by: Actor, /, *, now: datetime = NOW, **changes: object) -> Written:
    """Open one."""
    return commands.open_nonconformity(actor=by, opening=opening(by, **changes), now=now)


def corrected(owner: Actor, number: str = "NC-1", *, now: datetime = NOW, done_on: date | None = None) -> Written:
    """Record the correction."""
    said = Correction(action="Logging was switched on again.", done_on=done_on or now.date())
    return commands.record_correction(actor=owner, nonconformity_id=number, correction=said, now=now)


def analysed(
    owner: Actor, second: Actor | None, number: str = "NC-1", *, now: datetime = NOW, places: tuple[str, ...] = SIMILAR
) -> Written:
    """Propose the cause, and have it approved where a second person is given."""
    similar = tuple((place, f"Looked at, nothing found in {place}.") for place in places)
    said = Cause(cause="Nobody watched the disk.", method="five whys", similar=similar)
    made = commands.analyse_cause(actor=owner, nonconformity_id=number, cause=said, now=now)
    if second is not None:
        approve(actor=second, entry_id=made.entry_id, now=now + MINUTE)
    return made


def acted(
    owner: Actor, second: Actor | None, confirmer: Actor, number: str = "NC-1", *, now: datetime = NOW
) -> Written:
    """Propose the corrective action, and have it approved where a second person is given."""
    said = Action(
        action="An alarm watches the disk.",
        done_on=now.date(),
        responsible=owner.person_id,
        confirmer=confirmer.person_id,
    )
    made = commands.take_action(actor=owner, nonconformity_id=number, action=said, now=now)
    if second is not None:
        approve(actor=second, entry_id=made.entry_id, now=now + MINUTE)
    return made


def confirmed(
    by: Actor, number: str = "NC-1", *, now: datetime = NOW, effective: bool = True, **more: object
) -> Written:
    """Say whether the action worked."""
    said = Effect(effective=effective, finding="The alarm rang in the drill.", risks_reviewed=True, **more)  # type: ignore[arg-type]
    return commands.confirm_effect(actor=by, nonconformity_id=number, effect=said, now=now)
