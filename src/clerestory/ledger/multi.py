"""One proof for many leaves at once: every hash that the leaves do not give themselves, once, from left to right.

Proves inclusion only. Whoever needs to know that nothing was left out needs the whole log.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from clerestory.ledger.tree import HASH_SIZE, NodeReader, ProofMalformed, ProofMismatch, node_hash, range_hash, split

_REMEDY = "Ask for the proof again."


def multi_proof(positions: Sequence[int], size: int, node: NodeReader) -> tuple[bytes, ...]:
    """Return the proof for leaves at these positions.

    Raises:
        ProofMalformed: there are none, or one is outside the tree.
    """
    wanted = sorted(set(positions))
    _check(wanted, size)
    return tuple(range_hash(low, high, node) for low, high in _gaps(wanted, 0, size))


def verify_multi(leaves: Mapping[int, bytes], size: int, proof: Sequence[bytes], expected: bytes) -> None:
    """Check a proof for leaf hashes by position.

    Raises:
        ProofMalformed: a position or a length is impossible.
        ProofMismatch: the leaves do not lead to the root.
    """
    wanted = sorted(leaves)
    _check(wanted, size)
    if any(len(item) != HASH_SIZE for item in (*leaves.values(), *proof, expected)):
        raise ProofMalformed("A hash is not 32 bytes long.", _REMEDY)
    rest = iter(proof)
    computed = _climb(leaves, wanted, 0, size, rest)
    if next(rest, None) is not None:
        raise ProofMalformed("A proof for many leaves is too long.", _REMEDY)
    if computed != expected:
        raise ProofMismatch(
            f"These {len(wanted)} leaves do not lead to the root of size {size}.",
            "Treat them as not logged and ask whoever gave the proof.",
        )


def _gaps(wanted: Sequence[int], low: int, high: int) -> Iterator[tuple[int, int]]:
    start, end = bisect_left(wanted, low), bisect_left(wanted, high)
    if start == end:
        yield low, high
    elif high - low > 1 and end - start < high - low:
        middle = low + split(high - low)
        yield from _gaps(wanted, low, middle)
        yield from _gaps(wanted, middle, high)


def _climb(leaves: Mapping[int, bytes], wanted: Sequence[int], low: int, high: int, rest: Iterator[bytes]) -> bytes:
    if bisect_left(wanted, low) == bisect_left(wanted, high):
        found = next(rest, None)
        if found is None:
            raise ProofMalformed("A proof for many leaves is too short.", _REMEDY)
        return found
    if high - low == 1:
        return leaves[low]
    middle = low + split(high - low)
    left = _climb(leaves, wanted, low, middle, rest)
    return node_hash(left, _climb(leaves, wanted, middle, high, rest))


def _check(wanted: Sequence[int], size: int) -> None:
    if not wanted or not 0 <= wanted[0] or wanted[-1] >= size:
        raise ProofMalformed(f"There is no proof for these positions in a tree of size {size}.", "Use positions in it.")
