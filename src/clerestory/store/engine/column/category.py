"""Categories of one column that is no number: in one table against those allowed, and in two tables."""

from collections.abc import Mapping, Sequence

from clerestory.assurance.tally import (
    MISSING,
    CategoryCounts,
    CategoryTally,
    NullCounts,
    NullTally,
    Request,
    Tally,
    TwoCategoryTally,
    TwoSample,
)
from clerestory.assurance.tally.request import CURRENT, REFERENCE
from clerestory.store.engine.column.cells import (
    CATEGORIES,
    Cells,
    ask_cells,
    ask_counts,
    ask_whole,
    cells_of,
    completed,
    largest_cells,
    read_cells,
    text_cells,
)
from clerestory.store.engine.kind import BOOLEAN, DATE, INTEGER, MOMENT, NUMERIC, TEXT, Columns, ColumnUnfit
from clerestory.store.engine.protocol import Lazy, N, Step, Table
from clerestory.terms.error import ClerestoryError

BOTH = (REFERENCE, CURRENT)


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


def compare_categories(
    requests: Sequence[TwoSample],
    beside: Sequence[CategoryCounts | NullCounts],
    tables: Mapping[str, Table],
    known: Mapping[str, Cells],
) -> Step:
    """Count both samples of one column per category; beyond 1,000 the largest of the reference are named.

    ``known``: the cells of either table, where they were counted already. Answers from the same cells what is asked
    ``beside`` of the column in one of the tables.
    """
    column = requests[0].column
    for of in BOTH:
        if tables[of].columns.require(column) in (*NUMERIC, DATE, MOMENT):
            raise ColumnUnfit(
                f"Column {column!r} is {tables[of].columns.kinds[column]} in the {tables[of].columns.data} data only.",
                "Write both with the same type.",
            )
    cells = dict(known)
    lacking = [of for of in BOTH if of not in cells]
    found = yield [ask_cells(column, tables[of].columns, tables[of].bare) for of in lacking]
    cells |= {of: read_cells(column, tables[of].columns, table) for of, table in zip(lacking, found, strict=True)}
    if cut := [of for of in BOTH if not cells[of].whole]:
        found = yield [ask_whole(column, tables[of].bare) for of in cut]
        cells |= {of: completed(cells[of], table) for of, table in zip(cut, found, strict=True)}
    answers: dict[Request, Tally | ClerestoryError] = {}
    for request in beside:
        there = cells[request.data]
        if isinstance(request, NullCounts):
            answers[request] = NullTally(rows=there.rows, missing=there.missing)
        elif sum(there.counts.values()) + there.missing == there.rows:
            counts = tuple(there.counts.get(category, 0) for category in request.allowed)
            answers[request] = CategoryTally(counts, there.rows - there.missing - sum(counts), there.missing)
        else:
            table = tables[request.data]
            answers |= yield from count_categories(request, table.columns, table.bare)
    old, new = (cells[of].counts for of in BOTH)
    names = sorted({*old, *new})
    if len(names) > CATEGORIES:
        names = sorted(sorted(old, key=lambda name: (-old[name], name))[:CATEGORIES])
        (chosen,) = yield [ask_counts(column, names, tables[CURRENT].bare)]
        new = cells_of((row[column], int(row[N])) for row in chosen.iter_rows(named=True)).counts
    return answers | dict.fromkeys(requests, _tally(names, (old, new), cells))


def _tally(
    names: Sequence[str], counts: tuple[Mapping[str, int], Mapping[str, int]], cells: Mapping[str, Cells]
) -> TwoCategoryTally:
    reference, current = (tuple(counted.get(name, 0) for name in names) for counted in counts)
    old, new = (cells[of] for of in BOTH)
    return TwoCategoryTally(
        categories=tuple(names),
        reference=reference,
        current=current,
        reference_missing=old.missing,
        current_missing=new.missing,
        reference_other=old.rows - sum(reference) - old.missing,
        current_other=new.rows - sum(current) - new.missing,
    )
