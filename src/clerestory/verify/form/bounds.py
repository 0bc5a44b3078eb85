"""Bounds on what a pack makes a verifier hold in memory: values are counted before JSON is read, not afterwards.

Every value takes a bracket, a brace or a comma to write, so their number is known from the bytes alone.
"""

from clerestory.ledger import canonical
from clerestory.terms.fact import Document

CATALOGUE_VALUES = 500_000
FACT_VALUES = 100_000
"""In the facts of one entry."""


class TooManyValues(canonical.NotCanonical):
    """A document holds more values than one of its kind and of a log of this size can."""


def values_in(data: bytes) -> int:
    """Return a number that the values of a JSON text cannot exceed, however it is nested."""
    return 1 + data.count(b"{") + data.count(b"[") + data.count(b",")


def decode(data: bytes, most: int) -> Document:
    """Read canonical JSON of at most so many values.

    Raises:
        TooManyValues: it holds more; nothing was read.
        NotCanonical: the bytes are not in canonical form.
    """
    count = values_in(data)
    if count > most:
        raise TooManyValues(
            f"A document may hold {count} values, far more than one of a pack of this size does.",
            "Do not use this pack; ask its owner for a new one.",
        )
    return canonical.decode(data)


def manifest_values(members: int) -> int:
    """Return how many values a manifest of so many members may hold."""
    return 1_000 + 8 * members


def opening_values(entries: int) -> int:
    """Return how many values the openings of so many entries may hold."""
    return min(1_000 + 8 * entries, 2_000_000)


def status_values(entries: int) -> int:
    """Return how many values the claimed statuses of a log of so many entries may hold."""
    return min(200_000 + 500 * entries, 2_000_000)


def fact_values(entries: int) -> int:
    """Return how many values the facts of so many entries may hold together."""
    return 2_000_000 + 512 * entries
