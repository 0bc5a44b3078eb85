"""A plain model of our own, for what an attacker would train: logistic regression with a ridge penalty, by Newton.

It is there to attack and to compare, not to be good. Equal rows, labels and seeds give equal weights.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

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
    case = np.ones(len(y)) if weights is None else weights
    return _descend(x, y, case, _penalty(x, ridge), np.zeros(x.shape[1]), None)


def fits_of_parts(x: Floats, y: Floats, parts: Iterable[NDArray[np.bool_]]) -> Iterator[Floats]:
    """Return the coefficients of a model of each part of the rows.

    Each starts from the model of all rows and goes down with its curvature, scaled to the part, which costs a tenth.
    """
    start, penalty = fit(x, y), _penalty(x, RIDGE)
    bend = _bend(x, x @ start, np.ones(len(y)), penalty)
    for part in parts:
        case = part.astype(np.float64)
        yield _descend(x, y, case, penalty, start, bend * max(float(case.mean()), 1 / len(y)))


def _descend(x: Floats, y: Floats, case: Floats, penalty: Floats, start: Floats, bend: Floats | None) -> Floats:
    """Go down by Newton's steps; with a fixed curvature by as many of that."""
    found, odds = start, x @ start
    cost = _cost(y, case, penalty, found, odds)
    for _ in range(25):
        gradient = x.T @ (case * (sigmoid(odds) - y)) + penalty * found
        step = np.linalg.solve(_bend(x, odds, case, penalty) if bend is None else bend, gradient)
        along, size = x @ step, 1.0
        while (lower := _cost(y, case, penalty, found - size * step, odds - size * along)) > cost and size > 1e-4:
            size /= 2
        if lower > cost:
            break
        found, odds, cost = found - size * step, odds - size * along, lower
        if float(np.abs(size * step).max()) < (1e-6 if bend is None else 1e-3):
            break
    return found


def _penalty(x: Floats, ridge: float) -> Floats:
    penalty = np.full(x.shape[1], ridge)
    penalty[-1] = 1e-6
    return penalty


def _bend(x: Floats, odds: Floats, case: Floats, penalty: Floats) -> Floats:
    chance = sigmoid(odds)
    found: Floats = (x * (case * chance * (1 - chance))[:, None]).T @ x + np.diag(penalty)
    return found


def sigmoid(odds: Floats) -> Floats:
    """Return 1 / (1 + exp(-odds)), without overflow."""
    found: Floats = 0.5 * (1 + np.tanh(0.5 * odds))
    return found


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


def _cost(y: Floats, case: Floats, penalty: Floats, found: Floats, odds: Floats) -> float:
    return float((case * (np.logaddexp(0.0, odds) - y * odds)).sum() + (penalty * found**2).sum() / 2)


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
