"""Area under the ROC curve from counts of scores by label, with its interval."""

from collections.abc import Sequence
from math import sqrt

import numpy as np
import numpy.typing as npt

from clerestory.assurance.statistics.interval import Interval, critical

Floats = npt.NDArray[np.float64]
_ADDED = 0.05
"""Square of the differences of placements that are added on both sides, see `paired_area_difference`."""


def roc_area(
    positive: Sequence[int],
    negative: Sequence[int],
    *,
    exact: bool = True,
    z: float | None = None,
) -> Interval:
    """Return P(score of a positive > score of a negative) + half the ties, with a 95 % interval.

    Each end of the interval is the farther of two: that of DeLong, DeLong and Clarke-Pearson (1988) on the logit of the
    area (Pepe 2003), which trusts the spread of a handful of cases and so is too narrow where one label is rare, and
    that of the score interval with the variance of Hanley and McNeil (Newcombe 2006, method 5), which alone stands
    where DeLong's variance is 0 (area of 0 or 1). Counts in bins leave the order inside a bin open: then the value
    takes it as ties, and each end moves by half the share of pairs that share a bin, which bounds what the order could
    change.

    Args:
        positive: positives per distinct score or bin, in ascending order of the score; at least one in all.
        negative: negatives, likewise.
        exact: the counts are per distinct score, so that sharing one really is a tie.
        z: critical value; 1.96 (95 %) unless given.
    """
    z = critical() if z is None else z
    up, down = np.array(positive, dtype=np.float64), np.array(negative, dtype=np.float64)
    m, n = up.sum(), down.sum()
    below = np.cumsum(down) - down / 2
    above = m - np.cumsum(up) + up / 2
    area = float(np.dot(up, below) / (m * n))
    of_positive, of_negative = below / n, above / m
    variance = _spread(up, of_positive, area, m) / m + _spread(down, of_negative, area, n) / n
    low, high = _score_interval(area, float(m), float(n), z)
    if variance > 0 and 0 < area < 1:
        half = z * sqrt(variance) / (area * (1 - area))
        odds = np.log(area / (1 - area))
        low, high = min(low, _share(odds - half)), max(high, _share(odds + half))
    unknown = 0.0 if exact else float(np.dot(up, down) / (2 * m * n))
    return Interval.around(area, max(low - unknown, 0.0), min(high + unknown, 1.0))


def _share(odds: float) -> float:
    """Inverse of the logit."""
    return float(1 / (1 + np.exp(-odds)))


def _spread(counts: Floats, placement: Floats, area: float, size: float) -> float:
    """Sample variance of the placement values; 0 for a single case."""
    return float(np.dot(counts, (placement - area) ** 2) / (size - 1)) if size > 1 else 0.0


def _score_interval(area: float, m: float, n: float, z: float) -> tuple[float, float]:
    """Areas t with |area - t| <= z sqrt(V(t)), V of Hanley and McNeil (1982) with the mean of both sizes."""
    size = (m + n) / 2

    def inside(t: float) -> bool:
        variance = t * (1 - t) * (1 + (size - 1) * ((1 - t) / (2 - t) + t / (1 + t))) / (m * n)
        return abs(area - t) <= z * sqrt(variance)

    ends = []
    for edge in (0.0, 1.0):
        near, far = area, edge
        for _ in range(60):
            middle = (near + far) / 2
            near, far = (middle, far) if inside(middle) else (near, middle)
        ends.append(near)
    return ends[0], ends[1]


def paired_area_difference(
    area: float, other: float, spread: tuple[float, float], cases: tuple[int, int], *, z: float | None = None
) -> Interval:
    """Return the difference of two areas under the ROC curve of the same cases (DeLong et al. 1988), with its interval.

    The placement of a positive is the share of negatives below it (ties half), of a negative the share of positives
    above it. With d the differences of the placements by both scores, the variance is that of d among positives over
    their number plus that among negatives over theirs. The larger is taken of this and of the one after adding a d of
    +0.22 and of -0.22 on each side, which keeps a few cases that happen to agree from being taken as certain.
    Simulated (binormal scores, correlation 0 to 0.99, areas 0.76 to 0.98, 1,500 runs each), 30 of either label: the
    interval lies on one side of the truth in at most 4.4 % of runs, 200 of either: 4.1 %; without the addition 12.6 %.

    Args:
        area: of the first score.
        other: of the second.
        spread: sums of d^2 among positives and among negatives.
        cases: number of positives and of negatives, at least 2 each.
        z: critical value; 1.96 (95 %) unless given.
    """
    z = critical() if z is None else z
    gap = area - other
    plain = added = 0.0
    for squares, size in zip(spread, cases, strict=True):
        around = max(squares - size * gap * gap, 0.0)
        plain += around / (size - 1) / size
        added += (around + 2 * _ADDED) / (size + 2) ** 2
    half = z * sqrt(max(plain, added))
    return Interval.around(gap, max(gap - half, -1.0), min(gap + half, 1.0))
