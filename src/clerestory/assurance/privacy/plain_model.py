"""A plain model of our own, for what an attacker would train: logistic regression with a ridge penalty.

It is there to attack and to compare, not to be good. Equal rows, labels and seeds give equal weights.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.statistics.logistic import curvature_at, lowest_loss, sigmoid

Floats = NDArray[np.float64]
MAXIMUM_LEVELS = 20
"""Of texts only so many of the most frequent values become columns."""
RIDGE = 1.0


def design(columns: "list[NDArray[np.generic]]", *, squares: bool = False) -> Floats:
    """Return standardised numbers from columns of a trial's table, with a last column of ones.

    A missing number becomes the mean and is marked in a column of its own; of texts the 20 most frequent values count.

    Args:
        columns: columns of one length.
        squares: add the square of each number, so that a difference of spread is seen too.
    """
    parts: list[Floats] = []
    for column in columns:
        parts.extend(_levels(column) if column.dtype == object else _numbers(column.astype(np.float64), squares))
    rows = len(columns[0]) if columns else 0
    return np.column_stack([*parts, np.ones(rows)]) if parts else np.ones((rows, 1))


def fit(x: Floats, y: Floats, *, weights: Floats | None = None, ridge: float = RIDGE) -> Floats:
    """Return the coefficients that predict y (0 or 1, or shares) from x; the last column of x is not penalised."""
    penalty = _penalty(x, ridge)
    bend = curvature_at(x, np.zeros(x.shape[1]), penalty, weights=weights)
    return lowest_loss(x, y, penalty, weights=weights, curvature=bend)


def fits_of_parts(x: Floats, y: Floats, parts: Iterable[NDArray[np.bool_]]) -> Iterator[Floats]:
    """Return the coefficients of a model of each part of the rows.

    Each starts from the model of all rows and goes down with its curvature, scaled to the part, which costs a tenth.
    """
    start, penalty = fit(x, y), _penalty(x, RIDGE)
    bend = curvature_at(x, start, penalty)
    for part in parts:
        scaled = bend * max(float(part.mean()), 1 / len(y))
        yield lowest_loss(x, y, penalty, weights=part.astype(np.float64), start=start, curvature=scaled, small=1e-3)


def _penalty(x: Floats, ridge: float) -> Floats:
    penalty = np.full(x.shape[1], ridge)
    penalty[-1] = 1e-6
    return penalty


def logit(chance: Floats, *, edge: float = 1e-3) -> Floats:
    """Return log(p / (1 - p)), p kept ``edge`` away from 0 and 1."""
    kept = np.clip(chance, edge, 1 - edge)
    found: Floats = np.log(kept / (1 - kept))
    return found


def out_of_fold(x: Floats, y: Floats, *, seed: int, folds: int = 5) -> Floats:
    """Return the chance of a yes for each row, from models that did not see the row."""
    part = np.random.default_rng(seed).permutation(len(y)) % folds
    found = np.zeros(len(y))
    for fold in range(folds):
        held = part == fold
        found[held] = sigmoid(x[held] @ fit(x[~held], y[~held]))
    return found


def _numbers(column: Floats, squares: bool) -> list[Floats]:
    known = np.isfinite(column)
    mean, spread = (float(column[known].mean()), float(column[known].std())) if known.any() else (0.0, 0.0)
    filled = np.where(known, (column - mean) / (spread or 1.0), 0.0)
    parts = [filled] if known.all() else [filled, (~known).astype(np.float64)]
    return [*parts, np.minimum(filled**2, 25.0)] if squares and spread else parts


def _levels(column: NDArray[np.generic]) -> list[Floats]:
    values = np.array([str(item) for item in column.tolist()])
    names, counts = np.unique(values, return_counts=True)
    frequent = names[np.lexsort((names, -counts))][:MAXIMUM_LEVELS]
    return [(values == name).astype(np.float64) for name in frequent]
