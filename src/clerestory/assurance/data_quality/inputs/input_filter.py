"""A filter that stands before inference: which inputs are in form and in safe ranges, and why the others are not.

Its contract is declared, learned from the data that the model was built on, or both. It is a plain value that can be
kept as JSON and refuses: it repairs nothing, and a column that the contract names and the input lacks is missing.
In front of a model: ``contract = InputContract.read(json.load(file))`` once, then ``contract.refuse(row)`` per input,
whose answer is empty for an accepted one and otherwise says column and fault.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.tally import value_text
from clerestory.assurance.trial import Table
from clerestory.terms.error import ClerestoryError

Mask = NDArray[np.bool_]
MOST_VALUES = 1_000
"""A text column with more distinct values is free text: its length and characters are checked, not its values."""
NUMBER, VALUE, TEXT = "number", "value", "text"


class ContractUnreadable(ClerestoryError):
    """A document is no contract on inputs."""


class Fault(StrEnum):
    """Why an input is refused."""

    MISSING = "missing"
    FORM = "not a number"
    INFINITE = "not finite"
    BELOW = "below the range"
    ABOVE = "above the range"
    FRACTION = "not whole"
    UNKNOWN = "unknown value"
    LENGTH = "too long"
    CHARACTERS = "control characters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """What one column may hold. ``form``: ``number``, ``value`` (one of ``allowed``) or ``text`` (up to ``longest``).

    ``minimum`` and ``maximum`` are allowed themselves; None: no limit on that side.
    """

    form: str
    optional: bool = False
    minimum: float | None = None
    maximum: float | None = None
    whole: bool = False
    allowed: frozenset[str] = frozenset()
    longest: int | None = None

    def fault(self, item: object) -> Fault | None:
        """Return why one value is refused; None where it is not."""
        if item is None or item != item:
            return None if self.optional else Fault.MISSING
        if self.form == NUMBER:
            return self._number(item)
        text = value_text(item)
        if self.form == VALUE:
            return None if text in self.allowed else Fault.UNKNOWN
        if self.longest is not None and len(text) > self.longest:
            return Fault.LENGTH
        return Fault.CHARACTERS if any(ord(sign) < 32 and sign not in "\t\n\r" for sign in text) else None

    def _number(self, item: object) -> Fault | None:
        if not isinstance(item, int | float):  # a truth value is 0 or 1, as everywhere
            return Fault.FORM
        if not math.isfinite(item):
            return Fault.INFINITE
        if self.minimum is not None and item < self.minimum:
            return Fault.BELOW
        if self.maximum is not None and item > self.maximum:
            return Fault.ABOVE
        return Fault.FRACTION if self.whole and item != math.floor(item) else None


@dataclass(frozen=True, slots=True)
class Screened:
    """Which rows are accepted, and per column and fault the rows that have it."""

    accepted: Mask
    faults: Mapping[tuple[str, Fault], Mask]

    def reasons(self, row: int) -> tuple[tuple[str, Fault], ...]:
        """Return column and fault of everything that is wrong with a row."""
        return tuple(place for place, rows in self.faults.items() if rows[row])


@dataclass(frozen=True, slots=True)
class InputContract:
    """What each column of an input may hold; columns that it does not name are not looked at."""

    clauses: Mapping[str, Clause]

    def refuse(self, row: Mapping[str, object]) -> tuple[tuple[str, Fault], ...]:
        """Return column and fault of everything that is wrong with one input; nothing where it is accepted."""
        found = ((column, clause.fault(row.get(column))) for column, clause in self.clauses.items())
        return tuple((column, fault) for column, fault in found if fault is not None)

    def screen(self, table: Table) -> Screened:
        """Screen many rows at once; the answer per row is that of `refuse`."""
        rows = len(next(iter(table.values()), ()))
        accepted, faults = np.ones(rows, dtype=bool), {}
        for column, clause in self.clauses.items():
            for fault, where in _faults(clause, table.get(column), rows).items():
                if where.any():
                    faults[column, fault] = where
                    accepted &= ~where
        return Screened(accepted, faults)

    def document(self) -> Mapping[str, Mapping[str, object]]:
        """Write the contract as plain values for JSON; defaults are left out."""
        return {column: _written(clause) for column, clause in self.clauses.items()}

    @classmethod
    def read(cls, document: Mapping[str, Mapping[str, object]]) -> "InputContract":
        """Read such plain values back.

        Raises:
            ContractUnreadable: a clause has an unknown key, or a form that there is not.
        """
        try:
            clauses = {
                str(column): Clause(**{**clause, "allowed": frozenset(_texts(clause.get("allowed", ())))})  # type: ignore[arg-type]
                for column, clause in document.items()
            }
        except (AttributeError, TypeError) as error:
            raise ContractUnreadable(
                "A document is no contract on inputs.", "Use the version that wrote it."
            ) from error
        if any(clause.form not in (NUMBER, VALUE, TEXT) for clause in clauses.values()):
            raise ContractUnreadable("A clause has no known form.", "Give number, value or text.")
        return cls(clauses)


def learn(table: Table, columns: Sequence[str], *, margin: float = 0.0) -> InputContract:
    """Learn what columns hold from rows that are known to be good.

    Numbers may lie from the smallest to the largest that occurs, widened on both sides by ``margin`` times their
    distance, and are whole where all are; texts and truth values must have occurred, unless there are more than 1,000
    of them. A value may be missing where one was. With margin 0 a new number from the same source lies outside with
    probability 2 / (n + 1), whatever its distribution (Wilks 1941).
    """
    return InputContract({column: _learned(table[column], margin) for column in columns})


def _learned(values: NDArray[np.generic], margin: float) -> Clause:
    items = values.tolist()
    known = [item for item in items if item is not None and item == item]
    optional = len(known) < len(items)
    if values.dtype != object and values.dtype != bool:
        numbers = np.array([item for item in known if math.isfinite(item)], dtype=np.float64)
        if not len(numbers):
            return Clause(form=NUMBER, optional=optional)
        low, high = float(numbers.min()), float(numbers.max())
        room = margin * (high - low)
        whole = bool((numbers == np.floor(numbers)).all())
        return Clause(form=NUMBER, optional=optional, minimum=low - room, maximum=high + room, whole=whole)
    texts = {value_text(item) for item in known}
    if values.dtype == bool:
        texts |= {value_text(int(item)) for item in known}  # so a truth value comes where another row has none
    if len(texts) <= MOST_VALUES:
        return Clause(form=VALUE, optional=optional, allowed=frozenset(texts))
    return Clause(form=TEXT, optional=optional, longest=math.ceil((1 + margin) * max(map(len, texts))))


def _faults(clause: Clause, values: NDArray[np.generic] | None, rows: int) -> Mapping[Fault, Mask]:
    if values is None:
        return {} if clause.optional else {Fault.MISSING: np.ones(rows, dtype=bool)}
    if values.dtype == np.float64 and clause.form == NUMBER:
        return _number_faults(clause, values.astype(np.float64))
    known: dict[tuple[type, str], Fault | None] = {}
    found: list[Fault | None] = []
    for item in values.tolist():
        key = (type(item), str(item))
        if key not in known:
            known[key] = clause.fault(item)
        found.append(known[key])
    return {fault: np.array([item is fault for item in found]) for fault in dict.fromkeys(found) if fault is not None}


def _number_faults(clause: Clause, values: NDArray[np.float64]) -> Mapping[Fault, Mask]:
    gap, endless = np.isnan(values), np.isinf(values)
    low = -math.inf if clause.minimum is None else clause.minimum
    high = math.inf if clause.maximum is None else clause.maximum
    below, above = (values < low) & ~endless, (values > high) & ~endless
    faults = {Fault.INFINITE: endless, Fault.BELOW: below, Fault.ABOVE: above}
    if not clause.optional:
        faults[Fault.MISSING] = gap
    if clause.whole:
        faults[Fault.FRACTION] = ~(gap | endless | below | above) & (values != np.floor(values))
    return faults


def _texts(value: object) -> Sequence[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise TypeError("no list of texts")
    return value


def _written(clause: Clause) -> Mapping[str, object]:
    plain = Clause(form=clause.form)
    written = {name: getattr(clause, name) for name in Clause.__slots__ if name != "allowed"}
    kept = {name: item for name, item in written.items() if name == "form" or item != getattr(plain, name)}
    return kept | ({"allowed": sorted(clause.allowed)} if clause.allowed else {})
