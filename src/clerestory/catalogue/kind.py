"""Kinds of fact, checks, families, coverage lists and changes: the vocabulary that rules are written in."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Derived:
    """A field that is read from linked subjects instead of being written: values of ``field`` of linked ``subject``."""

    subject: str
    field: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a kind: its type as the catalogue writes it, its meaning and, if derived, where it is read.

    An ``optional`` field may be left out of a fact: what it says is then unknown, never assumed.
    """

    type: str
    meaning: str
    derived: Derived | None = None
    optional: bool = False

    @property
    def options(self) -> tuple[str, ...]:
        """The allowed values of ``one of:`` and ``list of:`` types; empty for all others."""
        head, _, tail = self.type.partition(": ")
        return tuple(tail.split(" | ")) if head in ("one of", "list of") and tail else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FactKind:
    """A kind of fact: who produces it, what it can be about, how long it is kept, its own fields and an example.

    Each version of a ``whole`` kind says everything anew, so that the newest that counts speaks alone; versions of
    other kinds add up.
    """

    name: str
    producer: str
    subjects: tuple[str, ...]
    retention: str
    meaning: str
    fields: Mapping[str, Field]
    example: Mapping[str, object]
    informational: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class CheckEntry:
    """A check in the one catalogue of checks; ``emits`` is the kind of fact that its result becomes."""

    name: str
    family: str
    emits: str
    aliases: tuple[str, ...]
    what: str


@dataclass(frozen=True, slots=True)
class CheckFamily:
    """A family of checks and the part of the product that runs them."""

    name: str
    part: str
    emits: tuple[str, ...]
    meaning: str


@dataclass(frozen=True, slots=True)
class CoverageList:
    """A named list that coverage is counted against.

    ``items`` is fixed by the catalogue; otherwise the newest facts of ``counted_from`` carry the list in ``lists``.
    ``how`` is one of ``catalogue``, ``facts``, ``approved_criteria``, ``declared_criteria``, ``declared_slices``,
    ``requirements``. ``names_checks``: the items are names of checks, with what more the way of counting says.
    """

    name: str
    counted_from: str
    meaning: str
    how: str
    items: tuple[str, ...] = ()
    names_checks: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A change that makes earlier evidence out of date: the (kind, field) pairs in whose values it is seen."""

    name: str
    seen_in: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SubjectKind:
    """A kind of subject and the kind of fact that makes something a member of its population."""

    name: str
    member: str
