"""What a member has to do: one shape for every register, gathered on the member's own page."""

from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise


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
