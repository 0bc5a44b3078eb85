"""Digests of rows, so that equal rows and rows that differ in one column alone are found without comparing pairs.

Each value has a digest of 64 bits, taken with the name of its column; a row's digest is their sum. Taking one value out
again gives the digest of the row without that column (the idea of Zobrist 1970). Among 200,000 rows against as many of
20 columns a chance match has a probability below one in a million.
"""

from collections.abc import Iterator, Sequence
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
        texts = [value_text(item) for item in table[column].tolist()]
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


def nearly_shared(rows: Digests, known: Digests) -> Mask:
    """Return which rows occur among known ones but for at most one column; with fewer than two columns none does."""
    found = np.zeros(len(rows), dtype=bool)
    for part, other in zip(_without_one(rows), _without_one(known), strict=True):
        found |= np.isin(part, other)
    return found


def twins(rows: Digests) -> Mask:
    """Return which rows occur more than once."""
    return _repeated(rows.sum(axis=1, dtype=np.uint64))


def near_twins(rows: Digests) -> Mask:
    """Return which rows occur more than once but for at most one column."""
    found = np.zeros(len(rows), dtype=bool)
    for part in _without_one(rows):
        found |= _repeated(part)
    return found


def _repeated(digests: Digests) -> Mask:
    _, place, counts = np.unique(digests, return_inverse=True, return_counts=True)
    repeated: Mask = counts[place] > 1
    return repeated


def _without_one(digests: Digests) -> Iterator[Digests]:
    """The digest of every row with one column left out, for each column."""
    if digests.shape[1] < 2:
        return
    whole = digests.sum(axis=1, dtype=np.uint64)
    for at in range(digests.shape[1]):
        yield whole - digests[:, at]


def _digest(column: str, text: str) -> int:
    name = column.encode()
    data = len(name).to_bytes(4, "little") + name + text.encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little")
