"""When something changed that makes earlier evidence out of date, at a subject or what it is linked to.

A change is a value that differs from the previous one of the same thing, at the moment from which the later fact
holds. What appears for the first time is a change too, but for the first member of a population among those linked.
The organisation is linked to every subject. Tables are kept in the index and brought up to date for the subjects
that new entries touch.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from clerestory.judgement.index import BEGINNING, FactIndex
from clerestory.judgement.row import Node, Row
from clerestory.terms.evidence import FactValue


@dataclass(slots=True)
class ChangeTable:
    """Latest change by subject, where there was one at it or what it is linked to, and the organisation's own."""

    at: dict[Node, datetime] = field(default_factory=dict)
    everywhere: datetime = BEGINNING
    version: int = -1

    def latest(self, node: Node) -> datetime:
        """Return the latest change that bears on a subject."""
        return max(self.at.get(node, BEGINNING), self.everywhere)


@dataclass(slots=True)
class Seen:
    """Changes of one field of one kind: by subject its latest own one, and from when each member was there."""

    kind: str
    name: str
    boolean: bool
    members_of: str
    """Kind of subject whose members this kind makes; empty for all other kinds."""
    moments: dict[Node, datetime] = field(default_factory=dict)
    starts: dict[Node, tuple[datetime, bool]] = field(default_factory=dict)
    """Moment of the first fact, and whether it counts as a change for those there before; an empty list does not."""
    latest: datetime | None = None

    def look(self, node: Node) -> None:
        """Bring one subject up to date."""
        before = self.moments.pop(node, None), self.starts.pop(node, None)
        self._look(node)
        if before != (self.moments.get(node), self.starts.get(node)):
            self.latest = None

    def _look(self, node: Node) -> None:
        rows = node.rows.get(self.kind)
        if not rows:
            return
        moment = _own_change(rows, self.name, boolean=self.boolean, member=bool(self.members_of))
        if moment is not None:
            self.moments[node] = moment
        if self.members_of and node.state is not None:
            first = next(row for row in rows if row.revoked is None)
            value = first.value(self.name)
            self.starts[node] = (first.fact.observed.start, value is True if self.boolean else value != ())

    def near(self, node: Node) -> datetime:
        """Return the latest change at a subject and what it is linked to."""
        places = (node, *node.linked)
        latest = max((self.moments[place] for place in places if place in self.moments), default=BEGINNING)
        return max(latest, _newcomer([self.starts[p] for p in places if p in self.starts]))

    def anywhere(self) -> datetime:
        """Return the latest change at any subject, which is what the organisation is linked to."""
        if self.latest is None:
            own = max(self.moments.values(), default=BEGINNING)
            self.latest = max(own, _newcomer(list(self.starts.values())))
        return self.latest

    def touched(self) -> set[Node]:
        """Return the subjects for which `near` can be more than nothing."""
        changed = {near for node in self.moments for near in (node, *node.linked)}
        met: set[Node] = set()
        for node in self.starts:
            for near in (node, *node.linked):
                (changed if near in met else met).add(near)
        return changed


def change_table(index: FactIndex, names: tuple[str, ...]) -> ChangeTable:
    """Return the latest of the named changes for each subject."""
    key = ("change", names)
    table = index.cache.get(key)
    if not isinstance(table, ChangeTable):
        table = index.cache[key] = ChangeTable()
    if table.version == index.version:
        return table
    seen = [_seen(index, kind, name) for change in names for kind, name in index.catalogue.changes[change].seen_in]
    touched = index.touched_since(table.version)
    if touched is None:
        table.at = {}
        nodes = {node for one in seen for node in one.touched()}
    else:
        nodes = touched | {near for node in touched for near in node.linked}
    _bring_up(index, table, seen, nodes)
    return table


def latest_change(index: FactIndex, names: tuple[str, ...], node: Node) -> tuple[str, datetime]:
    """Return which of the named changes was the latest for a subject, and when."""
    return max(((name, change_table(index, (name,)).latest(node)) for name in names), key=lambda pair: pair[1])


def _bring_up(index: FactIndex, table: ChangeTable, seen: list[Seen], nodes: Iterable[Node]) -> None:
    for node in nodes:
        moment = max(one.near(node) for one in seen)
        if moment > BEGINNING:
            table.at[node] = moment
        else:
            table.at.pop(node, None)
    organisations = index.by_subject_kind.get("organisation", set())
    own = [one.moments[node] for one in seen for node in organisations if node in one.moments]
    table.everywhere = max(own, default=BEGINNING)
    anywhere = max(one.anywhere() for one in seen)
    for node in organisations:
        table.at[node] = anywhere
    table.version = index.version


def _seen(index: FactIndex, kind: str, name: str) -> Seen:
    key = ("seen", kind, name)
    held = index.cache.get(key)
    if not isinstance(held, _Held):
        boolean = index.catalogue.kinds[kind].fields[name].type == "bool"
        members_of = next((s.name for s in index.catalogue.subjects.values() if s.member == kind), "")
        held = index.cache[key] = _Held(Seen(kind, name, boolean, members_of))
    if held.version != index.version:
        touched = index.touched_since(held.version)
        for node in index.by_kind.get(kind, ()) if touched is None else touched:
            held.seen.look(node)
        held.version = index.version
    return held.seen


@dataclass(slots=True)
class _Held:
    seen: Seen
    version: int = -1


def _newcomer(starts: list[tuple[datetime, bool]]) -> datetime:
    """Return when the latest member joined others that were there before it."""
    if len(starts) < 2:
        return BEGINNING
    first = min(start for start, _ in starts)
    return max((start for start, counts in starts if counts and start > first), default=BEGINNING)


def _own_change(rows: list[Row], name: str, *, boolean: bool, member: bool) -> datetime | None:
    """Return the latest moment at which the value changed; members are followed by subject, all else by entity."""
    if len(rows) == 1 and member:
        return None
    by_entity: dict[str, list[Row]] = {}
    for row in rows:
        by_entity.setdefault("" if member else row.fact.entity, []).append(row)
    moments = [m for group in by_entity.values() for m in _changes(group, name, boolean=boolean, member=member)]
    return max(moments, default=None)


def _changes(rows: list[Row], name: str, *, boolean: bool, member: bool) -> Iterable[datetime]:
    previous: object = _UNKNOWN
    revoked: list[object] = []
    for row in rows:
        value = _comparable(row.value(name), boolean)
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


def _comparable(value: FactValue | None, boolean: bool) -> object:
    if boolean:
        return value is True
    return frozenset(value) if isinstance(value, tuple) else value


_UNKNOWN = object()
