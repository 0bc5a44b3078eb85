"""Moments, periods and durations. Moments are aware and UTC; the clock is never read here."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from clerestory.terms.error import ClerestoryError
from clerestory.terms.sentence import gettext as _

_DURATION = re.compile(
    r"P(?=.)(?:(?P<Y>\d+)Y)?(?:(?P<M>\d+)M)?(?:(?P<W>\d+)W)?(?:(?P<D>\d+)D)?"
    r"(?:T(?=.)(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+)S)?)?"
)
_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
"""The form in which `moment_text` writes."""
_MOMENT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[T ](?P<time>(?:[01][0-9]|2[0-3]):[0-5][0-9])"
    r"(?:(?P<second>:[0-5][0-9])(?:\.(?P<part>[0-9]+))?)?"
    r"(?:Z|(?P<hours>[+-](?:[01][0-9]|2[0-3])):?(?P<minutes>[0-5][0-9]))"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FIRST_YEAR, _LAST_YEAR = 1970, 9000
_SECONDS = {"Y": 365 * 86400, "M": 30 * 86400, "W": 7 * 86400, "D": 86400, "h": 3600, "m": 60, "s": 1}


class MomentUnreadable(ClerestoryError):
    """A text is no moment, day or duration that the product reads."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """From ``start`` to ``end``, both UTC and included; a single moment has both equal."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise MomentUnreadable(_("A period has a moment without time zone."), _("Give both moments in UTC."))
        if self.end < self.start:
            raise MomentUnreadable(_("A period ends before it starts."), _("Exchange its two moments."))

    @classmethod
    def at(cls, moment: datetime) -> "Period":
        """Return the period of one moment."""
        return cls(moment, moment)


def moment_text(moment: datetime) -> str:
    """Write a moment as ``2026-11-21T07:39:52.000000Z``; texts sort as the moments do."""
    if moment.tzinfo is None:
        raise MomentUnreadable(_("A moment has no time zone."), _("Give it in UTC."))
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"


def read_moment(text: str) -> datetime:
    """Read an RFC 3339 moment with its offset; raise `MomentUnreadable` for anything else.

    The form is checked here and not left to Python, each version of which reads other forms: a verdict may not depend
    on it. Seconds may be left out, and parts of a microsecond are.
    """
    try:
        if _WRITTEN.fullmatch(text):
            return datetime.fromisoformat(f"{text[:-1]}+00:00")
        if match := _MOMENT.fullmatch(text):
            part = (match["part"] or "")[:6].ljust(6, "0")
            offset = f"{match['hours'] or '+00'}:{match['minutes'] or '00'}"
            plain = f"{match['day']}T{match['time']}{match['second'] or ':00'}.{part}{offset}"
            return datetime.fromisoformat(plain).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise MomentUnreadable(
        _("{text!r} is no moment.", text=text), _("Write it like 2026-11-21 or 2026-11-21T07:39:52Z.")
    )


def read_day(text: str) -> date:
    """Read a day like 2026-11-21 and no other form, whatever Python reads; raise `ValueError` for anything else."""
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def end_of_day(day: date) -> datetime:
    """Return the last moment of a day in UTC: what ``--at DATE`` means."""
    return datetime.combine(day, time.max, tzinfo=UTC)


def read_at(text: str) -> datetime:
    """Read ``--at``: a day (its end, UTC) or a moment with offset, in years that ages can be taken from."""
    try:
        moment = end_of_day(read_day(text))
    except ValueError:
        moment = read_moment(text)
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise MomentUnreadable(
            _("{text!r} is outside the years that are judged.", text=text),
            _("Use a year from {first_year} to {last_year}.", first_year=_FIRST_YEAR, last_year=_LAST_YEAR),
        )
    return moment


def read_duration(text: str) -> timedelta:
    """Read an ISO 8601 duration; a year counts 365 days and a month 30, so that ages add up the same everywhere."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise MomentUnreadable(_("{text!r} is no ISO 8601 duration.", text=text), _("Write it like P90D or P1Y."))
    try:
        return timedelta(seconds=sum(int(n) * _SECONDS[unit] for unit, n in match.groupdict().items() if n))
    except (OverflowError, ValueError) as error:
        raise MomentUnreadable(
            _("{text!r} is longer than any time.", text=text[:40]), _("Write it like P90D or P1Y.")
        ) from error
