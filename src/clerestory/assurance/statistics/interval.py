"""The interval, and intervals of means and sums."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

ALPHA = 0.05
"""One minus the confidence of every interval."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A value between its two limits; all three in the same unit."""

    value: float
    low: float
    high: float

    @classmethod
    def around(cls, value: float, low: float, high: float) -> "Interval":
        """Return the interval widened, where rounding or a bias correction asks for it, to hold its value."""
        return cls(value, min(low, value), max(high, value))


def critical(alpha: float = ALPHA, family: int = 1) -> float:
    """Return the two-sided normal critical value, shared among ``family`` comparisons (Bonferroni)."""
    return NormalDist().inv_cdf(1 - alpha / (2 * max(family, 1)))


def bounded_mean(n: int, total: float, squares: float, *, alpha: float = ALPHA, z: float | None = None) -> Interval:
    """Return the mean of n values in [0, 1] with an interval that stays honest when all values are alike.

    The mean is that of the values; the interval is the normal one after adding z^2/2 values of 0 and as many of 1,
    which for values of only 0 and 1 is the interval of Agresti and Coull (1998).

    Args:
        n: number of values, at least 1.
        total: their sum.
        squares: sum of their squares.
        alpha: one minus the confidence.
        z: critical value; that of alpha unless given.
    """
    z = critical(alpha) if z is None else z
    added = z * z / 2
    size = n + 2 * added
    centre = (total + added) / size
    variance = max((squares + added) / size - centre * centre, 0.0)
    half = z * sqrt(variance / size)
    mean = min(max(total / n, 0.0), 1.0)
    return Interval.around(mean, max(centre - half, 0.0), min(centre + half, 1.0))


def weighted_sum(parts: Sequence[Interval], weights: Sequence[float]) -> Interval:
    """Return the sum of independent quantities with fixed positive weights, by recovery of variances.

    low = value - sqrt(sum (w (value_i - low_i))^2), high likewise (Zou and Donner 2008).
    """
    value = sum(weight * part.value for part, weight in zip(parts, weights, strict=True))
    down = sum((weight * (part.value - part.low)) ** 2 for part, weight in zip(parts, weights, strict=True))
    up = sum((weight * (part.high - part.value)) ** 2 for part, weight in zip(parts, weights, strict=True))
    return Interval(value, value - sqrt(down), value + sqrt(up))
