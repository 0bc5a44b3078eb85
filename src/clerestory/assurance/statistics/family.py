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
from clerestory.assurance.statistics.rate import FEW, score_limits, wilson

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
    fewer than 5 events, or fewer than 5 cases without one; the smallest lower and the smallest upper end bound the
    smallest ratio.

    Args:
        rates: at least two groups with cases.
        family: number of pairs compared, `pairs` of all families of the check.
    """
    values = [rate.events / rate.n for rate in rates]
    if max(values) == 0:
        return None
    low, high = _ratios(rates, critical(family=family))
    return Interval.around(min(values) / max(values), float(low.min()), min(float(high.min()), 1.0))


def _ratios(rates: Sequence[Rate], z: float) -> tuple[Floats, Floats]:
    """Limits of the ratio of each pair of groups, both ways."""
    events = np.array([rate.events for rate in rates], dtype=np.float64)
    n = np.array([rate.n for rate in rates], dtype=np.float64)
    few = np.minimum(events, n - events) < FEW
    upper, lower = np.triu_indices(len(rates), k=1)
    low, high = np.empty(len(upper)), np.empty(len(upper))
    scored = few[upper] | few[lower]
    for chosen, limits in ((scored, score_limits), (~scored, _katz_limits)):
        first, second = upper[chosen], lower[chosen]
        if len(first):
            low[chosen], high[chosen] = limits(events[first], n[first], events[second], n[second], z=z)
    with np.errstate(divide="ignore"):
        return np.concatenate([low, 1 / high]), np.concatenate([high, 1 / low])


def _katz_limits(x: Floats, n: Floats, y: Floats, m: Floats, *, z: float) -> tuple[Floats, Floats]:
    """Limits of `rate.katz` for many ratios at once."""
    ratio, half = (x / n) / (y / m), z * np.sqrt(1 / x - 1 / n + 1 / y - 1 / m)
    return ratio * np.exp(-half), ratio * np.exp(half)


def worst(parts: Sequence[Interval], *, better: str) -> Interval:
    """Return the worst of several values whose intervals hold at once: the smallest where higher is better."""
    pick = min if better == "higher" else max
    value, low, high = (pick(getattr(part, end) for part in parts) for end in ("value", "low", "high"))
    return Interval(value, low, high)
