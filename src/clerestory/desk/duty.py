"""What a member has to do: one shape for every register, gathered on the member's own page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import wraps

from django.utils.functional import Promise
from django.utils.translation import get_language

from clerestory.desk.actor import Actor
from clerestory.store.log import Kept

Duties = Callable[[Actor, date], "tuple[Duty, ...]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One thing to decide or to do; ``topic`` names its sort, ``why`` says in a sentence what makes it due.

    ``told_as`` is the key under which a process tells of the same, where one does: nobody hears of it twice.
    """

    topic: str
    title: str
    url: str
    why: str | Promise
    due_on: date | None = None
    told_as: str = ""

    def is_late(self, on: date) -> bool:
        """Whether its day has passed."""
        return self.due_on is not None and self.due_on < on


def until_the_log_grows(duties: Duties) -> Duties:
    """Gather the duties of a member and day once, and anew when the organisation's log has grown.

    For a register whose duties come from records alone, each of which is written together with an entry: not from runs,
    drafts or the time of day, nor from the index of the log.
    """
    kept: Kept[tuple[Duty, ...]] = Kept()

    @wraps(duties)
    def gathered(actor: Actor, on: date) -> tuple[Duty, ...]:
        return kept.get(actor.organisation_id, (asking(actor), on), lambda: duties(actor, on))

    return gathered


def asking(actor: Actor) -> tuple[object, ...]:
    """Return what the duties of a member hang on beside records: who asks, what they may do, and the language."""
    return actor.person_id, actor.access, actor.roles, actor.scopes, actor.machine, get_language()
