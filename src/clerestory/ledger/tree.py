"""The Merkle tree of RFC 6962: hashes, incremental growth, roots, inclusion and consistency proofs.

Works on hashes alone; where they are kept is the caller's affair (`NodeReader`). Every length and size that comes
from outside is checked before it is used.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from clerestory.terms.error import ClerestoryError

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()

NodeReader = Callable[[int, int], bytes]
"""``(level, index)`` -> hash of the complete subtree over the leaves ``[index * 2**level, (index + 1) * 2**level)``."""


class ProofMalformed(ClerestoryError):
    """Sizes, positions or hashes cannot belong to any tree."""


class ProofMismatch(ClerestoryError):
    """A proof does not lead to the root that it should lead to."""


def leaf_hash(data: bytes) -> bytes:
    """Return the RFC 6962 leaf hash, ``SHA-256(0x00 || data)``."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the RFC 6962 node hash, ``SHA-256(0x01 || left || right)``."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree: its size and the roots of its complete subtrees, largest first."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.peaks) != self.size.bit_count() or any(len(p) != HASH_SIZE for p in self.peaks):
            raise ProofMalformed(
                f"A frontier of size {self.size} has {len(self.peaks)} peaks.", "Rebuild it from the leaves of the log."
            )

    def root(self) -> bytes:
        """Return the root of the tree, RFC 6962 section 2.1."""
        return _fold(self.peaks) if self.peaks else EMPTY_ROOT

    def append(self, leaf: bytes) -> "Frontier":
        """Return the frontier with one more leaf hash."""
        return self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> "Frontier":
        """Return the frontier with more leaf hashes."""
        return self.grow(leaves)[0]

    def grow(self, leaves: Iterable[bytes]) -> "tuple[Frontier, tuple[list[bytes], ...]]":
        """Return the frontier with more leaf hashes, and the newly complete nodes, a list per level from the leaves up.

        The first new node of level ``k`` has the index ``self.size >> k``.
        """
        peaks = dict(zip(_levels(self.size), self.peaks, strict=True))
        row = list(leaves)
        size = self.size + len(row)
        rows: list[list[bytes]] = []
        while row:
            level = len(rows)
            rows.append(row)
            pending = peaks.pop(level, None)
            line = row if pending is None else [pending, *row]
            if len(line) % 2:
                peaks[level] = line[-1]
            row = [sha256(b"\x01" + left + right).digest() for left, right in zip(line[::2], line[1::2], strict=False)]
        return Frontier(size, tuple(peaks[level] for level in _levels(size))), tuple(rows)


