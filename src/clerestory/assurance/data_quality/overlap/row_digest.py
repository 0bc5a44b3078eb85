"""Digests of rows, so that equal rows and rows that differ in one column alone are found without comparing pairs.

Each value has a digest of 64 bits, taken with the name of its column; a row's digest is their sum. Taking one value out
again gives the digest of the row without that column (the idea of Zobrist 1970). Among 200,000 rows against as many of
20 columns a chance match has a probability below one in a million.
"""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.tally import value_text
from clerestory.assurance.trial import Table

Digests = NDArray[np.uint64]
Mask = NDArray[np.bool_]


def value_digests(table: Table, columns: Sequence[str]) -> Digests:
    """Return the digest of every value, rows x columns; equal numbers, texts and gaps of a column have equal ones."""
    rows = len(next(iter(table.values()), ()))
    found = np.empty((rows, len(columns)), dtype=np.uint64)
    for at, column in enumerate(columns):
        known: dict[str, int] = {}
        values = table[column]
        # A truth value comes as a number where another row of its table has none.
        texts = [value_text(item) for item in (values.astype(np.float64) if values.dtype == bool else values).tolist()]
        for text in texts:
            if text not in known:
                known[text] = _digest(column, text)
        found[:, at] = np.array([known[text] for text in texts], dtype=np.uint64)
    return found


def row_digests(table: Table, columns: Sequence[str]) -> Digests:
    """Return the digest of every row."""
    digests: Digests = value_digests(table, columns).sum(axis=1, dtype=np.uint64)
    return digests


def shared(rows: Digests, known: Digests) -> Mask:
    """Return which rows also occur among known ones; both are `value_digests` of the same columns."""
    found: Mask = np.isin(rows.sum(axis=1, dtype=np.uint64), known.sum(axis=1, dtype=np.uint64))
    return found


def nearly_shared(rows: Digests, known: Digests, left_out: Sequence[int]) -> Mask:
    """Return which rows occur among known ones but for at most one of the columns at these places."""
    found = np.zeros(len(rows), dtype=bool)
    for at in left_out:
        found |= np.isin(_without(rows, at), _without(known, at))
    return found


def twins(rows: Digests) -> Mask:
    """Return which rows occur more than once."""
    return _repeated(rows.sum(axis=1, dtype=np.uint64))


def near_twins(rows: Digests, left_out: Sequence[int]) -> Mask:
    """Return which rows occur more than once but for at most one of the columns at these places."""
    found = np.zeros(len(rows), dtype=bool)
    for at in left_out:
        found |= _repeated(_without(rows, at))
    return found


def telling(rows: Digests, most: float) -> tuple[int, ...]:
    """Return the columns without which the rest still tells rows apart: at most this share has a twin in the rest."""
    columns = range(rows.shape[1] if rows.shape[1] > 1 else 0)
    return tuple(at for at in columns if len(rows) and _repeated(_without(rows, at)).mean() <= most)


def _repeated(digests: Digests) -> Mask:
    _, place, counts = np.unique(digests, return_inverse=True, return_counts=True)
    repeated: Mask = counts[place] > 1
    return repeated


def _without(digests: Digests, at: int) -> Digests:
    """The digest of every row with one column left out."""
    found: Digests = digests.sum(axis=1, dtype=np.uint64) - digests[:, at]
    return found


def _digest(column: str, text: str) -> int:
    name = column.encode()
    data = len(name).to_bytes(4, "little") + name + text.encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little")
