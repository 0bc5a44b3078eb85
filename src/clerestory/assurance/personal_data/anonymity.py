"""How far a table hides its people among each other: k-anonymity, l-diversity, the chance to single somebody out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clerestory.terms.error import ClerestoryError

Codes = NDArray[np.int64]
Column = NDArray[np.generic]


class NothingToCompare(ClerestoryError):
    """A table has no rows, or no column is named."""


@dataclass(frozen=True, slots=True)
class Anonymity:
    """What somebody who knows the quasi-identifiers of a person can do with a table.

    ``k``: rows of the smallest class of equal quasi-identifiers (Samarati and Sweeney 1998). ``singled_out``: share of
    rows that stand alone. ``risk``: mean chance to pick the right row, 1 / size of its class, which is classes / rows.
    ``diversity``: fewest distinct values of the sensitive column in a class (Machanavajjhala et al. 2007), and
    ``entropy_diversity`` exp of the smallest entropy; None where no sensitive column is named.
    """

    k: int
    classes: int
    rows: int
    singled_out: float
    risk: float
    diversity: int | None = None
    entropy_diversity: float | None = None


def classes_of(columns: Sequence[Column]) -> Codes:
    """Return for each row the number of its class of equal values; a missing value equals a missing value.

    Raises:
        NothingToCompare: there is no column or no row.
    """
    if not columns or not len(columns[0]):
        raise NothingToCompare("There is no row or no column to compare people by.", "Name quasi-identifiers.")
    found = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        codes = np.unique(np.array([str(item) for item in column.tolist()]), return_inverse=True)[1]
        found = np.unique(found * (int(codes.max()) + 1) + codes, return_inverse=True)[1].astype(np.int64)
    return found


def anonymity(quasi: Sequence[Column], sensitive: Column | None = None) -> Anonymity:
    """Measure the anonymity of a table whose rows are one person each.

    Args:
        quasi: columns that somebody may know of a person from elsewhere.
        sensitive: column that nobody should learn.

    Raises:
        NothingToCompare: there is no column or no row.
    """
    own = classes_of(quasi)
    sizes = np.bincount(own)
    diversity = entropy = None
    if sensitive is not None:
        values = np.unique(np.array([str(item) for item in sensitive.tolist()]), return_inverse=True)[1]
        table = np.zeros((len(sizes), int(values.max()) + 1))
        np.add.at(table, (own, values), 1)
        share = table / sizes[:, None]
        diversity = int((table > 0).sum(axis=1).min())
        entropy = float(np.exp((-(share * np.log(np.where(share > 0, share, 1.0))).sum(axis=1)).min()))
    return Anonymity(
        k=int(sizes.min()),
        classes=len(sizes),
        rows=len(own),
        singled_out=float((sizes[own] == 1).mean()),
        risk=len(sizes) / len(own),
        diversity=diversity,
        entropy_diversity=entropy,
    )
