"""Days that people typed: the one place that says how early and how late a day may be.

A year of one digit is a slip, and what is promised for a day that nobody here will see is not promised.
"""

from datetime import date

from clerestory.terms.error import ClerestoryError
from clerestory.terms.sentence import gettext as _

EARLIEST_LAW = date(1800, 1, 1)
"""No rule that still binds anybody who runs an AI system is older."""
LATEST_LAW = date(2099, 12, 31)
"""No law that is known today begins to bind later."""
YEARS_BACK = 10
"""What people did or looked at longer ago than this says nothing about an AI system of today."""
YEARS_AHEAD = 5
"""What people plan or promise for later than this is neither planned nor promised."""


class DayUnusable(ClerestoryError):
    """A day lies before anything that it could be about, or after anything that it can promise."""


def not_before(day: date, what: str, earliest: date) -> date:
    """Return a day that is not before the earliest.

    Args:
        day: what was typed.
        what: how to call it in a message, such as ``day of the interview``.
        earliest: the first day that can be meant.

    Raises:
        DayUnusable: it is earlier.
    """
    if day < earliest:
        raise DayUnusable(
            _("The {what} is {day}.", what=what, day=day), _("Give a day from {earliest} on.", earliest=earliest)
        )
    return day


def not_after(day: date, what: str, latest: date) -> date:
    """Return a day that is not after the latest.

    Args:
        day: what was typed.
        what: how to call it in a message, such as ``day of the next review``.
        latest: the last day that can be meant.

    Raises:
        DayUnusable: it is later.
    """
    if day > latest:
        raise DayUnusable(_("The {what} is {day}.", what=what, day=day), _("Give a day up to {latest}.", latest=latest))
    return day


def years_back(today: date) -> date:
    """Return the first day of the year that lies as many years back as people's acts still count."""
    return date(max(today.year - YEARS_BACK, 1), 1, 1)


def years_ahead(today: date) -> date:
    """Return the last day of the year that lies as many years ahead as people can plan."""
    return date(min(today.year + YEARS_AHEAD, date.max.year), 12, 31)
