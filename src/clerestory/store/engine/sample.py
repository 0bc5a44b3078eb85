"""Two samples of one column along the same points: numbers and times by rank, everything else by category."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.tally import (
    MISSING,
    CategoryCounts,
    CategoryTally,
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
from clerestory.store.engine.cube import count_categories, largest_cells, text_cells
from clerestory.store.engine.kind import DATE, MOMENT, NUMERIC, SECONDS, Columns, ColumnUnfit
from clerestory.store.engine.protocol import Asked, Frame, Given, N, Step, Table
from clerestory.terms.error import ClerestoryError

CATEGORIES = 1_000
_NULLS = "clerestory:nulls"
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
    """Answer all that is asked of one column of numbers, read once from each table and sorted once.

    The reference is gone before the current data is read: one column of one table is in memory at a time.
    """
    answers: dict[Request, Tally | ClerestoryError] = {}
    for data in (REFERENCE, CURRENT):
        tables[data].columns.require(column, *NUMERIC, DATE, MOMENT)
    points: dict[TwoSample, tuple[Numbers, bool]] = {}
    spreads: dict[str, dict[TwoSample, Spread]] = {}
    for data in (REFERENCE, CURRENT):
        asked = [request for request in aggregates if request.data == data]  # type: ignore[union-attr]
        sample, found = yield from _in_order(column, asked, tables[data])
        answers |= found
        if data == REFERENCE:
            points = {request: reference_points(sample.finite, request.points) for request in samples}
        spreads[data] = {request: _spread(sample, points[request][0]) for request in samples}
        del sample
    for request, (at, exact) in points.items():
        old, new = spreads[REFERENCE][request], spreads[CURRENT][request]
        answers[request] = TwoSampleTally(exact=exact, points=tuple(at.tolist()), reference=old, current=new)
    return answers


def _in_order(
    column: str, aggregates: Sequence[Request], table: Table
) -> Generator[Asked, Given, tuple[Sorted, Mapping[Request, Tally | ClerestoryError]]]:
    """Bring one column of one table in ascending order, and answer one-row counts of it on the way."""
    columns = table.columns
    if columns.kinds[column] not in NUMERIC:
        (times,) = yield [table.frame.select(column, SECONDS + column)]
        answers = scalar.answer(aggregates, columns, times)
        return in_order(np.array(times[SECONDS + column].to_numpy(), dtype=np.float64)), answers
    if table.numbers is not None:
        numbers, nulls = table.numbers(column)
    else:
        (cells,) = yield [table.frame.select(column)]
        nulls = int(cells[column].null_count())
        numbers = np.array(cells.select(columns.raw_number(column).alias(column))[column].to_numpy(), dtype=np.float64)
        del cells
    sample = in_order(numbers)
    return sample, {request: _from_order(request, sample, nulls) for request in aggregates}


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
    requests: Sequence[TwoSample], beside: Sequence[CategoryCounts | NullCounts], tables: Mapping[str, Table]
) -> Step:
    """Count both samples of one column per category; beyond 1,000 the largest of the reference are named.

    Answers from the same cells what is asked ``beside`` of the column in one of the tables.
    """
    column = requests[0].column
    for table in (tables[REFERENCE], tables[CURRENT]):
        if table.columns.require(column) in (*NUMERIC, DATE, MOMENT):
            raise ColumnUnfit(
                f"Column {column!r} is {table.columns.kinds[column]} in the {table.columns.data} data only.",
                "Write both with the same type.",
            )
    nothing = nw.col(column).is_null().cast(nw.Int64).sum().alias(_NULLS)
    first, second, *wholes = yield [
        *(
            largest_cells((column,), tables[of].columns, tables[of].frame, CATEGORIES + 2)
            for of in (REFERENCE, CURRENT)
        ),
        *(tables[of].frame.select(nw.len().alias(N), nothing) for of in (REFERENCE, CURRENT)),
    ]
    cells = {of: _named(table, column) for of, table in zip((REFERENCE, CURRENT), (first, second), strict=True)}
    rows = {of: int(table[N][0]) for of, table in zip(cells, wholes, strict=True)}
    nulls = {of: scalar.whole(table[_NULLS][0]) for of, table in zip(cells, wholes, strict=True)}
    answers: dict[Request, Tally | ClerestoryError] = {}
    for request in beside:
        of, known = request.data, cells[request.data]
        if isinstance(request, NullCounts):
            answers[request] = NullTally(rows=rows[of], missing=nulls[of])
        elif sum(known.values()) + nulls[of] == rows[of]:
            counts = tuple(known.get(category, 0) for category in request.allowed)
            answers[request] = CategoryTally(counts, rows[of] - nulls[of] - sum(counts), nulls[of])
        else:
            answers |= yield from count_categories(request, tables[of].columns, tables[of].frame)
    old, new = cells[REFERENCE], cells[CURRENT]
    names = sorted({*old, *new})
    if len(names) > CATEGORIES:
        names = sorted(sorted(old, key=lambda name: (-old[name], name))[:CATEGORIES])
        chosen = nw.col(column).cast(nw.String).is_in(names)
        (found,) = yield [tables[CURRENT].frame.filter(chosen).group_by(column).agg(nw.len().alias(N))]
        new = _named(found, column)
    reference, current = (tuple(counted.get(name, 0) for name in names) for counted in (old, new))
    tally = TwoCategoryTally(
        categories=tuple(names),
        reference=reference,
        current=current,
        reference_missing=nulls[REFERENCE],
        current_missing=nulls[CURRENT],
        reference_other=rows[REFERENCE] - sum(reference) - nulls[REFERENCE],
        current_other=rows[CURRENT] - sum(current) - nulls[CURRENT],
    )
    return answers | dict.fromkeys(requests, tally)


def _named(cells: Frame, column: str) -> dict[str, int]:
    """Return the counts of the cells that hold a value, by its text."""
    counted = text_cells(cells, (column,), None)
    return {name: n for (name,), n in counted.items() if name != MISSING}
