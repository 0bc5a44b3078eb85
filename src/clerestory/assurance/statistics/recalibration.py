"""Slope of recalibration: by what the logit of a score has to be multiplied to agree with what happened."""

import numpy as np
import numpy.typing as npt

from clerestory.assurance.statistics.interval import Interval, critical

Floats = npt.NDArray[np.float64]
STEEPEST = 20.0
"""No slope beyond this is looked for: scores so flat, or labels so separate, tell nothing."""
_STEPS = 60


def recalibration_slope(
    score: Floats, positive: Floats, negative: Floats, *, z: float | None = None
) -> Interval | None:
    """Return the slope b of logit P(positive) = a + b logit(score) (Cox 1958), 1 where scores are calibrated.

    Maximum likelihood; the interval holds the slopes that the profile likelihood does not reject (twice the loss of
    log-likelihood at most z^2), which follows its skewness where one label is rare. Below 1 scores are too extreme,
    above 1 too timid. None where no slope from -20 to 20 is likeliest: one label, one score, or labels that a score
    separates.

    Args:
        score: distinct scores or means of bins, strictly between 0 and 1.
        positive: positives at each.
        negative: negatives at each.
        z: critical value; 1.96 (95 %) unless given.
    """
    z = critical() if z is None else z
    if min(positive.sum(), negative.sum()) < 1 or len(np.unique(score[positive + negative > 0])) < 2:
        return None
    curve = _Profile(np.log(score) - np.log1p(-score), positive, negative)
    best = curve.best()
    if best is None:
        return None
    limit = curve.at(best) - z * z / 2
    return Interval.around(best, curve.where(limit, best, -STEEPEST), curve.where(limit, best, STEEPEST))


class _Profile:
    """Log-likelihood of a slope with its best intercept."""

    def __init__(self, logit: Floats, positive: Floats, negative: Floats) -> None:
        self._logit, self._positive, self._n = logit, positive, positive + negative
        self._intercept = 0.0

    def at(self, slope: float) -> float:
        """Return the log-likelihood of a slope."""
        offset = slope * self._logit
        total, low, high = float(self._positive.sum()), -60.0 * STEEPEST, 60.0 * STEEPEST
        intercept = self._intercept
        for _ in range(200):
            chance = _chance(intercept + offset)
            gap = total - float(np.dot(self._n, chance))
            if abs(gap) < 1e-10 * max(total, 1.0) or high - low < 1e-12:
                break
            low, high = (intercept, high) if gap > 0 else (low, intercept)
            bend = float(np.dot(self._n, chance * (1 - chance)))
            step = intercept + gap / bend if bend > 0 else low
            intercept = step if low < step < high else (low + high) / 2
        self._intercept = intercept
        line = intercept + offset
        return float(np.dot(self._positive, line) - np.dot(self._n, np.logaddexp(0.0, line)))

    def best(self) -> float | None:
        """Return the likeliest slope; None where it lies beyond what is looked for."""
        low, high = -STEEPEST, STEEPEST
        share = (5**0.5 - 1) / 2
        left, right = high - share * (high - low), low + share * (high - low)
        at_left, at_right = self.at(left), self.at(right)
        for _ in range(_STEPS):
            if at_left < at_right:
                low, left, at_left = left, right, at_right
                right = low + share * (high - low)
                at_right = self.at(right)
            else:
                high, right, at_right = right, left, at_left
                left = high - share * (high - low)
                at_left = self.at(left)
        found = (low + high) / 2
        ends = max(self.at(-STEEPEST), self.at(STEEPEST))
        return None if ends >= self.at(found) - 1e-6 else found

    def where(self, limit: float, near: float, far: float) -> float:
        """Return where the log-likelihood falls to the limit between two slopes, or the far one."""
        if self.at(far) >= limit:
            return far
        for _ in range(_STEPS):
            middle = (near + far) / 2
            near, far = (middle, far) if self.at(middle) >= limit else (near, middle)
        return (near + far) / 2


def _chance(line: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(line / 2)), dtype=np.float64)
