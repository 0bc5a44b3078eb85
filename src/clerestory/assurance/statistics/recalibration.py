"""Slope of recalibration: by what the logit of a score has to be multiplied to agree with what happened."""

import numpy as np
import numpy.typing as npt

from clerestory.assurance.statistics.interval import Interval, critical
from clerestory.assurance.statistics.logistic import sigmoid

Floats = npt.NDArray[np.float64]
STEEPEST = 20.0
"""No slope beyond this is looked for: scores so flat, or labels so separate, tell nothing."""
_STEPS = 100
_NEAR = 1e-8


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
        self._last = np.zeros(0)

    def at(self, slope: float) -> float:
        """Return the log-likelihood of a slope."""
        offset = slope * self._logit
        total, low, high = float(self._positive.sum()), -60.0 * STEEPEST, 60.0 * STEEPEST
        intercept = self._intercept
        for _ in range(200):
            chance = sigmoid(intercept + offset)
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
        if self._rise(low) <= 0 or self._rise(high) >= 0:
            return None
        slope = 1.0
        for _ in range(_STEPS):
            rise, bend = self._rise(slope), self._bend()
            low, high = (slope, high) if rise > 0 else (low, slope)
            step = slope + rise / bend if bend > 0 else low
            following = step if low < step < high else (low + high) / 2
            if abs(following - slope) < _NEAR:
                break
            slope = following
        return slope

    def where(self, limit: float, near: float, far: float) -> float:
        """Return where the log-likelihood falls to the limit between two slopes, or the far one."""
        above, below = self.at(near) - limit, self.at(far) - limit
        if below >= 0:
            return far
        side, between = 0, far
        for _ in range(_STEPS):
            between = (far * above - near * below) / (above - below)
            found = self.at(between) - limit
            if found >= 0:
                near, above, below, side = between, found, below / 2 if side > 0 else below, 1
            else:
                far, below, above, side = between, found, above / 2 if side < 0 else above, -1
            if abs(found) < _NEAR or abs(far - near) < _NEAR:
                break
        return between

    def _rise(self, slope: float) -> float:
        """Derivative of the profile: sum of logit times what happened less what was expected."""
        self.at(slope)
        return float(np.dot(self._logit, self._positive - self._n * self._expected(slope)))

    def _bend(self) -> float:
        """Minus its second derivative at the slope that was last asked for."""
        weight = self._n * self._last * (1 - self._last)
        total = float(weight.sum())
        if total <= 0:
            return 0.0
        mean = float(np.dot(weight, self._logit)) / total
        return float(np.dot(weight, (self._logit - mean) ** 2))

    def _expected(self, slope: float) -> Floats:
        self._last = sigmoid(self._intercept + slope * self._logit)
        return self._last