def root(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes, in order."""
    return Frontier().extend(leaves).root()


def nodes_of(leaves: Sequence[bytes]) -> NodeReader:
    """Keep every node over leaf hashes in memory and return the reader of them."""
    _, rows = Frontier().grow(leaves)
    return lambda level, index: rows[level][index]


def inclusion_proof(position: int, size: int, node: NodeReader) -> tuple[bytes, ...]:
    """Return the audit path of a leaf, RFC 6962 section 2.1.1, from the leaf up.

    Raises:
        ProofMalformed: the position is outside the tree.
    """
    _check_position(position, size)
    path: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + split(high - low)
        if position < middle:
            path.append(range_hash(middle, high, node))
            high = middle
        else:
            path.append(range_hash(low, middle, node))
            low = middle
    return tuple(reversed(path))


def consistency_proof(old_size: int, size: int, node: NodeReader) -> tuple[bytes, ...]:
    """Return the proof that the first ``old_size`` leaves are unchanged, RFC 6962 section 2.1.2.

    Raises:
        ProofMalformed: the old size is not between 1 and the size.
    """
    if not 1 <= old_size <= size:
        raise ProofMalformed(
            f"No consistency proof leads from size {old_size} to size {size}.",
            "Ask for one between two checkpoints of one log, the older first.",
        )
    path: list[bytes] = []
    low, high, whole = 0, size, True
    while old_size != high:
        middle = low + split(high - low)
        if old_size <= middle:
            path.append(range_hash(middle, high, node))
            high = middle
        else:
            path.append(range_hash(low, middle, node))
            low, whole = middle, False
    if not whole:
        path.append(range_hash(low, high, node))
    return tuple(reversed(path))


def range_hash(low: int, high: int, node: NodeReader) -> bytes:
    """Return the root over the leaves from ``low`` up to ``high``; a subtree of that width must start at ``low``."""
    peaks: list[bytes] = []
    start = low
    for level in _levels(high - low):
        peaks.append(node(level, start >> level))
        start += 1 << level
    return _fold(peaks)


def verify_inclusion(leaf: bytes, position: int, size: int, proof: Sequence[bytes], expected: bytes) -> None:
    """Check an audit path, RFC 9162 section 2.1.3.2.

    Raises:
        ProofMalformed: a hash has the wrong length, the position is outside, or the proof has the wrong length.
        ProofMismatch: the path leads to another root.
    """
    _check_hashes(leaf, expected, *proof)
    _check_position(position, size)
    inner, border = _decompose(position, size)
    if len(proof) != inner + border:
        raise ProofMalformed(
            f"An inclusion proof has {len(proof)} hashes instead of {inner + border}.", "Ask for the proof again."
        )
    computed = leaf
    for step, sibling in enumerate(proof):
        left = step >= inner or (position >> step) & 1
        computed = node_hash(sibling, computed) if left else node_hash(computed, sibling)
    if computed != expected:
        raise ProofMismatch(
            f"Leaf {position} does not lead to the root of size {size}.",
            "Treat the leaf as not logged and ask whoever gave the proof.",
        )


def verify_consistency(old_size: int, size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Check that the tree of ``old_size`` is the beginning of the tree of ``size``, RFC 9162 section 2.1.4.2.

    Raises:
        ProofMalformed: a size is impossible or a length is wrong; nothing can be proven from an empty tree.
        ProofMismatch: the two trees do not agree.
    """
    _check_hashes(old_root, new_root, *proof)
    if not 1 <= old_size <= size:
        raise ProofMalformed(
            f"No consistency proof leads from size {old_size} to size {size}.",
            "Compare two checkpoints of one log, the older first.",
        )
    if old_size == size:
        if proof:
            raise ProofMalformed("A consistency proof between equal sizes is not empty.", "Ask for the proof again.")
        _expect(old_root, new_root, old_size, size)
        return
    _walk_consistency(old_size, size, proof, old_root, new_root)


def _walk_consistency(old_size: int, size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    inner, border = _decompose(old_size - 1, size)
    shift = (old_size & -old_size).bit_length() - 1
    inner -= shift
    start = 0 if old_size == 1 << shift else 1
    if len(proof) != start + inner + border:
        raise ProofMalformed(
            f"A consistency proof has {len(proof)} hashes instead of {start + inner + border}.",
            "Ask for the proof again.",
        )
    old = new = proof[0] if start else old_root
    mask = (old_size - 1) >> shift
    for step, sibling in enumerate(proof[start:]):
        if step >= inner or (mask >> step) & 1:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
        else:
            new = node_hash(new, sibling)
    _expect(old, old_root, old_size, size)
    _expect(new, new_root, old_size, size)


def _expect(computed: bytes, expected: bytes, old_size: int, size: int) -> None:
    if computed != expected:
        raise ProofMismatch(
            f"The tree of size {size} does not begin with the tree of size {old_size}.",
            "Keep both checkpoints: together they show that the log was rewritten.",
        )


def _decompose(position: int, size: int) -> tuple[int, int]:
    inner = (position ^ (size - 1)).bit_length()
    return inner, (position >> inner).bit_count()


def _check_position(position: int, size: int) -> None:
    if not 0 <= position < size:
        raise ProofMalformed(f"Position {position} is outside a tree of size {size}.", "Use a position of the log.")


def _check_hashes(*hashes: bytes) -> None:
    if any(len(item) != HASH_SIZE for item in hashes):
        raise ProofMalformed("A hash is not 32 bytes long.", "Ask for the proof again.")


def _levels(size: int) -> list[int]:
    return [level for level in range(size.bit_length() - 1, -1, -1) if size >> level & 1]


def split(width: int) -> int:
    """Return the largest power of two below a width of at least 2: where RFC 6962 divides a tree."""
    return 1 << (width - 1).bit_length() - 1


def _fold(peaks: Sequence[bytes]) -> bytes:
    folded = peaks[-1]
    for peak in reversed(peaks[:-1]):
        folded = node_hash(peak, folded)
    return folded
