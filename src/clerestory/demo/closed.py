"""One nonconformity of the demo that people found by hand and followed to its effective closure, step by step."""

from collections.abc import Callable
from datetime import datetime

from clerestory.demo.card import SYSTEM
from clerestory.demo.people import Staff
from clerestory.desk.approval import approve
from clerestory.registers.nonconformity.commands import (
    analyse_cause,
    confirm_effect,
    open_nonconformity,
    record_correction,
    take_action,
)
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

LOOKED_FOR = (
    "Credit scoring keeps its rows in the warehouse only.",
    "The first version of the model was trained from the same copy; it is gone with it.",
    "Two teams without AI kept copies of their own and deleted them.",
)


def close_one(staff: Staff, clock: Callable[[], datetime]) -> None:
    """Find, correct, analyse, act and confirm: the engineer answers for it, others approve and confirm."""
    today = clock().date()
    opening = Opening(
        title="Rows of customers lay on a shared drive after training",
        statement="A copy of the training rows was readable for the whole department; nobody had a use for it.",
        requirement="A.7.3",
        grade=Grade.MINOR,
        found_by=FoundBy.REVIEW,
        found_on=today,
        days=default_days(Grade.MINOR, today),
        owner=staff.engineer.person_id,
        system_id=SYSTEM,
    )
    found = open_nonconformity(actor=staff.risk, opening=opening, now=clock()).record_id
    correction = Correction(action="The copy is deleted, and so are its backups.", done_on=today)
    record_correction(actor=staff.engineer, nonconformity_id=found, correction=correction, now=clock())
    cause = Cause(
        cause="Training read from files, because the warehouse gave no rights to a service of its own.",
        method="five whys",
        similar=tuple(zip(SIMILAR, LOOKED_FOR, strict=True)),
    )
    analysed = analyse_cause(actor=staff.engineer, nonconformity_id=found, cause=cause, now=clock())
    approve(actor=staff.cards, entry_id=analysed.entry_id, now=clock())
    action = Action(
        action="The service has rights of its own in the warehouse; training from files is switched off.",
        done_on=today,
        responsible=staff.engineer.person_id,
        confirmer=staff.lead.person_id,
    )
    taken = take_action(actor=staff.engineer, nonconformity_id=found, action=action, now=clock())
    approve(actor=staff.cards, entry_id=taken.entry_id, now=clock())
    effect = Effect(
        effective=True,
        finding="No copy on any drive of the department, and the last training read from the warehouse alone.",
        risks_reviewed=True,
    )
    confirm_effect(actor=staff.lead, nonconformity_id=found, effect=effect, now=clock())
