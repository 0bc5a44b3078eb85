"""A committee as tests need it: three members of three functions, approved, with a meeting that was called."""

from clerestory.desk.actor import Actor
from clerestory.desk.approval import approve
from clerestory.registers.roles import commands
from clerestory.registers.roles.rules.committee import Committee, Item, Seat
from tests.organisation import NOW, join

CHARTER = "Looks at what waits every month, decides about AI systems, and reports to top management."


def said(*people: Actor, quorum: int = 2) -> Committee:
    """Return a committee in which these people sit, each for another function."""
    functions = ("Law", "Operation", "Risk", "People")
    seats = tuple(Seat(who.person_id, function) for who, function in zip(people, functions, strict=False))
    return Committee(committee_id="ai-council", name="AI council", charter=CHARTER, seats=seats, quorum=quorum)


def council(actor: Actor) -> list[Actor]:
    """Set up an approved committee of the actor and two others, and call its first meeting; return who sits in it."""
    place = str(actor.organisation_id).lower()  # nobody sits in the councils of two organisations
    others = [join(actor.organisation_id, "editor", (), f"seat{n}@{place}.example.org") for n in (1, 2)]
    made = commands.constitute(actor=actor, said=said(actor, *others), now=NOW)
    approve(actor=others[0], entry_id=made.entry_id, now=NOW)
    agenda = [Item("A policy waits", "waits for approval", "/policy/ai-policy/")]
    commands.call_meeting(actor=actor, committee_id="ai-council", planned_for=NOW.date(), agenda=agenda, now=NOW)
    return [actor, *others]
