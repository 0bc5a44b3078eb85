"""All counts of one numeric column that is read whole anyway: it is read once from each table and sorted once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from clerestory.assurance.tally import (
    Moments,
    NullCounts,
    NullTally,
    RangeCounts,
    RangeTally,
    Request,
    Tally,
    TwoSample,
)
from clerestory.assurance.tally.request import CURRENT, REFERENCE
from clerestory.store.engine import scalar
from clerestory.store.engine.kind import DATE, MOMENT, NUMERIC, Columns, ColumnUnfit
from clerestory.store.engine.protocol import Lazy, Step
from clerestory.store.engine.sample import Sorted, in_order, two_samples
from clerestory.terms.error import ClerestoryError


@dataclass(frozen=True, slots=True)
class Table:
    """A lazy table with what is known of its columns."""

    columns: Columns
    frame: Lazy


def count_column(
    column: str, samples: Sequence[TwoSample], aggregates: Sequence[Request], tables: Mapping[str, Table]
) -> Step:
    """Answer two-sample requests and one-row counts of one column."""
    answers: dict[Request, Tally | ClerestoryError] = {}
    ordered: dict[str, Sorted] = {}
    for data in (REFERENCE, CURRENT):
        tables[data].columns.require(column, *NUMERIC, DATE, MOMENT)
    for data in (REFERENCE, CURRENT):
        columns = tables[data].columns
        (table,) = yield [tables[data].frame.select(column)]
        numbers = np.array(table.select(columns.raw_number(column))[column].to_numpy(), dtype=np.float64)
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
