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

    ``k``: persons of the smallest class of equal quasi-identifiers (Samarati and Sweeney 1998). ``singled_out``: share
    of rows whose class is of one person alone. ``risk``: mean chance to pick the right person, 1 / size of the class.
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


def codes_of(column: Column) -> Codes:
    """Return for each row the number of its value; a missing value equals a missing value."""
    plain = column if column.dtype.kind in "iub" else np.array([str(item) for item in column.tolist()])
    codes: Codes = np.unique(plain, return_inverse=True)[1].astype(np.int64)
    return codes


def classes_of(columns: Sequence[Column]) -> Codes:
    """Return for each row the number of its class of equal values; a missing value equals a missing value.

    Raises:
        NothingToCompare: there is no column or no row.
    """
    if not columns or not len(columns[0]):
        raise NothingToCompare("There is no row or no column to compare people by.", "Name quasi-identifiers.")
    found = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        codes = codes_of(column)
        found = np.unique(found * (int(codes.max()) + 1) + codes, return_inverse=True)[1].astype(np.int64)
    return found


def sizes_of(own: Codes, person: Column | None = None) -> Codes:
    """Return the size of each class: its rows, or its distinct persons where a column says whose a row is."""
    if person is None:
        return np.bincount(own)
    names = codes_of(person)
    pairs = np.unique(own * (int(names.max()) + 1) + names)
    return np.bincount(pairs // (int(names.max()) + 1))


def diversity_of(own: Codes, sensitive: Column) -> tuple[Codes, NDArray[np.float64]]:
    """Return for each class its distinct sensitive values, and exp of their entropy."""
    values = codes_of(sensitive)
    width = int(values.max()) + 1
    pairs, counts = np.unique(own * width + values, return_counts=True)
    classes = pairs // width
    share = counts / np.bincount(own)[classes]
    return np.bincount(classes), np.exp(np.bincount(classes, weights=-share * np.log(share)))


def anonymity(quasi: Sequence[Column], sensitive: Column | None = None, person: Column | None = None) -> Anonymity:
    """Measure the anonymity of a table.

    Args:
        quasi: columns that somebody may know of a person from elsewhere.
        sensitive: column that nobody should learn.
        person: whose row it is; without it each row is a person of its own.

    Raises:
        NothingToCompare: there is no column or no row.
    """
    own = classes_of(quasi)
    sizes = sizes_of(own, person)
    diversity = entropy = None
    if sensitive is not None:
        distinct, spread = diversity_of(own, sensitive)
        diversity, entropy = int(distinct.min()), float(spread.min())
    return Anonymity(
        k=int(sizes.min()),
        classes=len(sizes),
        rows=len(own),
        singled_out=float((sizes[own] == 1).mean()),
        risk=float((1 / sizes[own]).mean()),
        diversity=diversity,
        entropy_diversity=entropy,
    )
