"""How well an attack tells members from non-members, as counts along its order of suspicion, and what follows.

The cells of a series are counted from the most suspicious row on and cut where a number of non-members is reached, so
that true positives at a rate of false positives, their interval and the area under the curve follow from counts alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.statistics.area import roc_area
from clerestory.assurance.statistics.interval import ALPHA, Interval, critical
from clerestory.assurance.statistics.rate import wilson
from clerestory.assurance.tally import TrialCell

Floats = NDArray[np.float64]
_GRID = 100
_NEEDED = 10
"""Non-members expected beyond the threshold, at least: 1,000 non-members for 1 % and 10,000 for 0.1 %."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Members and non-members per cell of one attack, from the most suspicious cell on."""

    members: tuple[int, ...]
    others: tuple[int, ...]

    @property
    def size(self) -> tuple[int, int]:
        """Members and non-members in all."""
        return sum(self.members), sum(self.others)

    def caught(self, false_alarms: int, *, more: bool = False) -> int:
        """Return the members before more than so many false alarms; with ``more`` rather too many than too few."""
        reached = np.concatenate([[0], np.cumsum(self.others)])
        found = np.concatenate([[0], np.cumsum(self.members)])
        at = np.searchsorted(reached, false_alarms, side="left" if more else "right") - (0 if more else 1)
        # Cells without a non-member belong to the number of false alarms before them.
        if more:
            at = np.searchsorted(reached, reached[min(int(at), len(reached) - 1)], side="right") - 1
        return int(found[min(int(at), len(found) - 1)])

    def area(self, *, z: float | None = None) -> Interval:
        """Return the area under the curve with its interval; the order inside a cell is left open."""
        return roc_area(self.members[::-1], self.others[::-1], exact=False, z=z)


def enough(others: int, rate: float) -> bool:
    """Return whether so many non-members can tell anything about a rate of false positives."""
    return others * rate >= _NEEDED - 1e-9


def true_positives(curve: Curve, rate: float, *, family: int = 1) -> Interval:
    """Return the true positive rate at a false positive rate, with an interval that knows both samples are finite.

    The false positive rate of the threshold at the k-th most suspicious of n non-members is Beta(k, n - k + 1)
    distributed (order statistics, David and Nagaraja 2003). So a stricter k has at most the rate, and a looser one at
    least the rate, with error alpha / 4 each; the Wilson intervals of the members caught by either, at alpha / 2, bound
    the true positive rate. With fewer than 1 / rate non-members nothing but 0 to 1 follows.

    Args:
        curve: the counts.
        rate: false positive rate.
        family: number of series that are compared at once (Bonferroni).
    """
    members, others = curve.size
    z = critical(ALPHA / 2, family)
    strict, middle, loose = false_alarms(others, rate, family=family)
    value = wilson(curve.caught(middle), members).value
    low = 0.0 if strict is None else wilson(curve.caught(strict), members, z=z).low
    high = 1.0 if loose is None else wilson(curve.caught(loose, more=True), members, z=z).high
    return Interval.around(value, low, high)


def false_alarms(others: int, rate: float, *, family: int = 1) -> tuple[int | None, int, int | None]:
    """Return the numbers of false alarms of the strict, the plain and the loose threshold; None where there is none."""
    from scipy.special import bdtr

    error = ALPHA / family / 4
    counts = np.arange(others + 1)
    at_most = np.asarray(bdtr(counts, others, rate), dtype=np.float64)
    # s > X_(k) has k - 1 false alarms: strict while P(Bin <= k - 1) <= error, loose once P(Bin >= k) <= error.
    strict = np.flatnonzero(at_most <= error)
    loose = np.flatnonzero(1 - at_most <= error)
    return (
        int(strict[-1]) if len(strict) else None,
        int(np.floor(rate * others + 1e-9)),
        int(loose[0]) if len(loose) and loose[0] < others else None,
    )


def count(
    name: tuple[str, ...], scores: Floats, member: NDArray[np.bool_], rates: Iterable[float], *, seed: int, family: int
) -> list[TrialCell]:
    """Return the cells of one series: rows and, as hits, members; equal scores are ordered by chance.

    Args:
        name: what the kinds of the cells begin with.
        scores: the higher, the more the row looks like a member.
        member: whether it is one.
        rates: false positive rates at which the counts must be exact.
        seed: decides the order of equal scores.
        family: number of series that are compared at once.
    """
    order = np.lexsort((np.random.default_rng(seed).random(len(scores)), -scores))
    ranked = member[order]
    others = int((~ranked).sum())
    cuts = {round(others * at / _GRID) for at in range(_GRID)}
    for rate in rates:
        cuts.update(item for item in false_alarms(others, rate, family=family) if item is not None)
    passed = np.cumsum(~ranked)
    # The cell of a cut j ends just before the (j + 1)-th non-member.
    ends = sorted({int(np.searchsorted(passed, cut + 1)) for cut in cuts} | {len(ranked)})
    starts = [0, *ends[:-1]]
    return [
        TrialCell(kind=(*name, f"{at:04d}"), n=end - start, hits=int(ranked[start:end].sum()))
        for at, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]


def curve_of(cells: Sequence[TrialCell]) -> Curve:
    """Return the curve that the cells of one series make, in their order."""
    return Curve(tuple(cell.hits for cell in cells), tuple(cell.n - cell.hits for cell in cells))
