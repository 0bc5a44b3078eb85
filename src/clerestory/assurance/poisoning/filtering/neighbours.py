"""Labels that the nearest rows contradict, and rows that stand out in their class."""

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.data_quality.inputs.outside import learned, points_of
from clerestory.assurance.poisoning.filtering.labelled import Labelled

Floats = NDArray[np.float64]
_CHUNK = 512
_ROUNDS = 200


def points(data: Labelled) -> Floats:
    """Return a point per row from its features; without any feature all rows are one point."""
    space = {name: learned(data.table[name]) for name in data.features}
    return points_of(space, data.table) if space else np.zeros((len(data), 1))


def disagreement(places: Floats, labels: NDArray[np.int64], neighbours: int) -> Floats:
    """Return the share of each row's nearest other rows that carry another label (Wilson 1972; Paudice et al. 2018).

    Args:
        places: points, n x p.
        labels: label per row.
        neighbours: how many others; at most n - 1 are taken.
    """
    k = min(neighbours, len(places) - 1)
    if k < 1:
        return np.zeros(len(places))
    lengths, found = (places**2).sum(axis=1), np.empty(len(places))
    for start in range(0, len(places), _CHUNK):
        part = places[start : start + _CHUNK]
        squares = lengths[None, :] - 2 * part @ places.T
        squares[np.arange(len(part)), np.arange(start, start + len(part))] = np.inf
        nearest = np.argpartition(squares, k - 1, axis=1)[:, :k]
        found[start : start + _CHUNK] = (labels[nearest] != labels[start : start + _CHUNK, None]).mean(axis=1)
    return found


def spectral_score(places: Floats, labels: NDArray[np.int64]) -> Floats:
    """Return each row's squared share in the main direction of its class (spectral signature, Tran, Li, Madry 2018).

    The points of a class are centred; the score is the squared projection on their first right singular vector,
    divided by its mean over the class, so that classes of any spread can be ranked together.
    """
    found = np.zeros(len(places))
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        centred = places[rows] - places[rows].mean(axis=0)
        if len(rows) < 3 or not centred.any():
            continue
        squares = (centred @ _main_direction(centred.T @ centred)) ** 2
        found[rows] = squares / squares.mean()
    return found


def _main_direction(spread: Floats) -> Floats:
    """The eigenvector of the largest eigenvalue by power iteration, from the column that varies most."""
    direction: Floats = spread[:, int(np.argmax(np.diag(spread)))].copy()
    for _ in range(_ROUNDS):
        direction /= np.linalg.norm(direction)
        direction = spread @ direction
    return direction / np.linalg.norm(direction)
