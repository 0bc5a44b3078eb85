"""How well one column alone predicts the label: an order of its values learned on half of the rows, tried on the rest.

Learning the order and trying it on the same rows would call every column with many values a giveaway.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.tally import value_text

BINS = 50
"""A number counts by its quantile."""
MOST_CLASSES = 20
"""A label with more values is read as above its median or not."""
Places = NDArray[np.int64]


def positives(label: NDArray[np.generic], positive: str | None) -> tuple[NDArray[np.bool_], NDArray[np.bool_], str]:
    """Return which rows have a label, which of those are positive, and what positive means.

    Without ``positive``: true or 1; of other labels the most frequent; of many numbers those above the median.
    """
    texts = np.array([value_text(item) for item in label.tolist()], dtype=object)
    labelled = np.array([item is not None and item == item for item in label.tolist()], dtype=bool)
    known = {str(text) for text in texts[labelled]}
    if positive is None and known <= {"true", "false", "0", "1"}:
        return labelled, np.isin(texts, ("true", "1")), "true or 1"
    if positive is None and len(known) > MOST_CLASSES and label.dtype == np.float64:
        numbers = label.astype(np.float64)
        centre = float(np.median(numbers[labelled]))
        return labelled, labelled & (numbers > centre), f"above {centre:g}"
    names, counts = np.unique(texts[labelled].astype(str), return_counts=True)
    chosen = positive if positive is not None else str(names[np.argmax(counts)])
    return labelled, labelled & (texts == chosen), chosen


def order_of(values: NDArray[np.generic], positive: NDArray[np.bool_], learned: NDArray[np.bool_]) -> Places:
    """Return for each row the rank of its value by the share of positives among the learned rows with that value.

    Numbers are put into bins at the quantiles of the learned rows, gaps into one of their own; values that the learned
    rows do not have get the rank of their overall share. Shares are drawn to the overall one by one row, so that a
    value seen once does not stand at the end.
    """
    codes = _codes(values, learned)
    size = int(codes.max(initial=0)) + 1
    n = np.bincount(codes[learned], minlength=size)
    hits = np.bincount(codes[learned & positive], minlength=size)
    overall = positive[learned].mean() if learned.any() else 0.5
    shares = np.round((hits + overall) / (n + 1), 12)
    _, ranks = np.unique(shares, return_inverse=True)
    return np.asarray(ranks[codes], dtype=np.int64)


def counted(ranks: Places, positive: NDArray[np.bool_]) -> tuple[Sequence[int], Sequence[int]]:
    """Return rows and positives per rank; ranks that lie next to each other are joined until there are 50 at most."""
    size = int(ranks.max(initial=0)) + 1
    n, hits = np.bincount(ranks, minlength=size), np.bincount(ranks[positive], minlength=size)
    if len(n) > BINS:
        place = np.minimum((np.cumsum(n) - n) * BINS // max(int(n.sum()), 1), BINS - 1)
        n, hits = (np.bincount(place, weights=part, minlength=BINS).astype(np.int64) for part in (n, hits))
    return n.tolist(), hits.tolist()


def _codes(values: NDArray[np.generic], learned: NDArray[np.bool_]) -> Places:
    if values.dtype == np.float64:
        numbers = values.astype(np.float64)
        known = numbers[learned & ~np.isnan(numbers)]
        distinct = np.unique(known)
        cuts = distinct if len(distinct) <= BINS else np.unique(np.quantile(known, np.arange(1, BINS) / BINS))
        return np.where(np.isnan(numbers), len(cuts) + 1, np.searchsorted(cuts, numbers, side="left"))
    _, codes = np.unique(np.array([value_text(item) for item in values.tolist()]), return_inverse=True)
    return np.asarray(codes, dtype=np.int64)
