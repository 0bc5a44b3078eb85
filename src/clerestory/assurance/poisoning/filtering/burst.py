"""Bursts: the same row again and again, perhaps with one value changed."""

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.data_quality.overlap.row_digest import value_digests
from clerestory.assurance.poisoning.filtering.labelled import Labelled

Sizes = NDArray[np.int64]
LEAST = 4
"""So many equal rows are no burst yet."""
OFTEN = 0.9
"""A burst is three times as large as the cluster that so many of the rows lie below."""


def cluster_sizes(data: Labelled) -> tuple[Sizes, Sizes]:
    """Return for each row the size of the largest cluster that it is in, read narrowly and widely; labels do not count.

    Narrowly: rows that are equal but for one and the same column. Widely: a row and all that differ from it in any one
    column. Tables of fewer than three columns have clusters of equal rows only.
    """
    digests = value_digests(data.table, tuple(data.table))
    whole = digests.sum(axis=1, dtype=np.uint64)
    equal, _ = _counts(whole)
    columns = digests.shape[1]
    if columns < 3:
        return equal, equal
    without = [_counts(whole - digests[:, at]) for at in range(columns)]
    narrow = np.max([count for count, _ in without], axis=0)
    around = np.sum([count for count, _ in without], axis=0) - (columns - 1) * equal
    wide = around.copy()
    for _, place in without:
        most = np.zeros(len(place), dtype=np.int64)
        np.maximum.at(most, place, around)
        wide = np.maximum(wide, most[place])
    return np.asarray(narrow, dtype=np.int64), np.asarray(wide, dtype=np.int64)


def burst_evidence(data: Labelled) -> NDArray[np.float64]:
    """Return the size of the cluster of each row where it is a burst, and 0 elsewhere.

    What is natural differs: in a table of few columns many rows are equal. So a cluster is a burst when it has more
    than 4 rows and three times as many as the one that nine rows of ten do not exceed, narrowly or widely read.
    """
    found = np.zeros(len(data))
    for sizes in cluster_sizes(data):
        usual = float(np.quantile(sizes, OFTEN)) if len(sizes) else 0.0
        found = np.maximum(found, np.where(sizes > max(LEAST, 3 * usual), sizes, 0))
    return found


def _counts(digests: NDArray[np.uint64]) -> tuple[Sizes, Sizes]:
    """How often each digest occurs, and the place of its kind."""
    _, place, counts = np.unique(digests, return_inverse=True, return_counts=True)
    return np.asarray(counts[place], dtype=np.int64), np.asarray(place, dtype=np.int64)
