"""What a paper says, apart from its form: title, organisation, moment, parts in order, and the entries it rests on.

Holds plain values only; text is shown as it is and never read as markup, template or formula.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from clerestory.terms.error import ClerestoryError

TONES = ("good", "bad", "old", "open", "none", "accent")
WIDE = 6
"""A paper with a table of more columns than this lies on its side."""


class PaperTooLong(ClerestoryError):
    """A document for reading would have more rows than anybody reads or a server should set."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A status in a cell: its word, and the tone whose shape and colour stand beside it."""

    text: str
    tone: str = "open"


Cell = str | int | float | bool | date | datetime | Mark | Sequence[str] | None
"""What may stand in a cell or beside a fact's name."""


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of what follows; level 1 or 2."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; line breaks are kept. ``quiet`` sets it smaller and softer."""

    text: str
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with their values."""

    pairs: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column; ``width`` is its share of the width, 0 to be found from what it holds."""

    label: str
    numeric: bool = False
    width: float = 0


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose head is repeated on every page; a plain text may stand for a head."""

    title: str
    columns: Sequence[Head | str]
    rows: Sequence[Sequence[Cell]]
    empty: str = ""
    """What stands in place of rows where there are none."""

    @property
    def heads(self) -> tuple[Head, ...]:
        """The columns as heads."""
        return tuple(Head(column) if isinstance(column, str) else column for column in self.columns)


Part = Heading | Paragraph | Facts | Table


@dataclass(frozen=True, slots=True)
class Reference:
    """An entry of the log that a paper rests on."""

    entry_id: str
    leaf_hash: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """One document, ready to be set as PDF, DOCX or XLSX; ``at`` is the moment that it shows.

    ``language`` is that of its fixed words; empty for the reader's. ``landscape`` is found from its tables if None.
    """

    title: str
    organisation: str
    at: datetime
    parts: Sequence[Part]
    subtitle: str = ""
    language: str = ""
    evidence: Sequence[Reference] = ()
    note: str = ""
    """What the paper does not say; empty for the usual words: not legal advice, no claim of conformity."""
    landscape: bool | None = None

    @property
    def tables(self) -> Iterator[Table]:
        """The tables in order."""
        return (part for part in self.parts if isinstance(part, Table))

    @property
    def lies_flat(self) -> bool:
        """Whether the pages are wider than high."""
        if self.landscape is not None:
            return self.landscape
        return any(len(table.columns) > WIDE for table in self.tables)

    @property
    def rows(self) -> int:
        """How many rows all tables have together."""
        return sum(len(table.rows) for table in self.tables) + len(self.evidence)


def references(entries: Iterable[tuple[str, str, str]]) -> tuple[Reference, ...]:
    """Return references from (entry id, leaf hash, what it is), each entry once."""
    found = {entry_id: Reference(entry_id, leaf_hash, about) for entry_id, leaf_hash, about in entries}
    return tuple(found.values())
