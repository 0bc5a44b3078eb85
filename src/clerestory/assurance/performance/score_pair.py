"""From two scores of the same rows to the tally that compares them: squared errors, and placements of each case."""

import numpy as np
import numpy.typing as npt

from clerestory.assurance.tally import ScorePairTally

Floats = npt.NDArray[np.float64]


def count_score_pair(
    score: Floats, other: Floats, positive: npt.NDArray[np.bool_], *, unlabelled: int
) -> ScorePairTally:
    """Count labelled rows; one that lacks a finite score of either version is left out of both.

    Args:
        score: of the version at hand; NaN where there is no finite one.
        other: of the version compared with, row by row.
        positive: whether the label is positive.
        unlabelled: rows without label, not in the arrays.
    """
    usable = np.isfinite(score) & np.isfinite(other)
    unscored = len(score) - int(usable.sum())
    score, other, positive = score[usable], other[usable], positive[usable]
    ups, downs = int(positive.sum()), int((~positive).sum())
    if not len(score):
        return ScorePairTally(positive=0, negative=0, unlabelled=unlabelled, unscored=unscored)
    low, high = min(float(score.min()), float(other.min())), max(float(score.max()), float(other.max()))
    loss = np.zeros(1)
    if low >= 0 and high <= 1:
        loss = (other - positive) ** 2 - (score - positive) ** 2
    area = other_area = above = below = 0.0
    if ups and downs:
        first, second = _placements(score, positive), _placements(other, positive)
        area, other_area = float(first[0].mean()), float(second[0].mean())
        above, below = (float(np.sum((one - two) ** 2)) for one, two in zip(first, second, strict=True))
    return ScorePairTally(
        positive=ups,
        negative=downs,
        unlabelled=unlabelled,
        unscored=unscored,
        minimum=low,
        maximum=high,
        loss=float(loss.sum()),
        loss_squares=float(np.dot(loss, loss)),
        area=area,
        other_area=other_area,
        positive_spread=above,
        negative_spread=below,
    )


def _placements(score: Floats, positive: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Share of negatives below each positive, and of positives above each negative; ties count half."""
    order = np.argsort(score)
    ordered, up = score[order], positive[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    ups = np.concatenate(([0], np.cumsum(up, dtype=np.int64)))
    rows = np.append(starts, len(score))
    middle = (ups[rows[:-1]] + ups[rows[1:]]) / 2
    passed = (rows[:-1] + rows[1:]) / 2
    if len(starts) < len(score):
        middle, passed = (np.repeat(what, np.diff(rows)) for what in (middle, passed))
    total = int(ups[-1])
    below, above = (passed - middle) / (len(score) - total), 1 - middle / total
    placed = np.empty(len(score))
    placed[order] = np.where(up, below, above)
    return placed[positive], placed[~positive]
