"""The numbers of one column in sorted blocks: exact ranks and counts without ever sorting the whole column.

A block fits the processor's cache, so that a row costs the same in a table of one million and of fifty.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]
BLOCK = 1 << 20
_STEP = 32
"""Every so many numbers of a block are looked at to find where a rank lies."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """A sample in ascending blocks without what is no finite number; that is only counted."""

    blocks: tuple[Numbers, ...]
    missing: int
    infinite: int

    @property
    def size(self) -> int:
        """How many finite numbers there are."""
        return sum(map(len, self.blocks))

    def before(self, points: Numbers, side: str) -> Counts:
        """Return how many numbers are below each point (``left``), or not above it (``right``)."""
        counts = np.zeros(len(points), dtype=np.int64)
        for block in self.blocks:
            counts += np.searchsorted(block, points, side)  # type: ignore[call-overload]
        return counts

    def distinct(self, most: int) -> Numbers | None:
        """Return each number once, ascending; None where there are more than ``most``."""
        found: Numbers = np.empty(0)
        for block in self.blocks:
            if len(distinct_sorted(block[:: max(len(block) // (4 * most), 1)])) > most:
                return None
            found = np.union1d(found, distinct_sorted(block))
            if len(found) > most:
                return None
        return found

    def at_ranks(self, ranks: Counts) -> Numbers:
        """Return the numbers at some ranks, from 1, as sorting the whole sample would give them."""
        if len(self.blocks) == 1:
            return self.blocks[0][ranks - 1]
        low, high = _brackets(self.blocks, ranks)
        found = low.copy()
        upper = self.before(high, "left") < ranks
        found[upper] = high[upper]
        inside = np.flatnonzero((low < high) & ~upper & (self.before(low, "right") < ranks))
        if len(inside):
            found[inside] = self._between(low[inside], high[inside], ranks[inside])
        return found

    def _between(self, low: Numbers, high: Numbers, ranks: Counts) -> Numbers:
        """Return the numbers at some ranks, each known to lie strictly between two numbers."""
        first = np.concatenate(([True], low[1:] >= np.maximum.accumulate(high)[:-1]))
        apart = np.cumsum(first) - 1
        low, high = low[first], np.maximum.reduceat(high, np.flatnonzero(first))
        before = np.zeros(len(low), dtype=np.int64)
        near = []
        for block in self.blocks:
            start, end = np.searchsorted(block, low, "right"), np.searchsorted(block, high, "left")
            before += start
            sizes = end - start
            shift = np.repeat(start - (np.cumsum(sizes) - sizes), sizes)
            near.append(block[shift + np.arange(len(shift))])
        gathered = np.sort(np.concatenate(near))
        place = np.searchsorted(gathered, low, "right") - before
        found: Numbers = gathered[place[apart] + ranks - 1]
        return found

    def ends(self) -> tuple[float, float] | None:
        """Return the smallest and the largest number; None without any."""
        there = [block for block in self.blocks if len(block)]
        if not there:
            return None
        return float(min(block[0] for block in there)), float(max(block[-1] for block in there))

    def sums(self) -> tuple[float, float]:
        """Return the sum of the numbers and of their squares."""
        with np.errstate(over="ignore"):
            total = sum(float(block.sum()) for block in self.blocks)
            return total, sum(float(np.dot(block, block)) for block in self.blocks)


def _brackets(blocks: tuple[Numbers, ...], ranks: Counts) -> tuple[Numbers, Numbers]:
    """Return for each rank two numbers between which, both included, the number of that rank lies.

    At most j * step + blocks * (step - 1) numbers are below the j-th (from 0) of the numbers looked at, and at least
    (j + 1) * step are not above it; so few numbers lie strictly between the two.
    """
    looked = np.concatenate([block[_STEP - 1 :: _STEP] for block in blocks])
    looked.sort()
    ends = [block[[0, -1]] for block in blocks if len(block)]
    known = np.concatenate(([min(end[0] for end in ends)], looked, [max(end[1] for end in ends)]))
    below = (ranks - 1 - len(blocks) * (_STEP - 1)) // _STEP
    above = -(-ranks // _STEP) - 1
    return known[np.maximum(below, -1) + 1], known[np.minimum(above, len(looked)) + 1]


def distinct_sorted(numbers: Numbers) -> Numbers:
    """Return each value of a sorted sample once."""
    if not len(numbers):
        return numbers
    return numbers[np.concatenate(([True], numbers[1:] != numbers[:-1]))]


def in_blocks(numbers: Numbers, block: int = BLOCK) -> Ordered:
    """Sort a sample in place, block by block; NaN and null are missing."""
    blocks: list[Numbers] = []
    missing = infinite = 0
    for start in range(0, max(len(numbers), 1), block):
        part = numbers[start : start + block]
        part.sort()
        low = int(np.searchsorted(part, -np.inf, "right"))
        high, end = (int(np.searchsorted(part, np.inf, side)) for side in ("left", "right"))
        missing += len(part) - end
        infinite += low + end - high
        if high > low or not blocks:
            blocks.append(part[low:high])
    return Ordered(tuple(blocks), missing, infinite)
