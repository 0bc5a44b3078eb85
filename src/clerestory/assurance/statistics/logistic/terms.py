"""What a plain model is linear in: columns and the products of them that tell; and rows spread over folds."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clerestory.assurance.statistics.logistic.solver import lowest_loss, sigmoid

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
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


def fit(terms: Floats, yes: Flags, *, lone: int, near: float = _NEAR) -> Floats:
    """Return the weights, the intercept last, that maximise the likelihood less half the penalised squares.

    Args:
        terms: n x p, the first ``lone`` of them columns and the rest products.
        yes: the outcome.
        lone: how many are columns.
        near: how flat the loss is where it ends.
    """
    penalty = np.full(terms.shape[1] + 1, _PRODUCT)
    penalty[:lone], penalty[-1] = _LONE, 1e-6
    wide = np.column_stack([terms, np.ones(len(terms))])
    return lowest_loss(wide, yes.astype(np.float64), penalty, near=near)


def chance(terms: Floats, weights: Floats) -> Floats:
    """Return the probability of yes."""
    return sigmoid(terms @ weights[:-1] + weights[-1])


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
