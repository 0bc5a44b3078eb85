"""What happened to a record: its entries in the log, newest first, with the names of those who made them."""

from dataclasses import dataclass

from clerestory.desk.actor import Actor
from clerestory.desk.people import names_of
from clerestory.desk.permit import permit
from clerestory.store import log
from clerestory.store.log.lookup import FoundEntry
from clerestory.terms.evidence import Subject


@dataclass(frozen=True, slots=True)
class Event:
    """One entry about a record; ``who`` is a member's name, or the tool."""

    entry: FoundEntry
    who: str


def history(actor: Actor, subject: Subject, *, kind: str = "", page: int = 1, size: int = 50) -> tuple[Event, ...]:
    """Return what was logged about a subject, newest first, in three queries."""
    permit(actor, "read", "evidence")
    found = log.search(actor.organisation_id, log.Search(subject=subject, kind=kind, page=page, size=size))
    names = names_of(actor.organisation_id, (entry.actor for entry in found.rows))
    return tuple(Event(entry, names.get(entry.actor, entry.actor)) for entry in found.rows)
