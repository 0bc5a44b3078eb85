"""Which day it is where the organisation is. A person's day begins and ends there; evidence keeps its moments in UTC.

Refuses to take the day of a moment from UTC: west of Greenwich it would end too early, east of it too late.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from clerestory.desk.actor import Actor
from clerestory.store import clock
from clerestory.terms.moment import read_at

_TICK = timedelta(microseconds=1)
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def zone_of(actor: Actor) -> ZoneInfo:
    """Return the time zone of the actor's organisation."""
    return ZoneInfo(actor.time_zone)


def today_of(actor: Actor, now: datetime | None = None) -> date:
    """Return the day that it is in the actor's organisation, now or at that moment."""
    return day_in(actor.time_zone, now or clock.now())


def day_of(actor: Actor, moment: datetime) -> date:
    """Return the day of a moment as it was in the actor's organisation."""
    return day_in(actor.time_zone, moment)


def day_in(time_zone: str, moment: datetime) -> date:
    """Return the day of a moment in a time zone."""
    return moment.astimezone(ZoneInfo(time_zone)).date()


def start_of(actor: Actor, day: date) -> datetime:
    """Return the first moment of a day of the organisation, in UTC."""
    return _at(actor, day, time.min, _FIRST if day.year < 2 else _LAST)


def noon_of(actor: Actor, day: date) -> datetime:
    """Return noon of a day of the organisation, in UTC: the moment of what is known by its day alone."""
    return _at(actor, day, time(12), _FIRST if day.year < 2 else _LAST)


def end_of(actor: Actor, day: date) -> datetime:
    """Return the last moment of a day of the organisation, in UTC, also of a day of 23 or 25 hours."""
    return _LAST if day == date.max else start_of(actor, day + timedelta(days=1)) - _TICK


def _at(actor: Actor, day: date, hour: time, beyond: datetime) -> datetime:
    try:
        return datetime.combine(day, hour, tzinfo=zone_of(actor)).astimezone(UTC)
    except OverflowError:
        return beyond


def moment_asked(actor: Actor, text: str) -> datetime:
    """Read the moment that somebody asks about: a day of the organisation is its end, anything else a moment.

    Raises:
        MomentUnreadable: it is neither, or in no year that is judged.
    """
    moment = read_at(text)
    try:
        return end_of(actor, date.fromisoformat(text))
    except ValueError:
        return moment


def here(moment: datetime) -> datetime:
    """Return a moment as the reader's clock shows it; one without a zone is taken as UTC."""
    known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return known.astimezone(timezone.get_current_timezone())


def day_here(moment: datetime) -> date:
    """Return the day of a moment for the reader."""
    return here(moment).date()


def hour_here(moment: datetime) -> str:
    """Write the hour of a moment for the reader with its zone: ``09:00 NZDT``, ``09:00 UTC+04``."""
    shown = here(moment)
    zone = shown.tzname() or ""
    return f"{shown:%H:%M} {'UTC' if zone[:1] in '+-' else ''}{zone}".strip()


def shown_here(moment: datetime) -> str:
    """Write a moment for the reader where no month is said as a word, as in a drawing: ``2026-11-22 09:00 NZDT``."""
    return f"{day_here(moment)} {hour_here(moment)}"
