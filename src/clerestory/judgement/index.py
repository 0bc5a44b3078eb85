"""All facts of one organisation, by kind and subject, with what later entries did to earlier ones.

A read model that can be rebuilt at any time: adding the same facts in any order gives the same index.
It is not locked; whoever shares one between threads adds and judges under one lock.
"""

from bisect import insort
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from clerestory.catalogue.catalogue import Catalogue
from clerestory.catalogue.obligation import obligations, refusals, refuses
from clerestory.judgement.row import Marks, Node, ResultKey, Row, Signature, in_order, newest, place
from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import Person, Subject
from clerestory.terms.fact import Fact
from clerestory.terms.ids import EntryId, PersonId
from clerestory.terms.order import ORDER_FIELD, Signed, steps_done
from clerestory.terms.status import UNWELCOME

REVOCATION = "record.revocation"
ERASURE = "record.erasure"
APPROVAL = "approval.document"
BEGINNING = datetime.min.replace(tzinfo=UTC)


T = TypeVar("T")
_ACTS = frozenset({REVOCATION, ERASURE, APPROVAL})
_NOBODY: frozenset[Node] = frozenset()
_REMEMBERED = 64
"""So many entries back the index can tell what they touched."""


class EntryTwice(ClerestoryError):
    """Two different facts carry the same entry id."""


