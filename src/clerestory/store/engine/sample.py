"""Two samples of one column along the same points: numbers and times by rank, everything else by category."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.tally import (
    MISSING,
    Moments,
    NullCounts,
    NullTally,
    RangeCounts,
    RangeTally,
    Request,
    Spread,
    Tally,
    TwoCategoryTally,
    TwoSample,
    TwoSampleTally,
)
from clerestory.assurance.tally.request import CURRENT, REFERENCE
from clerestory.store.engine import scalar
from clerestory.store.engine.cube import largest_cells, text_cells
from clerestory.store.engine.kind import DATE, MOMENT, NUMERIC, SECONDS, Columns, ColumnUnfit
from clerestory.store.engine.protocol import Lazy, N, Step, Table
from clerestory.terms.error import ClerestoryError

CATEGORIES = 1_000
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sorted:
    """A sample in ascending order without what is no finite number; that is only counted."""

    finite: Numbers
    missing: int
    infinite: int


def is_measured(request: TwoSample, columns: Columns) -> bool:
    """Return whether a column is compared as numbers rather than as categories."""
    return columns.require(request.column) in (*NUMERIC, DATE, MOMENT)


def count_column(
    column: str, samples: Sequence[TwoSample], aggregates: Sequence[Request], tables: Mapping[str, Table]
) -> Step:
    """Answer all that is asked of one column of numbers, read once from each table and sorted once."""
    answers: dict[Request, Tally | ClerestoryError] = {}
    ordered: dict[str, Sorted] = {}
    for data in (REFERENCE, CURRENT):
        tables[data].columns.require(column, *NUMERIC, DATE, MOMENT)
    for data in (REFERENCE, CURRENT):
        columns = tables[data].columns
        beside = () if columns.kinds[column] in NUMERIC else (SECONDS + column,)
        (table,) = yield [tables[data].frame.select(column, *beside)]
        numbers = np.array(table.select(columns.raw_number(column).alias(column))[column].to_numpy(), dtype=np.float64)
        ordered[data] = in_order(numbers)
        asked = [request for request in aggregates if request.data == data]  # type: ignore[union-attr]
        if columns.kinds[column] in NUMERIC:
            nulls = int(table[column].null_count())
            answers |= {request: _from_order(request, ordered[data], nulls) for request in asked}
        else:
            answers |= scalar.answer(asked, columns, table)
    return answers | two_samples(samples, ordered[REFERENCE], ordered[CURRENT])


def _from_order(request: Request, sample: Sorted, nulls: int) -> Tally | ClerestoryError:
    """Answer a one-row count of a numeric column from its sorted values."""
    finite = sample.finite
    rows = len(finite) + sample.missing + sample.infinite
    match request:
        case NullCounts():
            return NullTally(rows=rows, missing=nulls, not_a_number=sample.missing - nulls, infinite=sample.infinite)
        case RangeCounts(minimum=low, maximum=high):
            below = 0 if low is None else int(np.searchsorted(finite, low, "left"))
            above = 0 if high is None else len(finite) - int(np.searchsorted(finite, high, "right"))
            return RangeTally(rows=rows, missing=sample.missing, infinite=sample.infinite, below=below, above=above)
        case Moments():
            with np.errstate(over="ignore"):
                sums = float(finite.sum()), float(np.dot(finite, finite))
            return scalar.moments_tally(
                request.column,
                rows=rows,
                missing=sample.missing,
                infinite=sample.infinite,
                sums=sums,
                ends=(float(finite[0]), float(finite[-1])) if len(finite) else None,
            )
    return ColumnUnfit(f"Column {request.column!r} is no date or time.", "Name a column of dates or moments.")  # type: ignore[union-attr]


def two_samples(requests: Sequence[TwoSample], reference: Sorted, current: Sorted) -> dict[Request, Tally]:
    """Count two samples of one column at and between points of the reference."""
    answers: dict[Request, Tally] = {}
    for request in requests:
        points, exact = reference_points(reference.finite, request.points)
        answers[request] = TwoSampleTally(
            exact=exact,
            points=tuple(points.tolist()),
            reference=_spread(reference, points),
            current=_spread(current, points),
        )
    return answers


def reference_points(finite: Numbers, points: int) -> tuple[Numbers, bool]:
    """Return the points of a sorted sample, and whether they are all its distinct values.

    Otherwise they are its values at the ranks ceil(n * k / ``points``), k = 1 .. ``points`` - 1, each once.
    """
    few = len(distinct_sorted(finite[:: max(len(finite) // (4 * points), 1)])) <= points
    if few and len(distinct := distinct_sorted(finite)) <= points:
        return distinct, True
    ranks = -(-len(finite) * np.arange(1, points, dtype=np.int64) // points)
    return distinct_sorted(finite[ranks - 1]), False


def distinct_sorted(numbers: Numbers) -> Numbers:
    """Return each value of a sorted sample once."""
    if not len(numbers):
        return numbers
    return numbers[np.concatenate(([True], numbers[1:] != numbers[:-1]))]


def in_order(numbers: Numbers) -> Sorted:
    """Sort a sample in place; NaN and null are missing."""
    numbers.sort()
    low = int(np.searchsorted(numbers, -np.inf, "right"))
    high, end = (int(np.searchsorted(numbers, np.inf, side)) for side in ("left", "right"))
    return Sorted(numbers[low:high], missing=len(numbers) - end, infinite=low + end - high)


def _spread(sample: Sorted, points: Numbers) -> Spread:
    left, right = (np.searchsorted(sample.finite, points, side) for side in ("left", "right"))
    ends = np.concatenate((left, [len(sample.finite)]))
    starts = np.concatenate(([0], right))
    return Spread(
        at=tuple((right - left).tolist()),
        between=tuple((ends - starts).tolist()),
        missing=sample.missing,
        infinite=sample.infinite,
    )


def compare_categories(
    requests: Sequence[TwoSample], reference: Columns, current: Columns, reference_frame: Lazy, current_frame: Lazy
) -> Step:
    """Count both samples of one column per category; beyond 1,000 the largest of the reference are named."""
    column = requests[0].column
    by = (column,)
    for columns in (reference, current):
        if columns.require(column) in (*NUMERIC, DATE, MOMENT):
            raise ColumnUnfit(
                f"Column {column!r} is {columns.kinds[column]} in the {columns.data} data only.",
                "Write both with the same type.",
            )
    limit = CATEGORIES + 2
    first, second, first_rows, second_rows = yield [
        largest_cells(by, reference, reference_frame, limit),
        largest_cells(by, current, current_frame, limit),
        reference_frame.select(nw.len().alias(N)),
        current_frame.select(nw.len().alias(N)),
    ]
    old, new = text_cells(first, by, limit), text_cells(second, by, limit)
    names = sorted({group[0] for group in (*old, *new)} - {MISSING})
    if len(names) > CATEGORIES:
        largest = sorted((cell for cell in old if cell[0] != MISSING), key=lambda cell: (-old[cell], cell))[:CATEGORIES]
        names = sorted(cell[0] for cell in largest)
        text = nw.col(column).cast(nw.String)
        (found,) = yield [current_frame.filter(text.is_in(names) | text.is_null()).group_by(*by).agg(nw.len().alias(N))]
        new = text_cells(found, by, None)
    old_counts, new_counts = ([cells.get((name,), 0) for name in names] for cells in (old, new))
    old_missing, new_missing = old.get((MISSING,), 0), new.get((MISSING,), 0)
    tally = TwoCategoryTally(
        categories=tuple(names),
        reference=tuple(old_counts),
        current=tuple(new_counts),
        reference_missing=old_missing,
        current_missing=new_missing,
        reference_other=int(first_rows[N][0]) - sum(old_counts) - old_missing,
        current_other=int(second_rows[N][0]) - sum(new_counts) - new_missing,
    )
    return dict.fromkeys(requests, tally)
