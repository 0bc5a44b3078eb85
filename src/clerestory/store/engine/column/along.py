"""One column of one table along the points of its comparisons, added up part by part."""

from collections.abc import Mapping, Sequence

import numpy as np

from clerestory.assurance.tally import (
    Moments,
    NullCounts,
    NullTally,
    RangeCounts,
    RangeTally,
    Request,
    Spread,
    Tally,
    TwoSample,
    TwoSampleTally,
)
from clerestory.store.engine import scalar
from clerestory.store.engine.column.ordered import Counts, Numbers, Ordered, distinct_sorted
from clerestory.store.engine.kind import ColumnUnfit
from clerestory.terms.error import ClerestoryError

Points = Mapping[TwoSample, tuple[Numbers, bool]]
"""The points of each comparison, and whether they are all distinct values of the reference."""


class Along:
    """Counts at and between points, and the one-row counts that are asked beside them."""

    def __init__(self, points: Points, aggregates: Sequence[Request]) -> None:
        """Start without any row."""
        self.points = points
        self.aggregates = list(aggregates)
        self._counts = {request: np.zeros((2, len(at)), dtype=np.int64) for request, (at, _) in points.items()}
        self._outside = {request: np.zeros(2, dtype=np.int64) for request in aggregates}
        self._finite = self._missing = self._infinite = self._nulls = 0
        self._sums = (0.0, 0.0)
        self._ends: tuple[float, float] | None = None
        self._summed = any(isinstance(request, Moments) for request in aggregates)

    def add(self, sample: Ordered, nulls: int) -> None:
        """Count some more rows, given in order, and how many of them are null."""
        self._finite += sample.size
        self._missing += sample.missing
        self._infinite += sample.infinite
        self._nulls += nulls
        for sampled, (at, _) in self.points.items():
            self._counts[sampled] += [sample.before(at, "left"), sample.before(at, "right")]
        for request in self.aggregates:
            if isinstance(request, RangeCounts):
                self._outside[request] += _outside(request, sample)
        if self._summed:
            self._sums = (self._sums[0] + sample.sums()[0], self._sums[1] + sample.sums()[1])
            ends = [end for end in (self._ends, sample.ends()) if end is not None]
            self._ends = (min(low for low, _ in ends), max(high for _, high in ends)) if ends else None

    def spread(self, request: TwoSample) -> Spread:
        """Return the counts at and between the points of a comparison."""
        left, right = self._counts[request]
        between = np.concatenate((left, [self._finite])) - np.concatenate(([0], right))
        return Spread(
            at=tuple((right - left).tolist()),
            between=tuple(between.tolist()),
            missing=self._missing,
            infinite=self._infinite,
        )

    def answers(self) -> dict[Request, Tally | ClerestoryError]:
        """Return the one-row counts."""
        return {request: self._answer(request) for request in self.aggregates}

    def _answer(self, request: Request) -> Tally | ClerestoryError:
        rows = self._finite + self._missing + self._infinite
        match request:
            case NullCounts():
                return NullTally(
                    rows=rows, missing=self._nulls, not_a_number=self._missing - self._nulls, infinite=self._infinite
                )
            case RangeCounts():
                below, above = self._outside[request].tolist()
                return RangeTally(rows=rows, missing=self._missing, infinite=self._infinite, below=below, above=above)
            case Moments():
                return scalar.moments_tally(
                    request.column,
                    rows=rows,
                    missing=self._missing,
                    infinite=self._infinite,
                    sums=self._sums,
                    ends=self._ends,
                )
        return ColumnUnfit(f"Column {request.column!r} is no date or time.", "Name a column of dates or moments.")  # type: ignore[union-attr]


def _outside(request: RangeCounts, sample: Ordered) -> Counts:
    below = 0 if request.minimum is None else int(sample.before(np.array([request.minimum]), "left")[0])
    within = sample.size if request.maximum is None else int(sample.before(np.array([request.maximum]), "right")[0])
    return np.array([below, sample.size - within])


def compared(old: Along, new: Along) -> dict[Request, Tally | ClerestoryError]:
    """Return the comparisons of a column of two tables."""
    return {
        request: TwoSampleTally(
            exact=exact, points=tuple(at.tolist()), reference=old.spread(request), current=new.spread(request)
        )
        for request, (at, exact) in old.points.items()
    }


def reference_points(sample: Ordered, points: int) -> tuple[Numbers, bool]:
    """Return the points of a sample, and whether they are all its distinct values.

    Otherwise they are its values at the ranks ceil(n * k / ``points``), k = 1 .. ``points`` - 1, each once.
    """
    distinct = sample.distinct(points)
    if distinct is not None:
        return distinct, True
    ranks = -(-sample.size * np.arange(1, points, dtype=np.int64) // points)
    return distinct_sorted(sample.at_ranks(ranks)), False
