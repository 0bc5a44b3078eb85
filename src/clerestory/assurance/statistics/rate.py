"""Intervals of one rate and of the difference and ratio of two independent rates."""

from math import exp, log, sqrt

import numpy as np
import numpy.typing as npt

from clerestory.assurance.statistics.interval import Interval, critical
from clerestory.terms.error import ClerestoryError

Floats = npt.NDArray[np.float64]
Counts = tuple[Floats, Floats, Floats, Floats]
FEW = 5
"""With fewer events, or fewer cases without one, the score interval of a ratio replaces the log-normal one."""


class NoCases(ClerestoryError):
    """A rate was asked of no cases, or of more events than cases."""


def wilson(events: int, n: int, *, z: float | None = None) -> Interval:
    """Return events / n with the score interval of Wilson (1927), without continuity correction.

    (2 n p + z^2 -+ z sqrt(z^2 + 4 n p q)) / (2 (n + z^2)), p = events / n, q = 1 - p.

    Args:
        events: number of events, 0 to n.
        n: number of cases, at least 1.
        z: critical value; 1.96 (95 %) unless given.

    Raises:
        NoCases: n is 0 or events does not lie in 0 to n.
    """
    if not 0 <= events <= n or n < 1:
        raise NoCases(f"{events} of {n} is no rate.", "Count again.")
    z = critical() if z is None else z
    p = events / n
    centre, half, scale = 2 * events + z * z, z * sqrt(z * z + 4 * events * (1 - p)), 2 * (n + z * z)
    low = 0.0 if events == 0 else (centre - half) / scale
    high = 1.0 if events == n else (centre + half) / scale
    return Interval.around(p, max(low, 0.0), min(high, 1.0))


def newcombe(events: int, n: int, other_events: int, other_n: int, *, z: float | None = None) -> Interval:
    """Return the difference of two rates with the hybrid score interval (Newcombe 1998, method 10).

    With p, q the rates and [l, u] their Wilson intervals:
    p - q - sqrt((p - l_p)^2 + (u_q - q)^2) to p - q + sqrt((u_p - p)^2 + (q - l_q)^2).

    Raises:
        NoCases: a rate has no cases.
    """
    first, second = wilson(events, n, z=z), wilson(other_events, other_n, z=z)
    value = first.value - second.value
    down = sqrt((first.value - first.low) ** 2 + (second.high - second.value) ** 2)
    up = sqrt((first.high - first.value) ** 2 + (second.value - second.low) ** 2)
    return Interval(value, max(value - down, -1.0), min(value + up, 1.0))


def katz(events: int, n: int, other_events: int, other_n: int, *, z: float | None = None) -> Interval:
    """Return the ratio of two rates with the log-normal interval (Katz et al. 1978).

    exp(log(ratio) -+ z sqrt(1/x - 1/n + 1/y - 1/m)), x of n against y of m.

    Raises:
        NoCases: a rate has no cases or no events.
    """
    if min(events, other_events) < 1 or events > n or other_events > other_n:
        raise NoCases("A ratio with the log-normal interval needs an event on both sides.", "Use the score interval.")
    z = critical() if z is None else z
    value = (events / n) / (other_events / other_n)
    half = z * sqrt(1 / events - 1 / n + 1 / other_events - 1 / other_n)
    return Interval(value, exp(log(value) - half), exp(log(value) + half))


def koopman(events: int, n: int, other_events: int, other_n: int, *, z: float | None = None) -> tuple[float, float]:
    """Return the score interval of the ratio of two rates (Koopman 1984); its upper end may be infinite.

    It holds every ratio r with (x - n p)^2 / (n p (1 - p)) + (y - m q)^2 / (m q (1 - q)) <= z^2, where p = r q and q is
    the likelier rate under r. It works with no events on one side; with none on either it is 0 to infinity.

    Raises:
        NoCases: a rate has no cases.
    """
    if not 0 <= events <= n or not 0 <= other_events <= other_n or min(n, other_n) < 1:
        raise NoCases("A ratio needs cases on both sides.", "Count again.")
    counts = [np.array([float(item)]) for item in (events, n, other_events, other_n)]
    low, high = score_limits(counts[0], counts[1], counts[2], counts[3], z=critical() if z is None else z)
    return float(low[0]), float(high[0])


def score_limits(x: Floats, n: Floats, y: Floats, m: Floats, *, z: float) -> tuple[Floats, Floats]:
    """Return the limits of `koopman` for many ratios of x / n over y / m at once.

    Args:
        x: events above, at most n; n, y and m likewise, all of one length and n, m at least 1.
        n: cases above.
        y: events below.
        m: cases below.
        z: critical value.
    """
    low = np.where(x == 0, 0.0, _cross((x, n, y, m), z * z, -1.0))
    high = np.where(y == 0, np.inf, _cross((x, n, y, m), z * z, 1.0))
    return np.where((x == 0) & (y == 0), 0.0, low), high


def _score(counts: Counts, r: Floats) -> Floats:
    """Chi-square of the ratio r with the restricted maximum-likelihood rates (Miettinen and Nurminen 1985)."""
    x, n, y, m = counts
    a = (n + m) * r
    b = -(r * (n + y) + x + m)
    q = (-b - np.sqrt(np.maximum(b * b - 4 * a * (x + y), 0.0))) / (2 * a)
    total = np.zeros_like(r)
    for events, cases, rate in ((x, n, r * q), (y, m, q)):
        gap, spread = events - cases * rate, cases * rate * (1 - rate)
        part = np.divide(gap * gap, spread, out=np.full_like(r, np.inf), where=spread > 0)
        total += np.where(np.abs(gap) > 1e-12 * cases, part, 0.0)
    return total


def _cross(counts: Counts, limit: float, side: float) -> Floats:
    """Find where the score leaves the limit on one side, by bisection on the logarithm of the ratio."""
    x, n, y, m = counts
    start = np.log(np.maximum(x, 0.5) / n / (np.maximum(y, 0.5) / m))
    inside, outside = start, start + side
    for _ in range(64):
        short = _score(counts, np.exp(outside)) < limit
        if not short.any():
            break
        inside, outside = np.where(short, outside, inside), np.where(short, outside + side, outside)
    for _ in range(48):
        middle = (inside + outside) / 2
        short = _score(counts, np.exp(middle)) < limit
        inside, outside = np.where(short, middle, inside), np.where(short, outside, middle)
    found: Floats = np.exp((inside + outside) / 2)
    return found
