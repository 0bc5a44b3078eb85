"""A plain model of our own, for what an attacker would train: logistic regression with a ridge penalty, by Newton.

It is there to attack and to compare, not to be good. Equal rows, labels and seeds give equal weights.
"""

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
    penalty = np.full(x.shape[1], ridge)
    penalty[-1] = 1e-6
    found = np.zeros(x.shape[1])
    cost = _cost(x, y, case, penalty, found)
    for _ in range(25):
        chance = sigmoid(x @ found)
        gradient = x.T @ (case * (chance - y)) + penalty * found
        bend = (x * (case * chance * (1 - chance))[:, None]).T @ x + np.diag(penalty)
        step = np.linalg.solve(bend, gradient)
        size = 1.0
        while (lower := _cost(x, y, case, penalty, found - size * step)) > cost and size > 1e-4:
            size /= 2
        if lower > cost:
            break
        found, cost = found - size * step, lower
        if float(np.abs(size * step).max()) < 1e-6:
            break
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


def _cost(x: Floats, y: Floats, case: Floats, penalty: Floats, found: Floats) -> float:
    odds = x @ found
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
