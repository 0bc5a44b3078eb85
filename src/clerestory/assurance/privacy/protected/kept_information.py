"""What a column still says after a transformation: cells changed, information kept, distance of the distributions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.personal_data.anonymity import Codes

Floats = NDArray[np.float64]
MOST_VALUES = 50
"""Numbers with more distinct values are told apart by so many quantiles of the original."""


@dataclass(frozen=True, slots=True)
class KeptInformation:
    """How much of a column is left.

    ``changed``: share of the rows left whose cell differs. ``kept``: mutual information of the original and the new
    column over the entropy of the original, both over the rows left (1: each value can still be told from the others;
    0: nothing). ``distance``: total variation (Gibbs and Su 2002) of the distribution that the whole original has and
    the one that the new table has, both as coarse as the new one: what leaving rows out and noise did to it.
    """

    changed: float
    kept: float
    distance: float


def kept_information(before: Codes, after: Codes, changed: float, whole: Codes, released: Codes) -> KeptInformation:
    """Measure a column.

    Args:
        before: original value of each row left, as a number.
        after: its new value, as a number.
        changed: share of the rows left whose cell differs.
        whole: value of every original row, as coarse as the new column, as a number.
        released: value of each row of the new table, numbered as ``whole``.
    """
    joint = np.unique(before * (int(after.max(initial=0)) + 1) + after, return_counts=True)[1]
    entropy = _entropy(np.bincount(before))
    shared = entropy + _entropy(np.bincount(after)) - _entropy(joint)
    size = max(int(whole.max(initial=0)), int(released.max(initial=0))) + 1
    first, second = (np.bincount(codes, minlength=size) / max(len(codes), 1) for codes in (whole, released))
    return KeptInformation(
        changed=changed,
        kept=min(max(shared / entropy, 0.0), 1.0) if entropy > 1e-12 else 1.0,
        distance=float(np.abs(first - second).sum() / 2),
    )


def steps_of(numbers: Floats, cuts: Floats) -> Codes:
    """Return which step between cuts each number is in; those that are missing have a step of their own."""
    found = np.searchsorted(cuts, numbers, side="left") + 1
    return np.where(np.isfinite(numbers), found, 0).astype(np.int64)


def cuts_of(numbers: Floats) -> Floats:
    """Return the cuts that tell the values of a column apart, at most at `MOST_VALUES` quantiles."""
    known = numbers[np.isfinite(numbers)]
    distinct = np.unique(known)
    if len(distinct) <= MOST_VALUES:
        return np.asarray(distinct[:-1], dtype=np.float64)
    return np.unique(np.quantile(known, np.arange(1, MOST_VALUES) / MOST_VALUES))


def _entropy(counts: NDArray[np.int64]) -> float:
    share = counts[counts > 0] / max(int(counts.sum()), 1)
    return float(-(share * np.log(share)).sum())
