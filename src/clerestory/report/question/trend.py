"""How the figures stood before: the log is read again up to each of the last moments, and counted as it was then.

Refuses to keep a figure: what is remembered here lasts as long as the index of the same log, and is never written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from clerestory.judgement.index import FactIndex
from clerestory.report.question.tally import Tally, tallies
from clerestory.terms.fact import Fact

POINTS = 12
_YOUNG = timedelta(weeks=26)


@dataclass(frozen=True, slots=True)
class Then:
    """All tallies as of the end of one day."""

    on: date
    tallies: Mapping[str, Tally]


def moments(now: datetime, first: datetime) -> tuple[datetime, ...]:
    """Return the ends of the last weeks, of the last months for a log older than half a year; none from before it."""
    ends = _months(now) if now - first > _YOUNG else _weeks(now)
    return tuple(end for end in ends if end >= first)


def replayed(catalogue_index: FactIndex, facts: Iterable[Fact], at: Sequence[datetime]) -> tuple[Then, ...]:
    """Read the facts once, in the order they came in, and count at each moment."""
    waiting = sorted(facts, key=_known_at)
    past, place, found = FactIndex(catalogue_index.catalogue), 0, []
    for moment in at:
        past.until = moment
        while place < len(waiting) and _known_at(waiting[place]) <= moment:
            past.add(waiting[place])
            place += 1
        # house: allow organisation-day: figures of the past are judged, and the judge counts its days in UTC
        found.append(Then(moment.date(), tallies(past, moment)))
    return tuple(found)


def _known_at(fact: Fact) -> datetime:
    return max(fact.received_at, fact.observed.end)


def _weeks(now: datetime) -> list[datetime]:
    # house: allow organisation-day: figures of the past are judged, and the judge counts its days in UTC
    last = _end(now.date() - timedelta(days=now.date().isoweekday()))
    return [last - timedelta(weeks=back) for back in reversed(range(POINTS - 1))]


def _months(now: datetime) -> list[datetime]:
    # house: allow organisation-day: figures of the past are judged, and the judge counts its days in UTC
    found, day = [], now.date().replace(day=1)
    for _ in range(POINTS - 1):
        day -= timedelta(days=1)
        found.append(_end(day))
        day = day.replace(day=1)
    return found[::-1]


def _end(day: date) -> datetime:
    # house: allow organisation-day: figures of the past are judged, and the judge counts its days in UTC
    return datetime.combine(day, time.max, tzinfo=UTC)
