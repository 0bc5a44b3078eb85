"""Divergences of two counted distributions over bins, each with an interval that knows the size of both samples.

Without a shift each divergence, times its curvature and over 1/n + 1/m, is about chi-square with B - 1 degrees of
freedom, and with a small shift about noncentral chi-square; limits of the noncentrality that the observed value does
not reject are limits of the divergence. Where bins are rare or many, or the shift is large, a divergence spreads more
than that; so each end is the farther of this and the normal one by the delta method, less the bias of the divergence.
Samples that agree better than chance lets them prove no smaller shift: the upper end is at least that of a divergence
as large as chance alone makes on average.
"""

from dataclasses import dataclass
from math import log, sqrt

import numpy as np
import numpy.typing as npt

from clerestory.assurance.statistics.interval import ALPHA, Interval, critical

Floats = npt.NDArray[np.float64]
EMPTY = 0.5
"""Count that stands in for an empty bin where a logarithm needs it."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A divergence with its interval; its mean and how likely it is to be as large when nothing shifted."""

    found: Interval
    chance: float
    p_value: float


@dataclass(frozen=True, slots=True)
class _Shape:
    """A divergence near two shares: its derivatives, its second derivatives times the shares, and its curvature."""

    value: float
    by_p: Floats
    by_q: Floats
    bent_p: Floats
    bent_q: Floats
    curvature: float
    highest: float


def stability_index(reference: Floats, current: Floats, *, alpha: float = ALPHA) -> Shift:
    """Return the population stability index: sum of (q - p) log(q / p), in nats.

    The null is that of Yurdakul and Naranjo (2020). An empty bin counts half a row.

    Args:
        reference: rows per bin in the reference, at least one in all; p are their shares.
        current: rows per bin now, likewise; q are their shares.
        alpha: one minus the confidence.
    """
    counts = _filled(reference, current)
    p, q = (np.where(rows > 0, rows, EMPTY) / rows.sum() for rows in counts)
    shape = _Shape(
        value=float(np.dot(q - p, np.log(q / p))),
        by_p=np.log(p / q) + 1 - q / p,
        by_q=np.log(q / p) + 1 - p / q,
        bent_p=1 + q / p,
        bent_q=1 + p / q,
        curvature=1.0,
        highest=float("inf"),
    )
    return _shift(shape, (p, q), _rows(counts), alpha)


def jensen_shannon(reference: Floats, current: Floats, *, alpha: float = ALPHA) -> Shift:
    """Return the divergence of Lin (1991), half of sum p log(p / m) + sum q log(q / m), m their mean, in bits: 0 to 1.

    Arguments as in `stability_index`; empty bins are what they are.
    """
    counts = _filled(reference, current)
    p, q = (rows / rows.sum() for rows in counts)
    by_p, by_q = _log_ratio(p, p + q), _log_ratio(q, p + q)
    shape = _Shape(
        value=max(float(np.dot(p, by_p) + np.dot(q, by_q)), 0.0),
        by_p=by_p,
        by_q=by_q,
        bent_p=q / (p + q) / (2 * log(2)),
        bent_q=p / (p + q) / (2 * log(2)),
        curvature=8 * log(2),
        highest=1.0,
    )
    return _shift(shape, (p, q), _rows(counts), alpha)


def squared_association(reference: Floats, current: Floats, *, alpha: float = ALPHA) -> Shift:
    """Return half the sum of (p - q)^2 / (p + q): 0 to 1, the squared V of Cramer (1946) of samples of equal size.

    As it divides by the mean of both shares, it does not depend on which sample is larger, as V itself does. The
    p-value is that of Pearson's chi-square test of the counts. Arguments as in `stability_index`.
    """
    from scipy.special import chdtrc

    counts = _filled(reference, current)
    (n, m), (p, q) = _rows(counts), (rows / rows.sum() for rows in counts)
    both = p + q
    shape = _Shape(
        value=float(np.sum((p - q) ** 2 / both) / 2),
        by_p=(p - q) * (p + 3 * q) / both**2 / 2,
        by_q=(q - p) * (q + 3 * p) / both**2 / 2,
        bent_p=4 * p * q**2 / both**3,
        bent_q=4 * q * p**2 / both**3,
        curvature=4.0,
        highest=1.0,
    )
    found = _shift(shape, (p, q), (n, m), alpha)
    if len(p) < 2:
        return found
    pearson = float(np.sum((p - q) ** 2 / (n * p + m * q)) * n * m)
    return Shift(found.found, found.chance, float(chdtrc(len(p) - 1, pearson)))


def _filled(reference: Floats, current: Floats) -> tuple[Floats, Floats]:
    filled = (reference > 0) | (current > 0)
    return reference[filled], current[filled]


def _rows(counts: tuple[Floats, Floats]) -> tuple[float, float]:
    return float(counts[0].sum()), float(counts[1].sum())


def _log_ratio(share: Floats, both: Floats) -> Floats:
    """Half of log2 of a share over the mean of both; 0 for no share, which it is only ever multiplied with."""
    return np.log2(np.where(share > 0, 2 * share / both, 1.0)) / 2


def _shift(shape: _Shape, shares: tuple[Floats, Floats], rows: tuple[float, float], alpha: float) -> Shift:
    from scipy.special import chdtrc

    freedom = len(shares[0]) - 1
    if freedom < 1:
        return Shift(Interval(0.0, 0.0, 0.0), 0.0, 1.0)
    (p, q), (n, m) = shares, rows
    scale = (1 / n + 1 / m) / shape.curvature
    low, high = (scale * shift for shift in _noncentrality(shape.value / scale, freedom, alpha))
    first = (float(np.dot(p, shape.by_p**2)) - float(np.dot(p, shape.by_p)) ** 2) / n
    second = (float(np.dot(q, shape.by_q**2)) - float(np.dot(q, shape.by_q)) ** 2) / m
    half = critical(alpha) * sqrt(max(first, 0.0) + max(second, 0.0))
    bias = (float(np.sum(shape.bent_p)) / n + float(np.sum(shape.bent_q)) / m) / 2
    low = min(low, max(shape.value - bias - half, 0.0))
    high = max(high, shape.value - freedom * scale + half)
    found = Interval.around(shape.value, low, min(high, shape.highest))
    return Shift(found, freedom * scale, float(chdtrc(freedom, shape.value / scale)))


def _noncentrality(statistic: float, freedom: int, alpha: float) -> tuple[float, float]:
    """Limits of the noncentrality of a chi-square statistic, at least of its mean for the upper one."""
    from scipy.special import chdtr, chndtrinc

    central = float(chdtr(freedom, statistic))
    low = 0.0 if central <= 1 - alpha / 2 else float(chndtrinc(statistic, freedom, 1 - alpha / 2))
    # Below its mean nearly every shift would be rejected: then a few rows that happen to agree would pass.
    return low, float(chndtrinc(max(statistic, float(freedom)), freedom, alpha / 2))
