"""Rules between columns of one row: an order, an equality of sums, a value that must be there when another says so."""

import re
from dataclasses import dataclass

from clerestory.assurance.parameter_kind import ParameterRefused

TOLERANCE = 1e-9
"""Sums that differ by this share of their size are equal."""
_NAME = r"(?:\w+|`[^`]+`)"
_TERMS = rf"{_NAME}(?:\s*[+-]\s*{_NAME})*"
_VALUE = r"'[^']*'|-?\d+(?:\.\d+)?"
_WHEN = rf"(?:\s+when\s+(?P<column>{_NAME})\s*==?\s*(?P<value>{_VALUE}|\w+))?"
_PRESENT = re.compile(rf"\s*(?P<left>{_NAME})\s+present{_WHEN}\s*")
_ORDER = re.compile(rf"\s*(?P<left>{_TERMS})\s*(?P<sign><=|>=|==|!=|<|>)\s*(?P<right>{_VALUE}|{_TERMS}){_WHEN}\s*")
_REMEDY = 'Write it like "closed_at >= opened_at", "paid + due == total" or "reason present when status == \'denied\'".'
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