@dataclass(frozen=True, slots=True)
class Touch:
    """What one entry bears on: these rows, its own among them, and the subjects whose state or links changed.

    ``everything`` where it cannot be told apart.
    """

    entry_id: EntryId
    rows: tuple[Row, ...]
    members: frozenset[Node]
    everything: bool

    @property
    def nodes(self) -> frozenset[Node]:
        """The subjects concerned."""
        return self.members.union(row.node for row in self.rows)

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of fact concerned."""
        return frozenset(row.fact.kind for row in self.rows)


@dataclass(frozen=True, slots=True)
class _OfVersion:
    version: int
    made: Any


class FactIndex:
    """Facts by kind and subject. ``until`` hides approvals that were given later."""

    def __init__(self, catalogue: Catalogue, *, until: datetime | None = None) -> None:
        self.catalogue = catalogue
        self.until = until
        self.horizon = BEGINNING
        self.rows: dict[EntryId, Row] = {}
        self.nodes: dict[Subject, Node] = {}
        self.by_kind: dict[str, set[Node]] = {}
        self.by_subject_kind: dict[str, set[Node]] = {}
        self.listed: dict[tuple[str, str], dict[Node, list[Row]]] = {}
        self.erased: dict[EntryId, Row] = {}
        self.revoked_failures: set[Row] = set()
        self.version = 0
        self.renamed = 0
        """How often a subject came to be called otherwise."""
        self.cache: dict[object, object] = {}
        """What `population` and `change` keep between two judgements, each brought up to date when it is asked for."""
        self._touches: deque[tuple[EntryId, tuple[Row, ...], frozenset[Node], bool]] = deque(maxlen=_REMEMBERED)
        self._ids: dict[str, dict[str, Node]] = {}
        self._revoking: dict[str, list[Row]] = {}
        self._superseding: dict[str, list[Row]] = {}
        self._approvals: dict[str, list[Row]] = {}
        self._by_leaf: dict[str, list[Row]] | None = None
        self._covers: dict[tuple[str, ...], frozenset[str]] = {(): frozenset()}
        self._keys: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._marks_known: dict[tuple[tuple[str, ...], tuple[str, ...]], Marks] = {}
        self._same: dict[PersonId, frozenset[PersonId]] = {}
        self._past: dict[datetime, FactIndex] = {}
        self._member_kinds = {kind.member for kind in catalogue.subjects.values()}
        self._aliases = {alias: check.name for check in catalogue.checks.values() for alias in check.aliases}
        self._measured = {check.emits for check in catalogue.checks.values()}
        self._obligations = obligations(catalogue)
        self._refusals = refusals(catalogue)

    @classmethod
    def of(cls, catalogue: Catalogue, facts: Iterable[Fact]) -> "FactIndex":
        """Build an index of these facts."""
        index = cls(catalogue)
        for fact in facts:
            index.add(fact)
        return index

    def as_of(self, at: datetime) -> "FactIndex":
        """Return the index of what was received, observed and approved by ``at``; itself where that is everything."""
        if at >= self.horizon:
            return self
        if at not in self._past:
            past = FactIndex(self.catalogue, until=at)
            for row in self.rows.values():
                if row.fact.received_at <= at and row.end <= at:
                    past.add(row.fact)
            past.horizon = min(past.horizon, at)
            self._past = {at: past}
        return self._past[at]

    def add(self, fact: Fact) -> None:
        """Take in one fact; the same fact twice changes nothing.

        Raises:
            EntryTwice: another fact has the same entry id.
        """
        entry_id = fact.entry_id
        known = self.rows.get(entry_id)
        if known is not None:
            if known.fact != fact:
                raise EntryTwice(f"Two different facts have the id {entry_id!r}.", "Verify the log and rebuild.")
            return
        row = self.rows[entry_id] = Row(fact, self.node(fact.subject), self._covers_of(fact))
        self._extend_horizon(fact)
        self._place(row)
        if self._past:
            self._past.clear()
        if self._by_leaf is not None:
            self._by_leaf.setdefault(fact.leaf_hash, []).append(row)
        touched: set[Row] | None
        if fact.supersedes or fact.kind in _ACTS or entry_id in self._revoking or entry_id in self._superseding:
            touched = {row}
            self._act(row, touched)
        else:
            touched = None
        person = fact.produced_by
        everything = isinstance(person, Person) and bool(person.same_person_as) and self._learn_person(person)
        members = self._refresh(touched or (row,)) if touched or fact.kind in self._member_kinds else _NOBODY
        self.version += 1
        self._touches.append((entry_id, (row,) if touched is None else tuple(touched), members, everything))

    def of_version(self, name: str, make: Callable[[], T]) -> T:
        """Return what was made of the facts as they are now; it is made anew once there is another fact.

        ``make`` may read this index alone: neither the clock nor anything that changes without an entry.
        """
        kept = self.cache.get(name)
        if not isinstance(kept, _OfVersion) or kept.version != self.version:
            kept = self.cache[name] = _OfVersion(self.version, make())
        found: T = kept.made
        return found

    @property
    def last(self) -> Touch:
        """What the newest entry bears on."""
        return Touch(*self._touches[-1]) if self._touches else Touch(EntryId(""), (), _NOBODY, True)

    def touched_since(self, version: int) -> set[Node] | None:
        """Return the subjects that entries touched since a version; None where that is no longer known."""
        count = self.version - version
        if version < 0 or count > len(self._touches):
            return None
        touches = [Touch(*self._touches[-1 - i]) for i in range(count)]
        return {node for touch in touches for node in touch.nodes}

    def node(self, subject: Subject) -> Node:
        """Return the node of a subject, new where nothing is known of it."""
        ids = self._ids.get(subject.kind)
        if ids is None:
            ids = self._ids[subject.kind] = {}
        node = ids.get(subject.id)
        if node is None:
            node = ids[subject.id] = self.nodes[subject] = Node(subject)
            self.by_subject_kind.setdefault(subject.kind, set()).add(node)
        return node

    def members(self, subject_kind: str) -> list[Node]:
        """Return all members of a population before any filter, in order."""
        key = ("members", subject_kind)
        found = self.cache.get(key)
        if found is None:
            nodes = self.by_subject_kind.get(subject_kind, ())
            found = self.cache[key] = in_order(n for n in nodes if n.state is not None)
        return found  # type: ignore[return-value]

    def organisations(self) -> list[Node]:
        """Return the organisation's own nodes: the registered one, else whatever facts are about an organisation."""
        return self.members("organisation") or in_order(self.by_subject_kind.get("organisation", ()))

    def counts(self, revocation: Row, row: Row) -> bool:
        """Tell whether a revocation counts: of what two people take back only once a second person approved it."""
        return not self.asks_for_two(row) or bool(self.marks(revocation).second)

    def asks_for_two(self, row: Row) -> bool:
        """Tell whether two people take a row back: an unwelcome result, and what asks for an answer or says no."""
        fact = row.fact
        if row.verdict in UNWELCOME or fact.kind in self._obligations:
            return True
        return refuses(self._refusals, fact.kind, fact.values)

    def waiting(self, row: Row) -> Row | None:
        """Return the first revocation of a row that waits for the approval of a second person."""
        if row.revoked is not None:
            return None
        return next(iter(self._revoking.get(row.fact.entry_id, ())), None)

    def marks(self, row: Row) -> Marks:
        """Return in which roles a row was approved, also by entries of their own."""
        if row.marks is None:
            found = self._signed(row.fact)
            roles, second = {role for role, _, _ in found}, {role for role, _, other in found if other}
            marks = (tuple(sorted(roles)), tuple(sorted(second)))
            row.marks = self._marks_known.get(marks) or self._marks_known.setdefault(marks, Marks(*marks))
        return row.marks

    def signatures(self, row: Row) -> list[Signature]:
        """Return the approvals of a row, also by entries of their own, as far as they were given by now."""
        return [Signature(*signed) for signed in self._signed(row.fact)]

    def _signed(self, fact: Fact) -> list[tuple[str, datetime, bool]]:
        found: list[tuple[str, datetime, bool]] = []
        order = fact.values.get(ORDER_FIELD)
        steps: list[Signed] = []
        approval = fact.approval
        if approval is not None and not (self.until and approval.approved_at > self.until):
            second = self._other(fact, approval.person_id, ())
            found.append((approval.role, approval.approved_at, second))
            if second and order:
                steps.append(Signed(approval.role, approval.approved_at, self._person(approval.person_id, ())))
        for entry in self._approvals.get(fact.leaf_hash, ()) if self._approvals else ():
            person = entry.fact.produced_by
            if entry.dead or not isinstance(person, Person):
                continue
            named = PersonId(_text(entry.value("approver_id")) or person.person_id)
            also = (*person.same_person_as, named)
            second = self._other(fact, person.person_id, also)
            found.append((person.role, entry.end, second))
            if second and order:
                steps.append(Signed(person.role, entry.end, self._person(person.person_id, also)))
        return _in_order(_texts(order), steps) if order else found

    def canonical_check(self, name: str) -> str:
        """Return the present name of a check."""
        return self._aliases.get(name, name)

    def _extend_horizon(self, fact: Fact) -> None:
        horizon = self.horizon
        if fact.received_at > horizon:
            horizon = fact.received_at
        if fact.observed.end > horizon:
            horizon = fact.observed.end
        if fact.approval is not None and fact.approval.approved_at > horizon:
            horizon = fact.approval.approved_at
        self.horizon = horizon

    def _place(self, row: Row) -> None:
        fact, node = row.fact, row.node
        rows = node.rows.get(fact.kind)
        if rows is None:
            node.rows[fact.kind] = [row]
            self.by_kind.setdefault(fact.kind, set()).add(node)
        else:
            place(rows, row)
        for name in fact.lists:
            place(self.listed.setdefault((fact.kind, name), {}).setdefault(node, []), row)
        if fact.kind in self._measured:
            self._place_result(row)

    def _place_result(self, row: Row) -> None:
        values, node = row.fact.values, row.node
        row.verdict = _text(values.get("verdict"))
        row.check = self.canonical_check(_text(values.get("check")))
        entry = self.catalogue.checks.get(row.check)
        row.family = entry.family if entry else _text(values.get("family")) or row.check.partition(".")[0]
        key = (_text(values.get("criterion")), _text(values.get("data_role")), _text(values.get("slice")))
        row.key = self._keys.setdefault(key, key)  # type: ignore[assignment]
        pair = (row.fact.kind, row.check)
        results = node.results.get(pair)
        if results is None:
            node.results[self._keys.setdefault(pair, pair)] = [[row]]  # type: ignore[index]
            family = (row.fact.kind, row.family)
            checks = node.families.setdefault(self._keys.setdefault(family, family), [])  # type: ignore[arg-type]
            if row.check not in checks:
                insort(checks, row.check)
            return
        same = next((rows for rows in results if rows[0].key is row.key), None)
        if same is None:
            insort(results, [row], key=_key_of)
        else:
            place(same, row)

    def _covers_of(self, fact: Fact) -> frozenset[str]:
        covers = self._covers.get(fact.covers)
        if covers is None:
            covers = self._covers[fact.covers] = frozenset(fact.covers)
        return covers

    def _act(self, row: Row, touched: set[Row]) -> None:
        """Let a row do to others what it does, and have done to it what earlier ones did."""
        fact = row.fact
        if fact.kind == REVOCATION:
            for entry_id in _texts(row.value("revokes")):
                place(self._revoking.setdefault(entry_id, []), row)
                self._settle(entry_id, touched)
        elif fact.kind == ERASURE:
            for entry_id in _texts(row.value("erased")):
                self.erased.setdefault(EntryId(entry_id), row)
                if self.erased[EntryId(entry_id)].order > row.order:
                    self.erased[EntryId(entry_id)] = row
                if EntryId(entry_id) in self.rows:
                    touched.add(self.rows[EntryId(entry_id)])
        for entry_id in fact.supersedes:
            place(self._superseding.setdefault(entry_id, []), row)
            self._settle(entry_id, touched)
        self._settle(fact.entry_id, touched)
        if fact.kind == APPROVAL:
            self._approve(row, touched)

    def _settle(self, entry_id: str, touched: set[Row]) -> None:
        row = self.rows.get(EntryId(entry_id))
        if row is None:
            return
        revoking = self._revoking.get(entry_id, ())
        row.revoked = next((by for by in revoking if self.counts(by, row)), None)
        row.superseded = next((by for by in self._superseding.get(entry_id, ()) if may_supersede(by, row)), None)
        row.dead = row.revoked is not None or row.superseded is not None
        if row.revoked is not None and row.verdict == "FAIL":
            self.revoked_failures.add(row)
        else:
            self.revoked_failures.discard(row)
        touched.add(row)
        if row.fact.kind == APPROVAL:
            self._approve(row, touched)

    def _resettle(self, revocation: Row, touched: set[Row]) -> None:
        """Let a revocation count, or no longer count, as its approvals now say."""
        for entry_id in _texts(revocation.value("revokes")):
            known = self.rows.get(EntryId(entry_id))
            if known is not None and self.asks_for_two(known):
                self._settle(entry_id, touched)

    def _approve(self, row: Row, touched: set[Row]) -> None:
        leaf = _text(row.value("approved_leaf")).removeprefix("sha256:")
        rows = self._approvals.setdefault(leaf, [])
        if row not in rows:
            place(rows, row)
        if self._by_leaf is None:
            self._by_leaf = {}
            for one in self.rows.values():
                self._by_leaf.setdefault(one.fact.leaf_hash, []).append(one)
        for other in self._by_leaf.get(leaf, ()):
            other.marks = None
            touched.add(other)
            if other.fact.kind == REVOCATION:
                self._resettle(other, touched)

    def _other(self, fact: Fact, approver: PersonId, also: tuple[PersonId, ...]) -> bool:
        """Tell whether an approver is somebody else than the author, by all ids known of either."""
        author = fact.produced_by
        if not isinstance(author, Person):
            return True
        if not also and not author.same_person_as and not self._same:
            return approver != author.person_id
        return not self._person(approver, also) & self._person(author.person_id, author.same_person_as)

    def _person(self, person_id: PersonId, others: tuple[PersonId, ...]) -> frozenset[PersonId]:
        ids = {person_id, *others}
        for one in tuple(ids):
            ids |= self._same.get(one, frozenset())
        return frozenset(ids)

    def _learn_person(self, person: Person) -> bool:
        """Remember that two ids are one person, wherever it was said; that can undo approvals anywhere."""
        ids = self._person(person.person_id, person.same_person_as)
        if all(self._same.get(one) == ids for one in ids):
            return False
        for one in ids:
            self._same[one] = ids
        for row in self.rows.values():
            row.marks = None
        for entry_id in self._revoking:
            self._settle(entry_id, set())
        return True

    def _refresh(self, touched: Iterable[Row]) -> frozenset[Node]:
        """Bring the member state of touched subjects up to date; return them with those whose links changed."""
        changed: set[Node] = set()
        for row in touched:
            node = row.node
            kind = self.catalogue.subjects.get(node.kind)
            if kind is None or kind.member != row.fact.kind:
                continue
            was = node.state
            node.state = newest(node.about(kind.member))
            if (was is None) != (node.state is None):
                self.cache.pop(("members", node.kind), None)
            links = node.state.fact.links if node.state else ()
            belongs_to = frozenset(self.node(s) for s in links if s != node.subject and s.kind != "organisation")
            for other in node.belongs_to - belongs_to:
                other.parts.discard(node)
                other.near = None
            for other in belongs_to - node.belongs_to:
                other.parts.add(node)
                other.near = None
            changed |= {node, *node.parts, *node.belongs_to, *belongs_to}
            node.belongs_to = belongs_to
        for node in changed:
            node.tier = node.near = None
            if node.label is not None:
                name, node.label = node.label, node.name()
                self.renamed += name != node.label
        return frozenset(changed)


def may_supersede(by: Row, row: Row) -> bool:
    """Tell whether one fact replaces another: the same kind about the same subject, and for results the same key."""
    if by is row or by.fact.kind != row.fact.kind or by.node is not row.node:
        return False
    return not row.check or (by.check == row.check and by.key == row.key)


def _key_of(rows: list[Row]) -> ResultKey:
    return rows[0].key


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, tuple | list) else ()


def _in_order(order: tuple[str, ...], signed: list[Signed]) -> list[tuple[str, datetime, bool]]:
    """Return the approvals of a fact that waits for several in order: none before the last, all as of the last."""
    done = steps_done(order, signed)
    if not order or len(done) < len(order):
        return []
    return [(one.role, done[-1].at, True) for one in done]
