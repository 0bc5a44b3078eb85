"""What evidence must cover together, how much of it is covered, and until when.

An item written ``name@YYYY-MM-DD`` counts from that day on. Covered before its day it counts at once, so that the
share never grows by time alone. For the same reason it is the newest evidence, not today, that leaves old items
behind: seen from there, an item older than the age asked is no longer counted.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from functools import cache, lru_cache
from typing import NamedTuple

from clerestory.catalogue.kind import CoverageList
from clerestory.judgement.need.context import Context
from clerestory.judgement.need.outcome import END
from clerestory.judgement.row import Node, Row
from clerestory.terms.moment import read_day

_TICK = timedelta(microseconds=1)
_FIRST = datetime.min.replace(tzinfo=UTC)


class Listed(NamedTuple):
    """The items of a named list: those that always count, and those that count from a day on."""

    fixed: frozenset[str]
    dated: tuple[tuple[date, str], ...] = ()


class Cover(NamedTuple):
    """How much of a list is covered by which rows, and until when that is enough."""

    holds: bool
    have: int
    need: int
    used: tuple[Row, ...]
    holds_until: datetime
    until: datetime
    uncovered: tuple[str, ...]


_EMPTY: frozenset[str] = frozenset()
NOTHING = Listed(_EMPTY)


@cache
def required(minimum: float, total: int) -> int:
    """Return the least number of ``total`` items that is the share ``minimum``, counted exactly."""
    return int((Decimal(repr(minimum)) * total).to_integral_value(rounding=ROUND_CEILING))


def listed(context: Context, name: str, node: Node) -> Listed:
    """Return the items of a list as they stand for a subject: its own, of what it is linked to, the organisation's."""
    known = context.lists.setdefault(name, {})
    found = known.get(node)
    if not isinstance(found, Listed):
        found = known[node] = _listed(context, context.catalogue.coverages[name], node)
    return found


def cover(items: Listed, minimum: float, rows: Iterable[Row], age: timedelta | None, today: date) -> Cover:
    """Count what rows, given newest first, cover; each item is counted by the newest row that covers it."""
    if items.dated:
        return _cover_dated(items, minimum, rows, age, today)
    needed = items.fixed
    enough = required(minimum, len(needed)) if needed else 1
    got: frozenset[str] = _EMPTY
    used: list[Row] = []
    last: Row | None = None
    for row in rows:
        if needed and needed <= row.covers and not used:
            until = END if age is None else row.end + age
            return Cover(True, len(needed), len(needed), (row,), until, until, ())
        new = (row.covers & needed) - got
        if not new:
            continue
        got |= new
        used.append(row)
        if last is None and len(got) >= enough:
            last = row
        if len(got) == len(needed):
            break
    until = END if age is None or not used else min(row.end for row in used) + age
    holds_until = END if age is None or last is None else last.end + age
    return Cover(last is not None, len(got), len(needed), tuple(used), holds_until, until, tuple(sorted(needed - got)))


def once_covered(items: Listed, minimum: float, rows: Iterable[Row]) -> bool:
    """Tell whether rows of any age cover enough, looking away from items that only time added."""
    covered = frozenset[str]().union(*(row.covers for row in rows))
    needed = items.fixed | {item for _, item in items.dated if item in covered}
    return bool(needed) and len(needed & covered) >= required(minimum, len(needed))


def _cover_dated(items: Listed, minimum: float, rows: Iterable[Row], age: timedelta | None, today: date) -> Cover:
    expiry: dict[str, datetime] = {}
    by: dict[str, Row] = {}
    asked = items.fixed | {item for _, item in items.dated}
    for row in rows:
        for item in row.covers & asked:
            if item not in by:
                by[item] = row
                expiry[item] = END if age is None else row.end + age
    first = _first_day(by.values(), age)
    days = {item: day for day, item in items.dated if day >= first}
    if len(days) < len(items.dated):
        by = {item: row for item, row in by.items() if item in items.fixed or item in days}
        expiry = {item: expiry[item] for item in by}
    due = items.fixed | {item for item, day in days.items() if day <= today} | frozenset(by)
    have = len(due & frozenset(by))
    holds = bool(due) and have >= required(minimum, len(due))
    used = tuple(sorted({by[item] for item in by}, key=lambda row: row.order, reverse=True))
    coming = [_start_of(day) - _TICK for item, day in days.items() if day > today and item not in by]
    steps = sorted({*expiry.values(), *coming})
    return Cover(
        holds,
        have,
        len(due),
        used,
        _holds_until(minimum, due, days, expiry, steps) if holds else END,
        steps[0] if steps else END,
        tuple(sorted(due - frozenset(by))),
    )


