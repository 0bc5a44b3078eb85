"""A fact in its place: the row of one entry, and the node of one subject with all rows about it.

Both compare by identity, so that the judge looks them up without hashing their contents again and again.
"""

from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from clerestory.terms.evidence import FactValue, Person, Subject
from clerestory.terms.fact import Fact

Order = tuple[datetime, datetime, int, str]
"""Rows stand in the order of when they were observed, then received, then of their version, then of their entry id."""
ResultKey = tuple[str, str, str]
"""Criterion, data role and slice: with check and subject the key of a current result."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One approval that counts: in which role, when, and whether by somebody who is not the author."""

    role: str
    approved_at: datetime
    second: bool


@dataclass(frozen=True, slots=True)
class Marks:
    """Roles in which a fact was approved: by anybody, and by somebody who is not its author."""

    roles: tuple[str, ...]
    second: tuple[str, ...]


class Row:
    """One fact with what the judge asks of it again and again."""

    __slots__ = (
        "check",
        "covers",
        "dead",
        "end",
        "fact",
        "family",
        "key",
        "marks",
        "node",
        "revoked",
        "superseded",
        "verdict",
    )

    def __init__(self, fact: Fact, node: "Node", covers: frozenset[str]) -> None:
        self.fact = fact
        self.node = node
        self.end = fact.observed.end
        self.dead = False
        self.revoked: Row | None = None
        self.superseded: Row | None = None
        self.marks: Marks | None = None
        self.covers = covers
        self.verdict = ""
        self.check = ""
        self.family = ""
        self.key: ResultKey = _NO_KEY

    @property
    def order(self) -> Order:
        """When it was observed, then received, then its version, then its entry id."""
        return (self.end, self.fact.received_at, self.fact.entity_version, self.fact.entry_id)

    def value(self, name: str) -> FactValue | None:
        """Return a field of the fact; None where it is unknown."""
        return self.fact.values.get(name)

    @property
    def independent(self) -> bool:
        """Whether a person made it who is known not to answer for the subject."""
        producer = self.fact.produced_by
        return isinstance(producer, Person) and producer.responsible is False

    @property
    def reproduced(self) -> bool:
        """Whether the run was made by the server or repeated with the same result."""
        return self.fact.values.get("run_mode") in ("server", "reproduced")


class Node:
    """One subject: the rows about it by kind, its current results, and the subjects it is linked to."""

    __slots__ = (
        "belongs_to",
        "families",
        "kind",
        "label",
        "near",
        "parts",
        "results",
        "rows",
        "state",
        "subject",
        "tier",
    )

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.kind = subject.kind
        self.rows: dict[str, list[Row]] = {}
        self.results: dict[tuple[str, str], list[list[Row]]] = {}
        self.families: dict[tuple[str, str], list[str]] = {}
        self.state: Row | None = None
        """The newest row, neither revoked nor superseded, that makes the subject a member of its population."""
        self.belongs_to: frozenset[Node] = frozenset()
        self.parts: set[Node] = set()
        self.near: frozenset[Node] | None = None
        self.tier: str | None = None
        self.label: str | None = None

    @property
    def linked(self) -> "frozenset[Node]":
        """The subjects one link away, whichever of the two says so."""
        if self.near is None:
            self.near = self.belongs_to | self.parts
        return self.near

    def name(self) -> str:
        """Return how the subject is called on a screen: its own name, or its system's with what it is, and its id."""
        values = self.state.fact.values if self.state else {}
        own = next((values[key] for key in ("name", "title") if values.get(key)), None)
        if isinstance(own, str):
            return f"{own} ({self.subject})"
        systems = in_order(n for n in self.linked if n.kind == "ai_system" and n.state)
        system = next((n.state.fact.values.get("name") for n in systems if n.state), None)
        if not isinstance(system, str):
            return str(self.subject)
        role = values.get("role")
        what = f"{role} data" if isinstance(role, str) else self.kind.replace("_", " ")
        return f"{system} {what} ({self.subject})"

    def about(self, kind: str) -> list[Row]:
        """Return all rows of a kind, oldest first."""
        return self.rows.get(kind, _EMPTY)

    def __repr__(self) -> str:
        return f"Node({self.subject})"


def place(rows: list[Row], row: Row) -> None:
    """Insert a row so that the order holds however entries arrive."""
    if not rows or rows[-1].end < row.end:
        rows.append(row)
    else:
        insort(rows, row, key=_order)


def newest(rows: Iterable[Row]) -> Row | None:
    """Return the newest row that is neither revoked nor superseded."""
    return max((row for row in rows if not row.dead), key=_order, default=None)


def in_order(nodes: Iterable[Node]) -> list[Node]:
    """Sort nodes by their subject, so that every result has one order."""
    return sorted(nodes, key=_subject)


def _order(row: Row) -> Order:
    return row.order


def _subject(node: Node) -> tuple[str, str]:
    return (node.subject.kind, node.subject.id)


_NO_KEY: ResultKey = ("", "", "")
_EMPTY: list[Row] = []
