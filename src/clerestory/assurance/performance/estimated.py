"""Accuracy before labels are there: what the scores promise, corrected by how they kept their promise before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, inf, nextafter, sqrt

import numpy as np
import numpy.typing as npt

from clerestory.assurance.measurement import Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.performance import scores
from clerestory.assurance.performance.scores import Scores
from clerestory.assurance.statistics.interval import Interval, critical
from clerestory.assurance.tally import Event, ScoreHistogram
from clerestory.assurance.tally.request import CURRENT, REFERENCE

_CUTS = tuple(1 / (1 + exp(-at / 2)) for at in range(-10, 11))
"""Borders of the bins: half a unit of the logit apart, so that scores near 0 and 1 are told apart too."""
MINIMUM_PER_BIN = 10
_LOWEST = -1.7976931348623157e308
Floats = npt.NDArray[np.float64]
ESTIMATED = Parameter(
    name="estimated",
    kind="flag",
    names_slice=True,
    meaning="Estimate accuracy from scores, by the labels of the reference; for labels that come late.",
)
REFERENCE_LABEL = Parameter(
    name="reference_label",
    kind="text",
    names_slice=True,
    meaning="Column of the label in the reference, where the current data have none yet; for an estimate.",
)
THRESHOLD = Parameter(
    name="threshold",
    kind="number",
    from_data="threshold",
    meaning="Score from which on the decision is favourable; for an estimate.",
)


@dataclass(frozen=True, slots=True)
class Estimate:
    """The estimated accuracy, the share of rows whose scores the reference hardly knows, and figures for people."""

    accuracy: Interval | None
    unknown: float
    reason: Reason | None
    n: int
    details: dict[str, str]


def requests(parameters: Parameters) -> tuple[ScoreHistogram, ScoreHistogram]:
    """Return the scores with labels of the reference, and those of the current data, whose labels are not looked at."""
    score, cuts = parameters.text("score"), _edges(parameters)
    label = parameters.optional("reference_label") or parameters.text("label")
    known = Event(label, parameters.optional("positive"))
    before = ScoreHistogram(score=score, label=known, cuts=cuts, data=REFERENCE)
    return before, replace(before, label=Event(score, at_least=_LOWEST), data=CURRENT)


def estimate(before: Scores, now: Scores, parameters: Parameters) -> Estimate:
    """Return the accuracy that the current scores promise, corrected per bin by how far the reference's were off."""
    edges = _edges(parameters)
    positive, known, known_sum = _binned(before, edges)
    _, rows, total = _binned(now, edges)
    reason = _reason(before, now, parameters)
    if reason is Reason.INSUFFICIENT_DATA or not now.n or not before.are_probabilities or not now.are_probabilities:
        return Estimate(None, 0.0, reason or Reason.ASSUMPTION_BROKEN, now.n, {})
    offset = np.divide(positive - known_sum, known, out=np.zeros(len(rows)), where=known > 0)
    likely = np.clip(total + rows * offset, 0.0, rows)
    yes = np.arange(len(rows)) > np.searchsorted(edges, _below(parameters))
    right = np.where(yes, likely, rows - likely)
    share = (positive + 2) / (known + 4)
    spread = share * (1 - share) * rows * (rows / np.maximum(known, 1.0) + 1)
    value, half = float(right.sum()) / now.n, critical() * sqrt(float(spread.sum())) / now.n
    promised = float(np.where(yes, total, rows - total).sum()) / now.n
    unknown = float(rows[known < MINIMUM_PER_BIN].sum()) / now.n
    details = {
        "accuracy that the scores promise": f"{promised:.6g}",
        "rows of the reference with label": str(before.n),
        "scores that the reference hardly knows": f"{100 * unknown:.3g} %",
    }
    found = Interval.around(value, max(value - half, 0.0), min(value + half, 1.0))
    return Estimate(found, unknown, reason, now.n, details)


def _reason(before: Scores, now: Scores, parameters: Parameters) -> Reason | None:
    reason = scores.obstacle(before, parameters, classes=False, probabilities=True)
    return Reason.INSUFFICIENT_DATA if now.n < scores.MINIMUM_CASES else reason


def _below(parameters: Parameters) -> float:
    """The largest number below the threshold: bins are closed above, and the threshold itself decides favourably."""
    return nextafter(parameters.number("threshold"), -inf)


def _edges(parameters: Parameters) -> tuple[float, ...]:
    threshold = parameters.number("threshold")
    return tuple(sorted({cut for cut in _CUTS if cut != threshold} | {_below(parameters)}))


def _binned(found: Scores, edges: Sequence[float]) -> tuple[Floats, Floats, Floats]:
    """Positives, rows and sum of scores in each bin closed above."""
    points = np.array(found.tally.points)
    place = np.searchsorted(edges, points, side="left")
    if not found.tally.exact:
        place = np.append(place, len(edges))
    up = np.array(found.cell.positive, dtype=np.float64)
    first, second = found.sums()
    counted = (up, up + np.array(found.cell.negative), first + second)
    parts = [np.bincount(place, what, len(edges) + 1).astype(np.float64) for what in counted]
    return parts[0], parts[1], parts[2]
