"""A quantile of what was measured, with an interval that assumes no distribution."""

from collections.abc import Sequence

from clerestory.assurance.statistics.interval import ALPHA, Interval


def quantile(ordered: Sequence[float], share: float, *, alpha: float = ALPHA) -> Interval | None:
    """Return a quantile of values in ascending order with its interval between two of them (order statistics).

    With B binomial of n and ``share``, the r-th smallest value lies above the quantile with probability P(B < r), the
    s-th below it with P(B >= s): taken are the largest r and the smallest s for which each is at most alpha / 2
    (Conover 1999, section 3.2). The value is the ceil(n share)-th smallest. None where the values are too few
    for both ends: fewer than 6 for a median, 72 for p95, 368 for p99. Coverage is exact and never below 95 %: over
    60 to 10,000 values 95.0 to 97.3 % for a median, 95.1 to 98.3 % for p95, 95.4 to 98.1 % for p99.

    Args:
        ordered: the values, ascending.
        share: which quantile, between 0 and 1.
        alpha: one minus the confidence.
    """
    n = len(ordered)
    low, high = _rank(n, share, alpha / 2), _rank(n, share, 1 - alpha / 2) + 1
    if n < 1 or low < 1 or high > n:
        return None
    at = min(max(_ceil(n * share), 1), n)
    return Interval.around(float(ordered[at - 1]), float(ordered[low - 1]), float(ordered[high - 1]))


def _ceil(number: float) -> int:
    whole = round(number)
    return whole if abs(number - whole) < 1e-9 else int(number) + 1


def _rank(n: int, share: float, probability: float) -> int:
    """Return the smallest k with P(B <= k) > probability (at the upper end: >=), by bisection."""
    from scipy.special import bdtr

    low, high = -1, n
    while high - low > 1:
        middle = (low + high) // 2
        reached = float(bdtr(middle, n, share))
        if reached >= probability if probability > 0.5 else reached > probability:
            high = middle
        else:
            low = middle
    return high
