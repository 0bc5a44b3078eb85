"""Rules between columns of one row: an order, an equality of sums, a value that must be there when another says so."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.tally import value_text
from clerestory.assurance.trial import Table

Mask = NDArray[np.bool_]
TOLERANCE = 1e-9
"""Sums that differ by this share of their size are equal."""
_NAME = r"(?:\w+|`[^`]+`)"
_TERMS = rf"{_NAME}(?:\s*[+-]\s*{_NAME})*"
_VALUE = r"'[^']*'|-?\d+(?:\.\d+)?"
_WHEN = rf"(?:\s+when\s+(?P<column>{_NAME})\s*==?\s*(?P<value>{_VALUE}|\w+))?"
_PRESENT = re.compile(rf"\s*(?P<left>{_NAME})\s+present{_WHEN}\s*")
_ORDER = re.compile(rf"\s*(?P<left>{_TERMS})\s*(?P<sign><=|>=|==|!=|<|>)\s*(?P<right>{_VALUE}|{_TERMS}){_WHEN}\s*")
_REMEDY = 'Write it like "closed_at >= opened_at", "paid + due == total" or "reason present when status == \'denied\'".'
_SIGNS: Mapping[str, Callable[[float], bool]] = {
    "<=": lambda order: order <= 0,
    ">=": lambda order: order >= 0,
    "==": lambda order: order == 0,
    "!=": lambda order: order != 0,
    "<": lambda order: order < 0,
    ">": lambda order: order > 0,
}
Terms = tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """``left sign right`` where the condition holds; sign ``present``: left must be there. A constant has no column."""

    text: str
    left: Terms
    sign: str
    right: Terms = ()
    constant: str | float | None = None
    when: tuple[str, str] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that the rule reads."""
        named = [name for _, name in (*self.left, *self.right)]
        return tuple(dict.fromkeys(named + ([self.when[0]] if self.when else [])))

    def judge(self, table: Table) -> tuple[Mask, Mask]:
        """Return which rows can be judged, and which of them break the rule; a missing value leaves a row unjudged."""
        rows = len(next(iter(table.values()), ()))
        asked = np.ones(rows, dtype=bool)
        if self.when is not None:
            column, value = self.when
            asked = np.array([value_text(item) == value for item in table[column].tolist()], dtype=bool)
        left = _summed(self.left, table, self.text)
        if self.sign == "present":
            return asked, asked & np.array([item is None for item in left], dtype=bool)
        right = _summed(self.right, table, self.text) if self.right else [self.constant] * rows
        judged, broken = np.zeros(rows, dtype=bool), np.zeros(rows, dtype=bool)
        for at in np.flatnonzero(asked).tolist():
            one, other = left[at], right[at]
            if one is not None and other is not None:
                judged[at], broken[at] = True, not _SIGNS[self.sign](_order(one, other, self.text))
        return judged, broken


def read(text: str) -> Rule:
    """Read a rule between columns.

    Raises:
        ParameterRefused: the text has no such form.
    """
    if match := _PRESENT.fullmatch(text):
        return Rule(text, _terms(match["left"]), "present", when=_condition(match))
    match = _ORDER.fullmatch(text)
    if match is None:
        raise ParameterRefused(f"{text!r} is no rule between columns.", _REMEDY)
    right = match["right"]
    if re.fullmatch(_VALUE, right):
        constant: str | float = right[1:-1] if right.startswith("'") else float(right)
        return Rule(text, _terms(match["left"]), match["sign"], constant=constant, when=_condition(match))
    return Rule(text, _terms(match["left"]), match["sign"], right=_terms(right), when=_condition(match))


def _condition(match: re.Match[str]) -> tuple[str, str] | None:
    if match["column"] is None:
        return None
    value = match["value"]
    return match["column"].strip("`"), value[1:-1] if value.startswith("'") else value


def _terms(text: str) -> Terms:
    parts = re.findall(rf"([+-]?)\s*({_NAME})", text)
    return tuple((-1 if sign == "-" else 1, name.strip("`")) for sign, name in parts)


def _summed(terms: Terms, table: Table, rule: str) -> Sequence[object]:
    """The value of each row: that of the column, or the sum of numbers; None where one is missing."""
    columns = [[None if item is None or item != item else item for item in table[name].tolist()] for _, name in terms]
    if len(terms) == 1:
        return columns[0]
    try:
        return [
            None if None in row else sum(sign * item for (sign, _), item in zip(terms, row, strict=True))
            for row in zip(*columns, strict=True)
        ]
    except TypeError as error:
        raise ParameterRefused(f"{rule!r} adds what are no numbers.", "Add numbers only.") from error


def _order(one: object, other: object, rule: str) -> float:
    """Below 0 when one comes before the other, 0 when they are equal; numbers within the tolerance are."""
    if isinstance(one, int | float) and isinstance(other, int | float):
        near = abs(one - other) <= TOLERANCE * max(abs(one), abs(other))
        return 0.0 if near else float(one > other) - float(one < other)
    try:
        return float(one > other) - float(one < other)  # type: ignore[operator]
    except TypeError as error:
        raise ParameterRefused(f"{rule!r} compares what has no order.", "Compare columns of one type.") from error
