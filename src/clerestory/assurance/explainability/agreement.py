"""How alike two explanations of the same cases are: order, the inputs at the top, and their signs. One row per case."""

from itertools import pairwise

import numpy as np

from clerestory.assurance.explainability.shapley import Floats

_NOTHING = 1e-12


def top_overlap(first: Floats, second: Floats, top: int) -> Floats:
    """Return the Jaccard index of the ``top`` inputs by size of contribution: |both| / |either|.

    Equal sizes at the edge are taken in the order of the inputs, so that equal explanations overlap wholly.
    """
    marked = [_top(contributions, top) for contributions in (first, second)]
    both, either = (marked[0] & marked[1]).sum(axis=1), (marked[0] | marked[1]).sum(axis=1)
    return np.asarray(both / either, dtype=np.float64)


def rank_correlation(first: Floats, second: Floats) -> Floats:
    """Return Spearman's rank correlation of the signed contributions; equal ones share their mean rank.

    Where all contributions of a case are equal there is no order: 1 when that holds for both, otherwise 0.
    """
    ranks = [np.array([_ranks(row) for row in both]).reshape(both.shape) for both in (first, second)]
    one, two = (rank - rank.mean(axis=1, keepdims=True) for rank in ranks)
    spread = np.sqrt((one * one).sum(axis=1) * (two * two).sum(axis=1))
    flat = (one == 0).all(axis=1) & (two == 0).all(axis=1)
    found = np.divide((one * two).sum(axis=1), spread, out=np.zeros(len(spread)), where=spread > 0)
    return np.clip(np.where(flat, 1.0, found), -1.0, 1.0)


def sign_agreement(first: Floats, second: Floats, top: int) -> Floats:
    """Return the share of the ``top`` inputs of the first explanation that have the same sign in the second."""
    marked = _top(first, top)
    signs = [np.where(np.abs(row) <= _NOTHING, 0.0, np.sign(row)) for row in (first, second)]
    same = (signs[0] == signs[1]) & marked
    return np.asarray(same.sum(axis=1) / marked.sum(axis=1), dtype=np.float64)


def _top(contributions: Floats, top: int) -> np.ndarray:
    size = np.where(np.abs(contributions) <= _NOTHING, 0.0, np.abs(contributions))
    order = np.argsort(-size, axis=1, kind="stable")[:, :top]
    marked = np.zeros(contributions.shape, dtype=np.bool_)
    np.put_along_axis(marked, order, True, axis=1)
    return marked


def _ranks(values: Floats) -> Floats:
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    new = np.flatnonzero(np.r_[True, np.diff(ranked) > _NOTHING, True])
    ranks = np.empty(len(values))
    for start, stop in pairwise(new.tolist()):
        ranks[order[start:stop]] = (start + stop - 1) / 2
    return ranks
