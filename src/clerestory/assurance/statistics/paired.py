"""Differences between two versions: measured on the same rows, or on separate ones."""

from math import sqrt

from clerestory.assurance.statistics.interval import Interval, bounded_mean, critical
from clerestory.assurance.statistics.rate import NoCases, wilson


def paired_difference(both: int, first: int, second: int, neither: int, *, z: float | None = None) -> Interval:
    """Return the difference of two rates of the same cases, with the interval of Newcombe (1998, paired, method 10).

    (first - second) / n. With p, q the rates, [l, u] their Wilson intervals and f their correlation, whose numerator
    both * neither - first * second is lessened by n / 2 (not below 0) where it is positive:
    p - q - sqrt((p - l_p)^2 - 2 f (p - l_p)(u_q - q) + (u_q - q)^2), and likewise above.

    Args:
        both: cases with the event under both.
        first: cases with the event under the first only.
        second: cases with the event under the second only.
        neither: cases without it under both.
        z: critical value; 1.96 (95 %) unless given.

    Raises:
        NoCases: there is no case, or a count is negative.
    """
    n = both + first + second + neither
    if n < 1 or min(both, first, second, neither) < 0:
        raise NoCases("A paired difference needs cases.", "Count again.")
    one, other = wilson(both + first, n, z=z), wilson(both + second, n, z=z)
    product = both * neither - first * second
    spread = (both + first) * (second + neither) * (both + second) * (first + neither)
    lessened = max(product - n / 2, 0.0) if product > 0 else float(product)
    correlation = lessened / sqrt(spread) if spread else 0.0
    value = (first - second) / n
    down = _hypot(one.value - one.low, other.high - other.value, correlation)
    up = _hypot(one.high - one.value, other.value - other.low, correlation)
    return Interval.around(value, max(value - down, -1.0), min(value + up, 1.0))


def mcnemar(first: int, second: int) -> float:
    """Return the mid-p value of McNemar's exact test (Fagerland, Lydersen and Laake 2013): is neither side likelier?

    Twice the binomial probability of at most min(first, second) of first + second, less that of just as many.
    """
    from scipy.special import betainc

    n, k = first + second, min(first, second)
    if n == 0:
        return 1.0
    at_most, fewer = (float(betainc(n - top, top + 1, 0.5)) if 0 <= top < n else float(top >= n) for top in (k, k - 1))
    return min(at_most + fewer, 1.0)


def paired_mean(n: int, total: float, squares: float, *, z: float | None = None) -> Interval:
    """Return the mean of n differences in [-1, 1], with the interval of `bounded_mean` on the doubled scale.

    Args:
        n: number of rows, at least 1.
        total: sum of the differences.
        squares: sum of their squares.
        z: critical value; 1.96 (95 %) unless given.
    """
    z = critical() if z is None else z
    half = bounded_mean(n, (total + n) / 2, (squares + 2 * total + n) / 4, z=z)
    return Interval.around(total / n, 2 * half.low - 1, 2 * half.high - 1)


def separate_difference(one: Interval, other: Interval, *, lowest: float = -1.0, highest: float = 1.0) -> Interval:
    """Return the difference of two independent quantities from their intervals (Zou and Donner 2008).

    d - sqrt((one - low)^2 + (high of other - other)^2) to d + sqrt((high of one - one)^2 + (other - low of other)^2).
    """
    value = one.value - other.value
    low = value - _hypot(one.value - one.low, other.high - other.value, 0.0)
    high = value + _hypot(one.high - one.value, other.value - other.low, 0.0)
    return Interval.around(value, max(low, lowest), min(high, highest))


def _hypot(first: float, second: float, correlation: float) -> float:
    return sqrt(max(first**2 - 2 * correlation * first * second + second**2, 0.0))
