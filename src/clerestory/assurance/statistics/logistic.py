"""A plain model of a yes-or-no outcome: logistic regression with a ridge penalty, over columns and their products."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
_STEPS, _HALVINGS, _REMEMBERED = 200, 30, 10
_NEAR = 1e-3
"""A slope so flat, against rows that each pull by up to 1, moves no weight that matters."""
_LONE, _PRODUCT = 1.0, 5.0
"""Penalties of a column and of a product, on the scale of one standard deviation: as if so many rows said nothing."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a model is linear in: all columns and some products, each on the scale of the rows it was chosen from."""

    centre: Floats
    scale: Floats
    pairs: npt.NDArray[np.int64]
    product_centre: Floats
    product_scale: Floats

    def of(self, columns: Floats) -> Floats:
        """Return the terms of rows."""
        plain = (columns - self.centre) / self.scale
        products = plain[:, self.pairs[:, 0]] * plain[:, self.pairs[:, 1]]
        return np.concatenate([plain, (products - self.product_centre) / self.product_scale], axis=1)


def choose_terms(columns: Floats, yes: Flags, *, products: int) -> Terms:
    """Choose the products of two columns, or of one with itself, whose mean differs most between yes and no.

    By the difference over its standard error (sure screening: Fan and Lv 2008), of rows that the model is trained on.

    Args:
        columns: finite numbers, n x p.
        yes: the outcome; both must occur.
        products: how many at most.
    """
    centre, spread = columns.mean(axis=0), columns.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    plain = (columns - centre) / scale
    squares = plain * plain
    n, ups = len(plain), int(yes.sum())
    first, second = plain[yes].T @ plain[yes] / ups, plain[~yes].T @ plain[~yes] / (n - ups)
    mean = plain.T @ plain / n
    spread = np.maximum(squares.T @ squares / n - mean * mean, 0.0)
    known = np.triu(spread > 1e-9)  # the square of a column of two values says nothing that it does not say itself
    for at in range(plain.shape[1]):
        known[at, at] = known[at, at] and len(np.unique(columns[:, at])) > 2
    strength = np.divide(np.abs(first - second), np.sqrt(spread), out=np.zeros_like(mean), where=known)
    order = np.argsort(-strength, axis=None, kind="stable")[:products]
    order = order[strength.ravel()[order] > 0]
    pairs = np.stack(np.unravel_index(order, strength.shape), axis=1)
    chosen = plain[:, pairs[:, 0]] * plain[:, pairs[:, 1]]
    return Terms(centre, scale, pairs, chosen.mean(axis=0), chosen.std(axis=0))


def fit(terms: Floats, yes: Flags, *, lone: int) -> Floats:
    """Return the weights, the intercept last, that maximise the likelihood less half the penalised squares.

    Args:
        terms: n x p, the first ``lone`` of them columns and the rest products.
        yes: the outcome.
        lone: how many are columns.
    """
    target = yes.astype(np.float64)
    penalty = np.full(terms.shape[1] + 1, _PRODUCT)
    penalty[:lone], penalty[-1] = _LONE, 1e-6

    def cost(weights: Floats) -> tuple[float, Floats]:
        # By einsum, in one thread: hundreds of products this small are slower by far where threads wait for a core.
        line = np.einsum("ij,j->i", terms, weights[:-1]) + weights[-1]
        loss = float((np.logaddexp(0.0, line) - line * target).sum() + (penalty * weights**2).sum() / 2)
        excess = 0.5 * (1 + np.tanh(line / 2)) - target
        return loss, np.append(np.einsum("i,ij->j", excess, terms), excess.sum()) + penalty * weights

    return _lowest(cost, np.zeros(len(penalty)), first=4 / len(terms))


def _lowest(cost: Callable[[Floats], tuple[float, Floats]], point: Floats, *, first: float) -> Floats:
    """Where a convex cost is lowest: limited-memory BFGS with halved steps (Nocedal 1980; Armijo 1966).

    ``first`` is the size of the first step along the slope.
    """
    value, slope = cost(point)
    moves: list[tuple[Floats, Floats]] = []
    for _ in range(_STEPS):
        if np.abs(slope).max() < _NEAR:
            break
        step = -_scaled(slope, moves, first)
        fall, size = float((slope * step).sum()), 1.0
        for _ in range(_HALVINGS):
            after, bend = cost(point + size * step)
            if after <= value + 1e-4 * size * fall:
                break
            size /= 2
        else:
            break
        change = bend - slope
        point, value, slope = point + size * step, after, bend
        if (step * change).sum() <= 0:  # rounding: no curvature is left to see
            break
        moves = [*moves[1 - _REMEMBERED :], (size * step, change)]
    return point


def _scaled(slope: Floats, moves: list[tuple[Floats, Floats]], first: float) -> Floats:
    """The slope times the inverse of the curvature that the last moves have shown."""
    found, shares = slope.copy(), []
    for step, change in reversed(moves):
        share = float((step * found).sum() / (step * change).sum())
        found -= share * change
        shares.append(share)
    scale = first
    if moves:
        step, change = moves[-1]
        scale = float((step * change).sum() / (change * change).sum())
    found *= scale
    for (step, change), share in zip(moves, reversed(shares), strict=True):
        found += step * (share - float((change * found).sum() / (step * change).sum()))
    return found


def chance(terms: Floats, weights: Floats) -> Floats:
    """Return the probability of yes."""
    line = terms @ weights[:-1] + weights[-1]
    return np.asarray(0.5 * (1 + np.tanh(line / 2)), dtype=np.float64)


def folds_of(strata: npt.NDArray[np.int64], folds: int, draw: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return the fold of each row: each stratum is spread evenly over the folds."""
    part = np.zeros(len(strata), dtype=np.int64)
    for stratum in np.unique(strata):
        rows = draw.permutation(np.flatnonzero(strata == stratum))
        part[rows] = (np.arange(len(rows)) + draw.integers(folds)) % folds
    return part


def average_ranks(values: Floats) -> Floats:
    """Return the rank of each value from 0 to 1, in the middle of its equals."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2
    ranks: Floats = (middle / len(values))[place]
    return ranks
