"""Counts of cells: rows per combination of values, per category, and decision against label per group."""

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw

from clerestory.assurance.tally import (
    Confusion,
    ConfusionCell,
    ConfusionTally,
    CountCell,
    DuplicateCounts,
    DuplicateTally,
    Event,
    Group,
    GroupCounts,
    GroupTally,
    NullCounts,
    NullTally,
    Request,
    Tally,
    value_text,
)
from clerestory.store.engine.column.cells import Cells, cells_of, largest_cells, text_cells
from clerestory.store.engine.kind import (
    BOOLEAN,
    MISSING_CODE,
    NEITHER,
    NO,
    TEXT,
    YES,
    Columns,
    ColumnUnfit,
    event_code,
    refuse_neither,
)
from clerestory.store.engine.protocol import Asked, Given, Lazy, N, Step, Table
from clerestory.terms.error import ClerestoryError

CELLS = 10_000
"""More groups than this are no groups of people that anybody can judge."""
_OUTCOME, _LABEL = "clerestory:outcome", "clerestory:label"
_TRUTH = {YES: True, NO: False, MISSING_CODE: None}
_PART = {
    (1, 1): "tp",
    (1, 0): "fp",
    (0, 1): "fn",
    (0, 0): "tn",
    (1, 2): "favourable_unlabelled",
    (0, 2): "unfavourable_unlabelled",
    (2, 1): "undecided_positive",
    (2, 0): "undecided_negative",
    (2, 2): "undecided_unlabelled",
}


@dataclass(frozen=True, slots=True)
class Cube:
    """What a cube answers, and the cells of single columns that it tells besides."""

    answers: dict[Request, Tally | ClerestoryError]
    known: dict[str, Cells]


def count_confusions(requests: Sequence[Confusion], columns: Columns, frame: Lazy) -> Generator[Asked, Given, Cube]:
    """Answer requests from one cube over all their columns.

    There is at most one outcome and at most one label among them; a request may leave out either.
    """
    answers: dict[Request, Tally | ClerestoryError] = {}
    for request in requests:
        try:
            for column in request.by:
                columns.require(column)
            for event in (request.outcome, request.label):
                event_code(event, columns)
        except ClerestoryError as error:
            answers[request] = error
    asked = [request for request in requests if request not in answers]
    if not asked:
        return Cube(answers, {})
    by = sorted({column for request in asked for column in request.by})
    events = {
        _OUTCOME: next((request.outcome for request in asked if request.outcome is not None), None),
        _LABEL: next((request.label for request in asked if request.label is not None), None),
    }
    cube = frame.select(*by, *(event_code(event, columns).alias(name) for name, event in events.items()))
    (cells,) = yield [cube.group_by(*by, *events).agg(nw.len().alias(N))]
    rows = list(cells.iter_rows(named=True))
    neither = {event for name, event in events.items() if any(row[name] == NEITHER for row in rows)}
    for request in asked:
        try:
            for event in (request.outcome, request.label):
                refuse_neither(event, columns, found=event in neither)
            answers[request] = _confusion(request, rows)
        except ClerestoryError as error:
            answers[request] = error
    return Cube(answers, _known(by, events, columns, rows))


def _known(
    by: Sequence[str], events: Mapping[str, Event | None], columns: Columns, rows: Sequence[Mapping[str, Any]]
) -> dict[str, Cells]:
    known = {
        column: cells_of((row[column], int(row[N])) for row in rows)
        for column in by
        if columns.kinds[column] in (TEXT, BOOLEAN)
    }
    for name, event in events.items():
        if event is not None and event == Event(event.column) and columns.kinds[event.column] == BOOLEAN:
            known[event.column] = cells_of((_TRUTH[row[name]], int(row[N])) for row in rows)
    return known


def _confusion(request: Confusion, rows: Sequence[Mapping[str, Any]]) -> Tally:
    groups: dict[Group, Counter[str]] = {}
    for row in rows:
        group = tuple(value_text(row[column]) for column in request.by)
        outcome = row[_OUTCOME] if request.outcome is not None else MISSING_CODE
        label = row[_LABEL] if request.label is not None else MISSING_CODE
        groups.setdefault(group, Counter())[_PART[outcome, label]] += int(row[N])
    if len(groups) > CELLS:
        raise ColumnUnfit(
            f"{', '.join(request.by)} make {len(groups)} groups.", f"Use columns with at most {CELLS} groups."
        )
    return ConfusionTally(tuple(ConfusionCell(group=group, **groups[group]) for group in sorted(groups)))


def count_groups(request: GroupCounts, columns: Columns, frame: Lazy) -> Step:
    """Count rows per combination of values; keep the largest cells."""
    for column in request.by:
        columns.require(column)
    cells, total = yield [largest_cells(request.by, columns, frame, request.limit), frame.select(nw.len().alias(N))]
    counted = text_cells(cells, request.by, request.limit)
    kept = tuple(CountCell(group, n) for group, n in sorted(counted.items()))
    return {request: GroupTally(kept, int(total[N][0]) - sum(cell.n for cell in kept))}


def count_missing(request: NullCounts, columns: Columns, frame: Lazy) -> Step:
    """Count nulls of a column without numbers from the same cells that its categories are counted in."""
    columns.require(request.column, TEXT, BOOLEAN)
    cells = frame.group_by(request.column).agg(nw.len().alias(N))
    nothing = nw.col(request.column).is_null()
    (table,) = yield [cells.group_by(nothing.alias(request.column)).agg(nw.col(N).sum())]
    counted = {bool(row[request.column]): int(row[N]) for row in table.iter_rows(named=True)}
    return {request: NullTally(rows=sum(counted.values()), missing=counted.get(True, 0))}


def count_duplicates(request: DuplicateCounts, table: Table) -> Step:
    """Count rows, distinct whole keys, and rows whose key has a missing part."""
    columns, frame = table.columns, table.frame
    incomplete = nw.lit(False)
    for column in request.key:
        columns.require(column)
        incomplete = incomplete | columns.missing(column)
    whole = frame.filter(~incomplete).select(*request.key)
    missing = incomplete.cast(nw.Int64).sum().alias("clerestory:incomplete")
    (found,) = yield [frame.select(nw.len().alias(N), missing)]
    rows, lacking = int(found[N][0]), int(found["clerestory:incomplete"][0] or 0)
    if table.distinct is not None:
        distinct = table.distinct(whole, rows - lacking)
    else:
        (counted,) = yield [whole.unique().select(nw.len().alias(N))]
        distinct = int(counted[N][0])
    return {request: DuplicateTally(rows=rows, distinct=distinct, incomplete=lacking)}
