"""All facts of one organisation, by kind and subject, with what later entries did to earlier ones.

A read model that can be rebuilt at any time: adding the same facts in any order gives the same index.
It is not locked; whoever shares one between threads adds and judges under one lock.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from clerestory.catalogue.catalogue import Catalogue
from clerestory.judgement.row import Marks, Node, ResultKey, Row, Signature, in_order, newest, place
from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import Person, Subject
from clerestory.terms.fact import Fact
from clerestory.terms.ids import EntryId, PersonId

REVOCATION = "record.revocation"
ERASURE = "record.erasure"
APPROVAL = "approval.document"
BEGINNING = datetime.min.replace(tzinfo=UTC)


class EntryTwice(ClerestoryError):
    """Two different facts carry the same entry id."""


@dataclass(frozen=True, slots=True)
class Touch:
    """What the newest entry bears on: these subjects and kinds; ``everything`` where it cannot be told apart."""

    entry_id: EntryId
    nodes: frozenset[Node]
    kinds: frozenset[str]
    members: bool
    everything: bool


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
        self.last = Touch(EntryId(""), frozenset(), frozenset(), False, True)
        self.version = 0
        self.cache: dict[object, object] = {}
        """What `population` and `change` keep between two judgements; emptied by `add` where it bears on it."""
        self._revoked: dict[str, Row] = {}
        self._superseding: dict[str, list[Row]] = {}
        self._approvals: dict[str, list[Row]] = {}
        self._by_leaf: dict[str, list[Row]] = {}
        self._same: dict[PersonId, frozenset[PersonId]] = {}
        self._past: dict[datetime, FactIndex] = {}
        self._member_kinds = {kind.member for kind in catalogue.subjects.values()}
        self._aliases = {alias: check.name for check in catalogue.checks.values() for alias in check.aliases}
        self._measured = {check.emits for check in catalogue.checks.values()}

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
        known = self.rows.get(fact.entry_id)
        if known is not None:
            if known.fact != fact:
                raise EntryTwice(f"Two different facts have the id {fact.entry_id!r}.", "Verify the log and rebuild.")
            return
        node = self.node(fact.subject)
        row = Row(fact, node)
        self.rows[fact.entry_id] = row
        self.version += 1
        self._past.clear()
        self._extend_horizon(fact)
        touched: set[Row] = {row}
        everything = self._learn_person(fact)
        self._place(row)
        self._end_of_earlier(row, touched)
        self._by_leaf.setdefault(fact.leaf_hash, []).append(row)
        self._approve(row, touched)
        members = self._refresh(touched)
        nodes = {r.node for r in touched} | members
        self._forget({r.fact.kind for r in touched}, members)
        self.last = Touch(
            fact.entry_id, frozenset(nodes), frozenset(r.fact.kind for r in touched), bool(members), everything
        )

    def node(self, subject: Subject) -> Node:
        """Return the node of a subject, new where nothing is known of it."""
        node = self.nodes.get(subject)
        if node is None:
            node = self.nodes[subject] = Node(subject)
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

    def marks(self, row: Row) -> Marks:
        """Return who signed a row, with approvals that were received as entries of their own."""
        if row.marks is None:
            row.marks = self._marks(row)
        return row.marks

    def canonical_check(self, name: str) -> str:
        """Return the present name of a check."""
        return self._aliases.get(name, name)

    def _extend_horizon(self, fact: Fact) -> None:
        latest = max(fact.received_at, fact.observed.end)
        if fact.approval is not None and fact.approval.approved_at > latest:
            latest = fact.approval.approved_at
        self.horizon = max(self.horizon, latest)

    def _place(self, row: Row) -> None:
        fact, node = row.fact, row.node
        node.put(row)
        self.by_kind.setdefault(fact.kind, set()).add(node)
        for name in fact.lists:
            place(self.listed.setdefault((fact.kind, name), {}).setdefault(node, []), row)
        if fact.kind in self._measured:
            self._place_result(row)

    def _place_result(self, row: Row) -> None:
        fact, node = row.fact, row.node
        row.verdict = _text(row.value("verdict"))
        row.check = self.canonical_check(_text(row.value("check")))
        entry = self.catalogue.checks.get(row.check)
        row.family = entry.family if entry else _text(row.value("family")) or row.check.partition(".")[0]
        results = node.results.setdefault((fact.kind, row.check), {})
        place(results.setdefault(result_key(row), []), row)
        checks = node.families.setdefault((fact.kind, row.family), [])
        if row.check not in checks:
            checks.append(row.check)
            checks.sort()

    def _end_of_earlier(self, row: Row, touched: set[Row]) -> None:
        fact = row.fact
        if fact.kind == REVOCATION:
            for entry_id in _texts(row.value("revokes")):
                if entry_id not in self._revoked or row.order < self._revoked[entry_id].order:
                    self._revoked[entry_id] = row
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

    def _settle(self, entry_id: str, touched: set[Row]) -> None:
        row = self.rows.get(EntryId(entry_id))
        if row is None:
            return
        row.revoked = self._revoked.get(entry_id)
        row.superseded = next((by for by in self._superseding.get(entry_id, ()) if may_supersede(by, row)), None)
        row.dead = row.revoked is not None or row.superseded is not None
        if row.revoked is not None and row.verdict == "FAIL":
            self.revoked_failures.add(row)
        touched.add(row)
        if row.fact.kind == APPROVAL:
            self._approve(row, touched)

    def _approve(self, row: Row, touched: set[Row]) -> None:
        if row.fact.kind == APPROVAL:
            leaf_text = _text(row.value("approved_leaf")).removeprefix("sha256:")
            rows = self._approvals.setdefault(leaf_text, [])
            if row not in rows:
                place(rows, row)
            for other in self._by_leaf.get(leaf_text, ()):
                other.marks = None
                touched.add(other)

    def _marks(self, row: Row) -> Marks:
        fact = row.fact
        author = fact.produced_by if isinstance(fact.produced_by, Person) else None
        authors = self._person(author.person_id, author.same_person_as) if author else frozenset()
        found: list[Signature] = []
        if fact.approval is not None and not (self.until and fact.approval.approved_at > self.until):
            people = self._person(fact.approval.person_id, ())
            found.append(Signature(people, fact.approval.role, fact.approval.approved_at, not people & authors))
        for entry in self._approvals.get(fact.leaf_hash, ()):
            person = entry.fact.produced_by
            if entry.dead or not isinstance(person, Person):
                continue
            named = PersonId(_text(entry.value("approver_id")) or person.person_id)
            people = self._person(person.person_id, (*person.same_person_as, named))
            found.append(Signature(people, person.role, entry.end, not people & authors))
        return Marks(tuple(found), frozenset(s.role for s in found), frozenset(s.role for s in found if s.second))

    def _person(self, person_id: PersonId, others: tuple[PersonId, ...]) -> frozenset[PersonId]:
        ids = {person_id, *others}
        for one in tuple(ids):
            ids |= self._same.get(one, frozenset())
        return frozenset(ids)

    def _learn_person(self, fact: Fact) -> bool:
        """Remember that two ids are one person, wherever it was said; that can undo approvals anywhere."""
        person = fact.produced_by
        if not isinstance(person, Person) or not person.same_person_as:
            return False
        ids = self._person(person.person_id, person.same_person_as)
        if all(self._same.get(one) == ids for one in ids):
            return False
        for one in ids:
            self._same[one] = ids
        for row in self.rows.values():
            row.marks = None
        return True

    def _refresh(self, touched: Iterable[Row]) -> set[Node]:
        """Bring the member state of touched subjects up to date; return them with those whose links changed."""
        changed: set[Node] = set()
        for node in {row.node for row in touched if row.fact.kind in self._member_kinds}:
            if node.kind not in self.catalogue.subjects:
                continue
            node.state = newest(node.about(self.catalogue.subjects[node.kind].member))
            links = node.state.fact.links if node.state else ()
            belongs_to = frozenset(self.node(link) for link in links if link != node.subject)
            for other in node.belongs_to - belongs_to:
                other.parts.discard(node)
            for other in belongs_to - node.belongs_to:
                other.parts.add(node)
            changed |= {node, *node.linked, *node.belongs_to, *belongs_to}
            node.belongs_to = belongs_to
        for node in changed:
            node.tier = node.label = None
        return changed

    def _forget(self, kinds: set[str], members: set[Node]) -> None:
        """Drop what was kept that these kinds or members bear on."""
        for key in [k for k in self.cache if isinstance(k, tuple)]:
            what = key[0]
            if what == "change" and not members and not kinds & self._seen_in(key[1]):
                continue
            if what in ("members", "population") and not members:
                continue
            del self.cache[key]

    def _seen_in(self, names: tuple[str, ...]) -> set[str]:
        return {kind for name in names for kind, _ in self.catalogue.changes[name].seen_in}


def result_key(row: Row) -> ResultKey:
    """Return criterion, data role and slice of a result."""
    return (_text(row.value("criterion")), _text(row.value("data_role")), _text(row.value("slice")))


def may_supersede(by: Row, row: Row) -> bool:
    """Tell whether one fact replaces another: the same kind about the same subject, and for results the same key."""
    if by is row or by.fact.kind != row.fact.kind or by.node is not row.node:
        return False
    return not row.check or (by.check == row.check and result_key(by) == result_key(row))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, tuple | list) else ()
