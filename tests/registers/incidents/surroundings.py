"""Concerns as tests need them: a procedure in force, and somebody who speaks up."""

from dataclasses import replace
from datetime import datetime, timedelta

from clerestory.desk.actor import Actor
from clerestory.desk.approval import approve
from clerestory.desk.people import itself
from clerestory.registers.incidents import commands
from clerestory.registers.incidents.commands import Received
from clerestory.registers.incidents.rules import Concern, Procedure
from tests.organisation import NOW

PROMISED = ("confidential", "anonymous", "no reprisals", "qualified receiver", "escalation")
SAID = Concern(topic="unfair treatment", text="Women are refused without a look at their files.")


def procedure(*receivers: Actor, **changes: object) -> Procedure:
    """Return a procedure that holds all protections, received by those."""
    plain = Procedure(
        text="Write to us; we answer.", safeguards=PROMISED, answer_days=30, outside="The supervisor.",
        receivers=tuple(actor.person_id for actor in receivers),
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def in_force(actor: Actor, second: Actor, *, now: datetime = NOW, **changes: object) -> str:
    """Bring a procedure into force that both receive; return its entry."""
    made = commands.propose_procedure(actor=actor, procedure=procedure(actor, second, **changes), now=now)
    approve(actor=second, entry_id=made, now=now + timedelta(minutes=1))
    return made


def spoken(actor: Actor, said: Concern = SAID, *, now: datetime = NOW) -> Received:
    """Let somebody unknown speak up."""
    return commands.speak_up(actor=itself(actor.organisation_id), said=said, now=now)
