"""The one solver of logistic regressions with a ridge penalty: two classes or more, rows with weights.

Each is a smooth convex loss, and goes down by limited-memory BFGS. Where a curvature is given it starts from that,
which makes its steps Newton's as long as the curvature holds.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Loss = Callable[[Floats], tuple[float, Floats]]
_STEPS, _HALVINGS, _REMEMBERED = 500, 30, 10
_ROUNDING = 1e-13


def sigmoid(odds: Floats | np.float64) -> Floats:
    """Return 1 / (1 + exp(-odds)), without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * odds)), dtype=np.float64)


def lowest_loss(
    x: Floats,
    y: Floats,
    penalty: Floats,
    *,
    weights: Floats | None = None,
    start: Floats | None = None,
    curvature: Floats | None = None,
    near: float = 1e-6,
    small: float = 0.0,
) -> Floats:
    """Return the coefficients b with the least sum of w (log(1 + exp(x b)) - y x b) + sum of penalty b^2 / 2.

    Args:
        x: n x p, with a column of ones where there is an intercept.
        y: 0 or 1, or shares.
        penalty: per coefficient.
        weights: of the rows; 1 unless given.
        start: where it starts; 0 unless given.
        curvature: p x p, near that of the loss.
        near: it ends where no slope is steeper.
        small: or where no step is longer.
    """
    case = np.ones(len(y)) if weights is None else weights

    def cost(found: Floats) -> tuple[float, Floats]:
        # By einsum, in one thread: hundreds of products this small are slower by far where threads wait for a core.
        odds = np.einsum("ij,j->i", x, found)
        loss = float((case * (np.logaddexp(0.0, odds) - odds * y)).sum() + (penalty * found**2).sum() / 2)
        return loss, np.einsum("i,ij->j", case * (sigmoid(odds) - y), x) + penalty * found

    begun = np.zeros(x.shape[1]) if start is None else start
    inverse = None if curvature is None else np.asarray(np.linalg.inv(curvature), dtype=np.float64)
    return lowest(cost, begun, first=4 / max(len(x), 1), inverse=inverse, near=near, small=small)


def curvature_at(x: Floats, found: Floats, penalty: Floats, *, weights: Floats | None = None) -> Floats:
    """Return the second derivatives of the loss at the coefficients."""
    chance = sigmoid(x @ found)
    bend = chance * (1 - chance) if weights is None else weights * chance * (1 - chance)
    return np.asarray((x * bend[:, None]).T @ x + np.diag(penalty), dtype=np.float64)


def lowest_class_loss(x: Floats, target: Floats, penalty: Floats, *, near: float = 1e-6) -> Floats:
    """Return the p x k coefficients of a multinomial regression; a row's classes have the odds exp(x b).

    Args:
        x: n x p, with a column of ones where there is an intercept.
        target: n x k, 1 at the class of a row, or shares that sum to 1.
        penalty: per row of the coefficients; each class pays it.
        near: it ends where no slope is steeper.
    """
    classes = target.shape[1]

    def cost(flat: Floats) -> tuple[float, Floats]:
        found = flat.reshape(-1, classes)
        odds = x @ found
        chances, total = softmax(odds)
        loss = float((total - (odds * target).sum(axis=1)).sum() + (penalty[:, None] * found**2).sum() / 2)
        return loss, (x.T @ (chances - target) + penalty[:, None] * found).ravel()

    found = lowest(cost, np.zeros(x.shape[1] * classes), first=4 / max(len(x), 1), near=near)
    return found.reshape(-1, classes)


def softmax(odds: Floats) -> tuple[Floats, Floats]:
    """Return the share of each class and the logarithm of the sum of exp(odds), row by row, without overflow."""
    top = odds.max(axis=1, keepdims=True)
    share = np.exp(odds - top)
    whole = share.sum(axis=1, keepdims=True)
    return np.asarray(share / whole, dtype=np.float64), np.asarray(np.log(whole) + top, dtype=np.float64)[:, 0]


def lowest(
    cost: Loss, point: Floats, *, first: float, inverse: Floats | None = None, near: float = 1e-6, small: float = 0.0
) -> Floats:
    """Return where a convex loss is lowest: limited-memory BFGS with halved steps (Nocedal 1980; Armijo 1966).

    Args:
        cost: value and slope at a point.
        point: where it starts.
        first: the size of the first step along the slope, where no inverse is given.
        inverse: of the curvature.
        near: it ends where no slope is steeper.
        small: or where no step is longer.
    """
    value, slope = cost(point)
    moves: list[tuple[Floats, Floats]] = []
    for _ in range(_STEPS):
        if np.abs(slope).max() < near:
            break
        step = -_scaled(slope, moves, first, inverse)
        fall, size = float((slope * step).sum()), 1.0
        for _ in range(_HALVINGS):
            after, bend = cost(point + size * step)
            if after <= value + 1e-4 * size * fall:
                break
            if after <= value + _ROUNDING * abs(value) and np.abs(bend).max() < np.abs(slope).max():
                break  # the loss no longer tells, but it is flatter there
            size /= 2
        else:
            break
        change = bend - slope
        point, value, slope = point + size * step, after, bend
        if (step * change).sum() <= 0 or np.abs(size * step).max() < small:  # rounding: no curvature is left to see
            break
        moves = [*moves[1 - _REMEMBERED :], (size * step, change)]
    return point


def _scaled(slope: Floats, moves: list[tuple[Floats, Floats]], first: float, inverse: Floats | None) -> Floats:
    """The slope times the inverse of the curvature, as given or as the last moves have shown."""
    found, shares = slope.copy(), []
    for step, change in reversed(moves):
        share = float((step * found).sum() / (step * change).sum())
        found -= share * change
        shares.append(share)
    if inverse is not None:
        found = np.einsum("ij,j->i", inverse, found)
    elif moves:
        step, change = moves[-1]
        found *= float((step * change).sum() / (change * change).sum())
    else:
        found *= first
    for (step, change), share in zip(moves, reversed(shares), strict=True):
        found += step * (share - float((change * found).sum() / (step * change).sum()))
    return found