def _holds_until(
    minimum: float,
    due: frozenset[str],
    days: Mapping[str, date],
    expiry: Mapping[str, datetime],
    steps: Sequence[datetime],
) -> datetime:
    """Walk through the moments after which something expires or falls due, to the first that breaks the share."""
    for step in steps:
        if step == END:
            break
        after = step + _TICK
        have = {item for item, end in expiry.items() if end >= after}
        need = {i for i in due if i not in days} | {i for i, day in days.items() if _start_of(day) <= after} | have
        if not need or len(have) < required(minimum, len(need)):
            return step
    return END


def _first_day(rows: Iterable[Row], age: timedelta | None) -> date:
    """Return the day before which items are no longer counted, seen from the newest of the rows that cover some."""
    newest = max((row.end for row in rows), default=None)
    if age is None or newest is None or newest - _FIRST < age:
        return date.min
    return (newest - age).date()


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


def _listed(context: Context, coverage: CoverageList, node: Node) -> Listed:
    if coverage.how == "catalogue":
        return Listed(frozenset(coverage.items))
    if coverage.how == "requirements":
        return Listed(_requirements(context, coverage.name))
    index = context.index
    carriers = index.listed.get((coverage.counted_from, coverage.name))
    if not carriers:
        return NOTHING
    if node.kind == "organisation":
        near: Iterable[Node] = carriers
    else:
        near = [place for place in (node, *node.linked, *index.organisations()) if place in carriers]
    rows = [row for carrier in near for row in carriers[carrier] if not row.dead]
    if len(rows) > 1:
        return _split(frozenset(item for row in _saying(rows) for item in row.fact.lists[coverage.name]))
    return _of_texts(rows[0].fact.lists[coverage.name]) if rows else NOTHING


def _saying(rows: Iterable[Row]) -> list[Row]:
    """Return the rows that say what is listed: of each thing the newest, and what a second person approved before it.

    What one person writes anew makes a list longer at once, and shorter only once a second person approves it.
    Each run is an entity of its own: what the newest result of a check was told is its list.
    """
    newest: dict[tuple[Node, str], tuple[Row, ...]] = {}
    for row in rows:
        thing = (row.node, row.check or row.fact.entity)
        agreed = [one for one in newest.get(thing, ()) if one.marks is not None and one.marks.second]
        draft = row.marks is None or not row.marks.second
        newest[thing] = (*agreed, row) if draft else (row,)
    return [row for saying in newest.values() for row in saying]


@lru_cache(maxsize=4096)
def _of_texts(items: tuple[str, ...]) -> Listed:
    return _split(frozenset(items))


def _split(items: frozenset[str]) -> Listed:
    dated = [(day, item) for item in items if "@" in item and (day := _day_of(item)) is not None]
    return Listed(items - {item for _, item in dated}, tuple(sorted(dated))) if dated else Listed(items)


def _requirements(context: Context, name: str) -> frozenset[str]:
    rows = [r for r in context.framework.requirements if r.assessable]
    controls = frozenset(r.id for r in rows if r.kind == "control")
    if name == "annex_a_controls":
        return controls
    applicable = controls - context.excluded.keys()
    if name == "applicable_controls":
        return applicable
    return applicable | {r.id for r in rows if r.kind == "clause"}


@lru_cache(maxsize=4096)
def _day_of(item: str) -> date | None:
    name, _, day = item.rpartition("@")
    if not name or len(day) != 10:
        return None
    try:
        return read_day(day)
    except ValueError:
        return None
