"""Simultaneous intervals of the largest gap and the smallest ratio over all pairs of groups.

A bootstrap of a largest gap is wrong: where groups are equal the gap of every sample is above the true zero, so its
interval never covers. Instead every pair gets its interval at a level shared among all pairs of the whole family
(Bonferroni); then with 95 % confidence all hold at once, and so does what follows for the largest or smallest.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clerestory.assurance.statistics.interval import Interval, critical
from clerestory.assurance.statistics.rate import FEW, ratio, wilson

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rate:
    """A group's name, events and cases."""

    group: str
    events: int
    n: int


def pairs(sizes: Sequence[int]) -> int:
    """Return the number of pairs within several families of groups together: the share each comparison pays."""
    return sum(size * (size - 1) // 2 for size in sizes)


def largest_gap(rates: Sequence[Rate], *, family: int) -> Interval:
    """Return max - min of the rates with its simultaneous interval.

    Per pair the interval of |difference| follows from Newcombe's hybrid score interval at critical value
    z(1 - 0.05 / (2 family)); the largest lower and the largest upper end bound the largest gap.

    Args:
        rates: at least two groups with cases.
        family: number of pairs compared, `pairs` of all families of the check.
    """
    z = critical(family=family)
    singles = [wilson(rate.events, rate.n, z=z) for rate in rates]
    value, low, high = (np.array([getattr(single, end) for single in singles]) for end in ("value", "low", "high"))
    gap = value[:, None] - value[None, :]
    down = np.hypot((value - low)[:, None], (high - value)[None, :])
    lowest = float(np.max(gap - down))
    highest = float(np.max(gap + down.T))
    return Interval.around(float(value.max() - value.min()), max(lowest, 0.0), min(highest, 1.0))


def smallest_ratio(rates: Sequence[Rate], *, family: int) -> Interval | None:
    """Return min / max of the rates with its simultaneous interval; None when no group has an event.

    Per ordered pair the interval of the ratio is that of Katz, or the score interval of Koopman where one side has
    fewer than 5 events; the smallest lower and the smallest upper end bound the smallest ratio.

    Args:
        rates: at least two groups with cases.
        family: number of pairs compared, `pairs` of all families of the check.
    """
    values = [rate.events / rate.n for rate in rates]
    if max(values) == 0:
        return None
    z = critical(family=family)
    low, high = _katz_pairs(rates, z)
    few = [at for at, rate in enumerate(rates) if rate.events < FEW]
    for at in few:
        for other in range(len(rates)):
            if other != at:
                mine, theirs = rates[at], rates[other]
                low[at, other], high[at, other] = ratio(mine.events, mine.n, theirs.events, theirs.n, z=z)
                low[other, at], high[other, at] = ratio(theirs.events, theirs.n, mine.events, mine.n, z=z)
    return Interval.around(min(values) / max(values), float(low.min()), min(float(high.min()), 1.0))


def _katz_pairs(rates: Sequence[Rate], z: float) -> tuple[Floats, Floats]:
    """All ordered pairs at once; infinite on the diagonal and wherever there are too few events."""
    events = np.array([max(rate.events, 1) for rate in rates], dtype=np.float64)
    n = np.array([rate.n for rate in rates], dtype=np.float64)
    ratios = np.log(events / n)
    gap = ratios[:, None] - ratios[None, :]
    spread = 1 / events - 1 / n
    half = z * np.sqrt(spread[:, None] + spread[None, :])
    low, high = np.exp(gap - half), np.exp(gap + half)
    few = np.array([rate.events < FEW for rate in rates])
    blank = few[:, None] | few[None, :] | np.eye(len(rates), dtype=bool)
    low[blank], high[blank] = np.inf, np.inf
    return low, high


def worst(parts: Sequence[Interval], *, better: str) -> Interval:
    """Return the worst of several values whose intervals hold at once: the smallest where higher is better."""
    pick = min if better == "higher" else max
    value, low, high = (pick(getattr(part, end) for part in parts) for end in ("value", "low", "high"))
    return Interval(value, low, high)
