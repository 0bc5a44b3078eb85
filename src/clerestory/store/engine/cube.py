"""Counts of cells: rows per combination of values, per category, and decision against label per group."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import narwhals as nw

from clerestory.assurance.tally import (
    MISSING,
    CategoryCounts,
    CategoryTally,
    Confusion,
    ConfusionCell,
    ConfusionTally,
    CountCell,
    DuplicateCounts,
    DuplicateTally,
    Group,
    GroupCounts,
    GroupTally,
    NullCounts,
    NullTally,
    Tally,
    value_text,
)
from clerestory.store.engine.kind import (
    BOOLEAN,
    DATE,
    INTEGER,
    NEITHER,
    TEXT,
    Columns,
    ColumnUnfit,
    event_code,
    refuse_neither,
)
from clerestory.store.engine.protocol import Frame, Lazy, N, Step, Table
from clerestory.terms.error import ClerestoryError

CELLS = 10_000
"""More groups than this are no groups of people that anybody can judge."""
_FOLDED = "\x00folded"
_OUTCOME, _LABEL = "clerestory:outcome", "clerestory:label"
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


def count_confusions(requests: Sequence[Confusion], columns: Columns, frame: Lazy) -> Step:
    """Answer requests that share outcome and label from one cube over all their grouping columns."""
    by = sorted({column for request in requests for column in request.by})
    for column in by:
        columns.require(column)
    outcome, label = requests[0].outcome, requests[0].label
    cube = frame.select(*by, event_code(outcome, columns).alias(_OUTCOME), event_code(label, columns).alias(_LABEL))
    (cells,) = yield [cube.group_by(*by, _OUTCOME, _LABEL).agg(nw.len().alias(N))]
    rows = list(cells.iter_rows(named=True))
    refuse_neither(outcome, columns, found=any(row[_OUTCOME] == NEITHER for row in rows))
    refuse_neither(label, columns, found=any(row[_LABEL] == NEITHER for row in rows))
    return {request: _confusion(request, rows) for request in requests}


def _confusion(request: Confusion, rows: Sequence[dict[str, Any]]) -> Tally | ClerestoryError:
    groups: dict[Group, Counter[str]] = {}
    for row in rows:
        group = tuple(value_text(row[column]) for column in request.by)
        part = _PART[row[_OUTCOME], row[_LABEL]]
        groups.setdefault(group, Counter())[part] += int(row[N])
    if len(groups) > CELLS:
        return ColumnUnfit(
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


def count_categories(request: CategoryCounts, columns: Columns, frame: Lazy) -> Step:
    """Count rows per allowed category; whatever else stands there is only counted."""
    kind = columns.require(request.column, TEXT, BOOLEAN, INTEGER)
    (cells,) = yield [
        largest_cells((request.column,), columns, frame, None, only=request.allowed if kind == TEXT else None)
    ]
    counted = text_cells(cells, (request.column,), None)
    counts = tuple(counted.get((category,), 0) for category in request.allowed)
    missing = counted.get((MISSING,), 0)
    return {request: CategoryTally(counts, sum(counted.values()) - sum(counts) - missing, missing)}


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


def largest_cells(
    by: Sequence[str], columns: Columns, frame: Lazy, limit: int | None, only: Sequence[str] | None = None
) -> Lazy:
    """Return cells with their counts, the largest first where the engine can write the cells as texts itself.

    ``only`` folds all other texts of a single column into one cell.
    """
    cells = frame.group_by(*by).agg(nw.len().alias(N))
    if only is not None:
        (column,) = by
        cell = nw.col(column).cast(nw.String)
        folded = nw.when(cell.is_null() | cell.is_in(list(only))).then(cell).otherwise(nw.lit(_FOLDED)).alias(column)
        return cells.select(folded, nw.col(N)).group_by(column).agg(nw.col(N).sum())
    if limit is None or any(columns.kinds[column] not in (TEXT, INTEGER, BOOLEAN, DATE) for column in by):
        return cells
    texts = [nw.col(column).cast(nw.String).fill_null(MISSING).alias(column) for column in by]
    ordered = cells.select(*texts, nw.col(N)).sort(N, *by, descending=[True, *(False for _ in by)])
    return ordered.head(limit)


def text_cells(cells: Frame, by: Sequence[str], limit: int | None) -> dict[Group, int]:
    """Return the counts of collected cells by their texts, at most the ``limit`` largest."""
    counted: Counter[Group] = Counter()
    for row in cells.iter_rows(named=True):
        counted[tuple(value_text(row[column]) for column in by)] += int(row[N])
    if limit is None or len(counted) <= limit:
        return dict(counted)
    return dict(sorted(counted.items(), key=lambda cell: (-cell[1], cell[0]))[:limit])
