"""When something changed that makes earlier evidence out of date, at a subject or what it is linked to.

A change is a value that differs from the previous one of the same thing, at the moment from which the later fact
holds. What appears for the first time is a change too, but for the first member of a population among those linked.
The organisation is linked to every subject.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from clerestory.judgement.index import BEGINNING, FactIndex
from clerestory.judgement.row import Node, Row
from clerestory.terms.evidence import FactValue


class ChangeTable(NamedTuple):
    """Latest change by subject; ``everywhere`` for all that are not in the table."""

    at: dict[Node, datetime]
    everywhere: datetime


def change_table(index: FactIndex, names: tuple[str, ...]) -> ChangeTable:
    """Return the latest of the named changes for each subject."""
    key = ("change", names)
    found = index.cache.get(key)
    if not isinstance(found, ChangeTable):
        found = index.cache[key] = (
            _single(index, names[0]) if len(names) == 1 else _merged([change_table(index, (n,)) for n in names])
        )
    return found


def latest_change(index: FactIndex, names: tuple[str, ...], node: Node) -> tuple[str, datetime]:
    """Return which of the named changes was the latest for a subject, and when."""
    moments = [(name, change_table(index, (name,))) for name in names]
    return max(((name, table.at.get(node, table.everywhere)) for name, table in moments), key=lambda pair: pair[1])


def _merged(tables: list[ChangeTable]) -> ChangeTable:
    everywhere = max(table.everywhere for table in tables)
    merged: dict[Node, datetime] = {}
    for table in tables:
        for node, moment in table.at.items():
            if moment > everywhere and moment > merged.get(node, BEGINNING):
                merged[node] = moment
    return ChangeTable(merged, everywhere)


def _single(index: FactIndex, name: str) -> ChangeTable:
    at: dict[Node, datetime] = {}
    everywhere = anywhere = BEGINNING
    members = {kind.member: subject for subject, kind in index.catalogue.subjects.items()}
    for kind, field in index.catalogue.changes[name].seen_in:
        boolean = index.catalogue.kinds[kind].fields[field].type == "bool"
        for node in index.by_kind.get(kind, ()):
            moment = _own_change(node.rows[kind], field, boolean=boolean, member=kind in members)
            if moment is None:
                continue
            anywhere = max(anywhere, moment)
            if node.kind == "organisation":
                everywhere = max(everywhere, moment)
            _spread(at, (node, *node.linked), moment)
        if kind in members:
            anywhere = max(anywhere, _newcomers(index, members[kind], kind, field, boolean, at))
    _spread(at, index.by_subject_kind.get("organisation", ()), anywhere)
    return ChangeTable({node: moment for node, moment in at.items() if moment > everywhere}, everywhere)


def _spread(at: dict[Node, datetime], nodes: Iterable[Node], moment: datetime) -> None:
    for node in nodes:
        if moment > at.get(node, BEGINNING):
            at[node] = moment


def _own_change(rows: list[Row], field: str, *, boolean: bool, member: bool) -> datetime | None:
    """Return the latest moment at which the value changed; members are followed by subject, all else by entity."""
    if len(rows) == 1 and member:
        return None
    by_entity: dict[str, list[Row]] = {}
    for row in rows:
        by_entity.setdefault("" if member else row.fact.entity, []).append(row)
    moments = [m for group in by_entity.values() for m in _changes(group, field, boolean=boolean, member=member)]
    return max(moments, default=None)


def _changes(rows: list[Row], field: str, *, boolean: bool, member: bool) -> Iterable[datetime]:
    previous: object = _UNKNOWN
    revoked: list[object] = []
    for row in rows:
        value = _comparable(row.value(field), boolean)
        if row.revoked is not None:
            revoked.append(value)
            continue
        if previous is _UNKNOWN:
            first = not member and not (boolean and value is False)
            if first or any(value != other for other in revoked):
                yield row.fact.observed.start
        elif value != previous:
            yield row.fact.observed.start
        previous = value


def _newcomers(
    index: FactIndex, subject: str, kind: str, field: str, boolean: bool, at: dict[Node, datetime]
) -> datetime:
    """Mark every subject to which a further member was linked after the first one; return the latest of all."""
    first: dict[Node, datetime] = {}
    last: dict[Node, datetime] = {}
    starts: list[tuple[datetime, bool]] = []
    for node in index.members(subject):
        row = next(row for row in node.rows[kind] if row.revoked is None)
        start = row.fact.observed.start
        counts = not boolean or row.value(field) is True
        starts.append((start, counts))
        for near in (node, *node.linked):
            if near not in first or start < first[near]:
                first[near] = start
            if counts and start > last.get(near, BEGINNING):
                last[near] = start
    for near, moment in last.items():
        if moment > first[near]:
            _spread(at, (near,), moment)
    earliest = min((start for start, _ in starts), default=BEGINNING)
    return max((start for start, counts in starts if counts and start > earliest), default=BEGINNING)


def _comparable(value: FactValue | None, boolean: bool) -> object:
    if boolean:
        return value is True
    return frozenset(value) if isinstance(value, tuple) else value


_UNKNOWN = object()
