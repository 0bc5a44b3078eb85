"""Which cases are alike: nearest neighbours over features that say nothing of the group a person belongs to."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from clerestory.assurance.poisoning.cross_validation import design_matrix
from clerestory.assurance.trial import Table

Floats = npt.NDArray[np.float64]
_BLOCK = 500


def coordinates(table: Table, columns: Sequence[str]) -> Floats:
    """Return cases as points: one standard deviation of a number is as far as one text is from another.

    Of texts the 20 most frequent count; a missing number stands at the mean, and that it is missing is a text.
    """
    parts = []
    for name in columns:
        held = design_matrix([table[name].tolist()])
        is_number = table[name].dtype != object and table[name].dtype != bool
        spread = held[:, 0].std()
        scale = np.full(held.shape[1], np.sqrt(0.5))
        if is_number:
            scale[0] = 1 / spread if spread > 0 else 0.0
        parts.append(held * scale)
    return np.concatenate(parts, axis=1)


def nearest(asked: Floats, pool: Floats, count: int) -> npt.NDArray[np.int64]:
    """Return the places of the nearest cases of the pool for each case asked about; of equally near ones the first."""
    found = [_nearest(asked[start : start + _BLOCK], pool, count) for start in range(0, len(asked), _BLOCK)]
    return np.concatenate(found) if found else np.zeros((0, count), dtype=np.int64)


def _nearest(asked: Floats, pool: Floats, count: int) -> npt.NDArray[np.int64]:
    squared = (asked * asked).sum(axis=1)[:, None] + (pool * pool).sum(axis=1)[None, :] - 2 * asked @ pool.T
    # Rounded, so that equal cases are equally far whatever the order of the sums was.
    return np.argsort(np.round(squared, 9), axis=1, kind="stable")[:, :count].astype(np.int64)
