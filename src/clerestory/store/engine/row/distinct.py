"""Rows that are equal in some columns: counted exactly, whatever their number, in bounded memory."""

import narwhals as nw

from clerestory.assurance.tally import DistinctRows, DuplicateTally
from clerestory.store.engine.kind import OTHER, Columns, ColumnUnfit
from clerestory.store.engine.protocol import N, Step, Table


def count_rows(request: DistinctRows, table: Table) -> Step:
    """Count rows and distinct rows; null and NaN are one gap, and a negative zero is a zero."""
    for column in request.columns:
        if table.columns.require(column) == OTHER:
            raise ColumnUnfit(
                f"Column {column!r} of the {table.columns.data} data holds lists or the like.", "Leave it out."
            )
    alike = table.frame.select(*(plain(column, table.columns) for column in request.columns))
    if table.rows is not None:
        rows, distinct = table.rows(alike)
    else:
        counted, kinds = yield [alike.select(nw.len().alias(N)), alike.unique().select(nw.len().alias(N))]
        rows, distinct = int(counted[N][0]), int(kinds[N][0])
    return {request: DuplicateTally(rows=rows, distinct=distinct, incomplete=0)}


def plain(column: str, columns: Columns) -> nw.Expr:
    """Return the cells of a column so that what counts as equal is equal."""
    if not columns.is_float(column):
        return nw.col(column)
    return nw.when(~columns.missing(column)).then(nw.col(column) + 0.0).alias(column)
