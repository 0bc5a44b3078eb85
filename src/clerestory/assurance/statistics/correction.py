"""A rate seen by an imperfect judge, corrected for the judge's measured errors."""

from dataclasses import dataclass
from math import sqrt

from clerestory.assurance.statistics.interval import Interval, critical
from clerestory.assurance.statistics.rate import NoCases


@dataclass(frozen=True, slots=True)
class Errors:
    """How a judge did on known cases: of ``positive`` ones it said yes to ``found``, of ``negative`` no to ``left``."""

    found: int
    positive: int
    left: int
    negative: int

    @property
    def other_way(self) -> "Errors":
        """The errors for the opposite answer: what was no is asked for as yes."""
        return Errors(found=self.left, positive=self.negative, left=self.found, negative=self.positive)

    @property
    def informative(self) -> bool:
        """Whether it tells yes from no better than a coin: sensitivity + specificity > 1."""
        return (
            min(self.positive, self.negative) > 0
            and self.found * self.negative + self.left * self.positive > self.positive * self.negative
        )


def corrected(events: float, n: float, errors: Errors, *, z: float | None = None) -> Interval:
    """Return the true rate behind ``events`` of ``n`` seen by a judge, with its interval.

    Value: (p + Sp - 1) / (Se + Sp - 1), cut to 0..1 (Rogan and Gladen 1978). Interval: Lang and Reiczigel (2014),
    equations 6, 7, 16 and 17: as many cases added to p as z^2, one right and one wrong answer to each of Se and Sp,
    and the variance of all three carried through. Simulated, 4,000 draws a cell, n = 40 or 200, 30 or 100 known cases
    on each side, Se and Sp 0.8 to 0.95, rates 0.05 to 0.5, nominal 95 %: mean coverage 96.0 %, least 94.4 %.

    Args:
        events: cases that the judge said yes to.
        n: cases, at least ``events``; a fraction where cases hang together (effective size).
        errors: how the judge did on known cases.
        z: critical value; 1.96 (95 %) unless given.

    Raises:
        NoCases: there is no case, or the judge tells nothing.
    """
    if not 0 <= events <= n or n <= 0 or not errors.informative:
        raise NoCases(f"{events} of {n} seen by a judge who tells nothing is no rate.", "Calibrate the judge.")
    z = critical() if z is None else z
    se, sp = errors.found / errors.positive, errors.left / errors.negative
    value = min(max((events / n + sp - 1) / (se + sp - 1), 0.0), 1.0)
    size, se_size, sp_size = n + z * z, errors.positive + 2, errors.negative + 2
    p, se, sp = (events + z * z / 2) / size, (errors.found + 1) / se_size, (errors.left + 1) / sp_size
    scale = se + sp - 1
    rate = (p + sp - 1) / scale
    se_part, sp_part = se * (1 - se) / se_size, sp * (1 - sp) / sp_size
    shift = 2 * z * z * (rate * se_part - (1 - rate) * sp_part)
    spread = sqrt(p * (1 - p) / size + rate**2 * se_part + (1 - rate) ** 2 * sp_part) / scale
    low, high = rate + shift - z * spread, rate + shift + z * spread
    return Interval.around(value, min(max(low, 0.0), 1.0), min(max(high, 0.0), 1.0))
