"""Intervals of distances between distributions: each knows the size of its samples."""

from collections.abc import Callable
from functools import lru_cache
from math import exp, log, sqrt

import numpy as np
import numpy.typing as npt

from clerestory.assurance.statistics.interval import ALPHA, Interval

Floats = npt.NDArray[np.float64]


def total_variation(counts: Floats, shares: Floats, *, alpha: float = ALPHA) -> Interval:
    """Return half the sum of |observed share - stated share| with an interval that holds for every sample size.

    Upper end: the distance is the largest gap over sets of categories, so the one set that is largest in truth bounds
    it: + sqrt(log(2 / alpha) / (2 n)) (Hoeffding 1963). Lower end: the distance exceeds the truth by no more than the
    distance of sample and truth, whose mean is at most sum sqrt(p (1 - p) / n) / 2 and which exceeds it by no more than
    the same term (McDiarmid 1989).

    Args:
        counts: rows per category, at least one in all.
        shares: stated share per category, adding up to 1.
        alpha: one minus the confidence.
    """
    n = float(counts.sum())
    observed = counts / n
    value = float(np.abs(observed - shares).sum() / 2)
    margin = sqrt(log(2 / alpha) / (2 * n))
    noise = float(np.sqrt(observed * (1 - observed) / n).sum() / 2)
    return Interval.around(value, max(value - noise - margin, 0.0), min(value + margin, 1.0))


def total_variation_between(counts: Floats, others: Floats, *, alpha: float = ALPHA) -> Interval:
    """Return half the sum of |share - share| of two samples, with an interval that holds for every sample size.

    As `total_variation`, with 1/n + 1/m in the place of 1/n and the noise of both samples.

    Args:
        counts: rows per category of one sample, at least one in all.
        others: rows per category of the other, likewise.
        alpha: one minus the confidence.
    """
    n, m = float(counts.sum()), float(others.sum())
    p, q = counts / n, others / m
    value = float(np.abs(p - q).sum() / 2)
    margin = sqrt(log(2 / alpha) / 2 * (1 / n + 1 / m))
    noise = float(np.sqrt(p * (1 - p) / n + q * (1 - q) / m).sum() / 2)
    return Interval.around(value, max(value - noise - margin, 0.0), min(value + margin, 1.0))


@lru_cache(maxsize=256)
def kolmogorov_margin(n: int, m: int, *, alpha: float = ALPHA) -> float:
    """Return how far the distance of two samples can lie from that of their populations, at confidence 1 - alpha.

    Each sample's largest error exceeds t with probability at most 2 exp(-2 n t^2) (Dvoretzky, Kiefer and Wolfowitz;
    constant by Massart 1990). The samples are independent, so the sum of both errors exceeds a margin no more often
    than the sum of two independent variables with exactly these tails; the margin is its 1 - alpha quantile. It holds
    for all sample sizes and all distributions.
    """
    top = sqrt(log(8 / alpha) / 2) * (1 / sqrt(n) + 1 / sqrt(m))
    return _root(lambda margin: _tail_of_sum(margin, n, m) - alpha, top)


def kolmogorov_p_value(distance: float, n: int, m: int) -> float:
    """Return the asymptotic probability of a distance at least this large when nothing shifted (Smirnov 1939)."""
    from scipy.special import kolmogorov

    return float(kolmogorov(distance * sqrt(n * m / (n + m))))


def _tail_of_sum(margin: float, n: int, m: int) -> float:
    """P(X + Y > margin) for independent X, Y with tails min(1, 2 exp(-2 n x^2)) and min(1, 2 exp(-2 m y^2))."""
    start = sqrt(log(2) / (2 * n))
    x = np.linspace(start, margin, 2001)
    density = 8 * n * x * np.exp(-2 * n * x * x)
    rest = np.minimum(1.0, 2 * np.exp(-2 * m * (margin - x) ** 2))
    beyond = min(1.0, 2 * exp(-2 * n * margin * margin))
    return beyond + float(np.trapezoid(density * rest, x)) if margin > start else 1.0


def _root(falling: Callable[[float], float], top: float) -> float:
    """Zero of a falling function between 0 and top, by bisection, from the safe side."""
    low, high = 0.0, top
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return high
