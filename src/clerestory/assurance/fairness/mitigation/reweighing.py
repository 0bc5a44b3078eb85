"""Weights with which a group and a label are independent in the training data."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from clerestory.terms.error import ClerestoryError

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class NotReweighable(ClerestoryError):
    """A group lacks one of the two labels, so that no weight makes them independent."""


def weights(groups: Sequence[str], positive: Flags) -> Floats:
    """Return the weight of each row: P(group) P(label) / P(group and label) (Kamiran and Calders 2012, algorithm 3).

    Weighted, each group has the share of positive labels of all rows; the sum of the weights is the number of rows.

    Args:
        groups: the group of each row.
        positive: whether its label is positive.

    Raises:
        NotReweighable: a group has only one of the two labels, or there is no row.
    """
    names = np.array(groups, dtype=object).astype(str)
    if not len(names):
        raise NotReweighable("There is no row to weigh.", "Give labelled rows.")
    found = np.zeros(len(names))
    for name in np.unique(names).tolist():
        member = names == name
        for label in (True, False):
            both = member & (positive == label)
            if not both.any():
                raise NotReweighable(
                    f"In the training data nobody of {name!r} has the {'positive' if label else 'negative'} label.",
                    "Put small groups together, or give more training data.",
                )
            found[both] = member.sum() * (positive == label).sum() / (len(names) * both.sum())
    return found
