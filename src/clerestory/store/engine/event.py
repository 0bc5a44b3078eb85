"""Yes-or-no readings of a column as small codes, so that a group-by over codes is the whole confusion table."""

import narwhals as nw

from clerestory.assurance.tally import Event
from clerestory.store.engine.kind import BOOLEAN, INTEGER, NUMERIC, TEXT, Columns, ColumnUnfit

NO, YES, MISSING_CODE, NEITHER = 0, 1, 2, 3


def event_code(event: Event | None, columns: Columns) -> nw.Expr:
    """Return 1 for yes, 0 for no, 2 for missing, 3 for a value that says neither; without an event all is missing.

    Raises:
        ColumnUnfit: the column is missing or cannot be read as yes or no.
    """
    if event is None:
        return nw.lit(MISSING_CODE, nw.Int8)
    kind = columns.require(event.column, BOOLEAN, TEXT, *NUMERIC)
    cell = nw.col(event.column)
    if event.at_least is not None:
        columns.require(event.column, *NUMERIC)
        code = _yes(cell >= event.at_least)
    elif event.equals is not None:
        code = _yes(_equals(cell, kind, event.equals))
    elif kind == BOOLEAN:
        code = _yes(cell)
    elif kind in NUMERIC:
        code = (
            nw.when(cell == 1)
            .then(nw.lit(YES, nw.Int8))
            .otherwise(nw.when(cell == 0).then(nw.lit(NO, nw.Int8)).otherwise(nw.lit(NEITHER, nw.Int8)))
        )
    else:
        raise ColumnUnfit(
            f"Column {event.column!r} of the {columns.data} data is text, and nothing says which text means yes.",
            "Set `favourable` (for the outcome) or `positive` (for the label) in [data].",
        )
    return nw.when(columns.missing(event.column)).then(nw.lit(MISSING_CODE, nw.Int8)).otherwise(code)


def refuse_neither(event: Event | None, columns: Columns, *, found: bool) -> None:
    """Raise `ColumnUnfit` if a column that must hold true/false or 0/1 held something else."""
    if event is not None and found:
        raise ColumnUnfit(
            f"Column {event.column!r} of the {columns.data} data holds values other than 0 and 1.",
            "Set `favourable` (for the outcome) or `positive` (for the label) in [data].",
        )


def _yes(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(nw.lit(YES, nw.Int8)).otherwise(nw.lit(NO, nw.Int8))


def _equals(cell: nw.Expr, kind: str, text: str) -> nw.Expr:
    if kind == BOOLEAN:
        return cell if text == "true" else ~cell if text == "false" else nw.lit(False)
    if kind == TEXT:
        return cell.cast(nw.String) == text
    try:
        return cell == (int(text) if kind == INTEGER else float(text))
    except ValueError:
        return nw.lit(False)
