"""Days that people typed: the one place that says how early a day may be. A year of one digit is a slip, not a day."""

from datetime import date

from clerestory.terms.error import ClerestoryError

EARLIEST_LAW = date(1800, 1, 1)
"""No rule that still binds anybody who runs an AI system is older."""
YEARS_BACK = 10
"""What people did or looked at longer ago than this says nothing about an AI system of today."""


class DayUnusable(ClerestoryError):
    """A day lies before anything that it could be about."""


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
        raise DayUnusable(f"The {what} is {day}.", f"Give a day from {earliest} on.")
    return day


def years_back(today: date) -> date:
    """Return the first day of the year that lies as many years back as people's acts still count."""
    return date(max(today.year - YEARS_BACK, 1), 1, 1)
