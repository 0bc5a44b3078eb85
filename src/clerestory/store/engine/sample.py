"""Two samples of columns of numbers and times, counted at and between points of the reference."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from clerestory.assurance.tally import Request, Tally, TwoSample
from clerestory.assurance.tally.request import CURRENT, REFERENCE
from clerestory.store.engine import scalar
from clerestory.store.engine.column.along import Along, compared, reference_points
from clerestory.store.engine.column.ordered import Ordered, in_blocks
from clerestory.store.engine.kind import DATE, MOMENT, NUMERIC, SECONDS, Columns
from clerestory.store.engine.protocol import Asked, Given, Step, Table
from clerestory.terms.error import ClerestoryError

TOGETHER = 4
"""Columns of a stream that are brought at once: one scan for each would cost more, and more would not stay in cache."""


@dataclass(slots=True)
class OfColumn:
    """What is asked of one column of numbers or times: comparisons, and one-row counts of it beside them."""

    samples: list[TwoSample] = field(default_factory=list)
    aggregates: list[Request] = field(default_factory=list)

    def beside(self, data: str) -> list[Request]:
        """Return the one-row counts in one of the tables."""
        return [request for request in self.aggregates if request.data == data]  # type: ignore[union-attr]


def is_measured(request: TwoSample, columns: Columns) -> bool:
    """Return whether a column is compared as numbers rather than as categories."""
    return columns.require(request.column) in (*NUMERIC, DATE, MOMENT)


def count_columns(asked: Mapping[str, OfColumn], tables: Mapping[str, Table]) -> Step:
    """Answer all that is asked of columns, read once from each table.

    First the reference, whose own values are the points: as many columns at a time as the engine can hold. Then the
    current data, where an engine can stream them in one pass over all columns and no column is ever whole in memory.
    """
    for data in (REFERENCE, CURRENT):
        for column in asked:
            tables[data].columns.require(column, *NUMERIC, DATE, MOMENT)
    answers: dict[Request, Tally | ClerestoryError] = {}
    old: dict[str, Along] = {}
    for part in _parts(list(asked), tables[REFERENCE]):
        beside = {column: asked[column].beside(REFERENCE) for column in part}
        found = yield from _in_order(beside, tables[REFERENCE], answers)
        for column, (sample, nulls) in found.items():
            points = {request: reference_points(sample, request.points) for request in asked[column].samples}
            old[column] = Along(points, [] if nulls is None else beside[column])
            old[column].add(sample, nulls or 0)
        del found
    for column in asked:
        answers |= old[column].answers()
    new = {column: Along(old[column].points, asked[column].beside(CURRENT)) for column in asked}
    yield from _stream(new, tables[CURRENT], answers)
    for column in asked:
        answers |= new[column].answers()
        answers |= compared(old[column], new[column])
    return answers


def _stream(
    new: Mapping[str, Along], table: Table, answers: dict[Request, Tally | ClerestoryError]
) -> Generator[Asked, Given, None]:
    """Count the current data along points that are known: in a stream where the engine has one."""
    streamed = [column for column in new if table.columns.kinds[column] in NUMERIC] if table.stream is not None else []
    for at in range(0, len(streamed), TOGETHER):
        columns = streamed[at : at + TOGETHER]
        for part in table.stream(columns) if table.stream is not None else ():
            for column, (numbers, nulls) in zip(columns, part, strict=True):
                new[column].add(in_blocks(numbers), nulls)
    for column in new:
        if column in streamed:
            continue
        found = yield from _in_order({column: new[column].aggregates}, table, answers)
        sample, missing = found[column]
        if missing is None:
            new[column].aggregates = []
        new[column].add(sample, missing or 0)


def _parts(columns: Sequence[str], table: Table) -> list[list[str]]:
    """Return which columns are brought together: numbers as many as fit, everything else alone."""
    numbers = [column for column in columns if table.columns.kinds[column] in NUMERIC]
    size = table.together() if numbers and table.together is not None else 1
    parts = [numbers[at : at + size] for at in range(0, len(numbers), size)]
    return parts + [[column] for column in columns if column not in numbers]


def _in_order(
    beside: Mapping[str, Sequence[Request]], table: Table, answers: dict[Request, Tally | ClerestoryError]
) -> Generator[Asked, Given, dict[str, tuple[Ordered, int | None]]]:
    """Bring columns of one table in order, each with its nulls.

    What is asked beside a column of times is answered here, for it needs their own form; then no nulls are told.
    """
    columns = table.columns
    if table.numbers is not None and all(columns.kinds[column] in NUMERIC for column in beside):
        brought = table.numbers(list(beside))
        return {column: (in_blocks(numbers), nulls) for column, (numbers, nulls) in zip(beside, brought, strict=True)}
    found: dict[str, tuple[Ordered, int | None]] = {}
    for column in beside:
        if columns.kinds[column] in NUMERIC:
            (cells,) = yield [table.frame.select(column)]
            numbers = cells.select(columns.raw_number(column).alias(column))[column].to_numpy()
            found[column] = in_blocks(np.array(numbers, dtype=np.float64)), int(cells[column].null_count())
        else:
            (times,) = yield [table.frame.select(column, SECONDS + column)]
            answers |= scalar.answer(beside[column], columns, times)
            found[column] = in_blocks(np.array(times[SECONDS + column].to_numpy(), dtype=np.float64)), None
    return found
