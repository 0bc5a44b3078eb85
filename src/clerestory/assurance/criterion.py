"""A criterion: the limit that a measured value is held against, and the rule that judges its interval."""

import re
from dataclasses import dataclass

from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import number_text
from clerestory.terms.status import Verdict

_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_BOUND = re.compile(rf"\s*(>=|<=|>|<)\s*({_NUMBER})\s*")
_BETWEEN = re.compile(rf"\s*between\s+({_NUMBER})\s+and\s+({_NUMBER})\s*")
_REMEDY = 'Write it like ">= 0.8", "< 0.2" or "between 0.8 and 1.25".'


class CriterionUnreadable(ClerestoryError):
    """A text is no criterion."""


class NotFinite(ClerestoryError):
    """A value or an end of an interval is NaN or infinite, or the ends are exchanged."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """The accepted range of values; ``lower`` or ``upper`` None means that side is open. Ends count unless strict."""

    lower: float | None
    upper: float | None
    strict: bool = False

    @classmethod
    def parse(cls, text: str) -> "Criterion":
        """Read ``>= 0.8``, ``<= 0.1``, ``> 0.5``, ``< 0.2`` or ``between 0.8 and 1.25``.

        Raises:
            CriterionUnreadable: the text has another form, a limit that is not finite, or exchanged ends.
        """
        if match := _BOUND.fullmatch(text):
            sign, limit = match[1], _finite(match[2], text)
            return cls(limit if ">" in sign else None, limit if "<" in sign else None, strict="=" not in sign)
        match = _BETWEEN.fullmatch(text)
        if match is None:
            raise CriterionUnreadable(f"{text!r} is no criterion.", _REMEDY)
        lower, upper = _finite(match[1], text), _finite(match[2], text)
        if lower > upper:
            raise CriterionUnreadable(f"The criterion {text!r} has its ends exchanged.", _REMEDY)
        return cls(lower, upper)

    def __str__(self) -> str:
        """Write the criterion in its one canonical form, which `parse` reads back."""
        if self.lower is not None and self.upper is not None:
            return f"between {number_text(self.lower)} and {number_text(self.upper)}"
        sign = "" if self.strict else "="
        if self.lower is not None:
            return f">{sign} {number_text(self.lower)}"
        return f"<{sign} {number_text(self.upper)}" if self.upper is not None else ""

    def holds(self, value: float) -> bool:
        """Say whether one value lies in the accepted range: the point rule, shown beside the verdict."""
        _check(value, value)
        above = self.lower is None or value > self.lower or (value == self.lower and not self.strict)
        below = self.upper is None or value < self.upper or (value == self.upper and not self.strict)
        return above and below

    def judge(self, low: float, high: float) -> Verdict:
        """Judge an interval: PASS when all of it is accepted, FAIL when none of it is, otherwise INCONCLUSIVE.

        Args:
            low: lower end of the 95 % interval, in the unit of the value.
            high: upper end of it.

        Raises:
            NotFinite: an end is NaN or infinite, or low > high.
        """
        _check(low, high)
        if self.holds(low) and self.holds(high):
            return Verdict.PASS
        under = self.lower is not None and (high < self.lower or (self.strict and high == self.lower))
        over = self.upper is not None and (low > self.upper or (self.strict and low == self.upper))
        return Verdict.FAIL if under or over else Verdict.INCONCLUSIVE


def _finite(number: str, text: str) -> float:
    value = float(number)
    if value in (float("inf"), float("-inf")):
        raise CriterionUnreadable(f"The criterion {text!r} has a limit that is not finite.", _REMEDY)
    return value


def _check(low: float, high: float) -> None:
    if not float("-inf") < low <= high < float("inf"):
        raise NotFinite(f"[{low}, {high}] is no interval of finite numbers.", "Measure again; report this as a fault.")
