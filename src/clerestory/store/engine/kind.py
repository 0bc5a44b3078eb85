"""What kind of column a column is, in the few words that checks know, and how its cells become numbers and texts."""

from collections.abc import Sequence
from typing import Any

import narwhals as nw
from narwhals.dtypes import DType

from clerestory.assurance.tally import Event
from clerestory.terms.error import ClerestoryError

INTEGER, NUMBER, BOOLEAN, TEXT, DATE, MOMENT, OTHER = "integer", "number", "boolean", "text", "date", "moment", "other"
NUMERIC = (INTEGER, NUMBER)
NO, YES, MISSING_CODE, NEITHER = 0, 1, 2, 3
"""Codes of a yes-or-no reading: a group-by over codes is the whole confusion table."""
MICRO = 1_000_000
SECONDS = "clerestory:seconds:"
"""Name of the column, made by each engine, that holds the moments of a time column as seconds since 1970."""


class ColumnUnfit(ClerestoryError):
    """A column is missing or of a type that the count asked for cannot use."""


def kind_of(dtype: DType) -> str:
    """Return the kind of a column: integer, number, boolean, text, date, moment or other."""
    if dtype.is_integer():
        return INTEGER
    if dtype.is_numeric():
        return NUMBER
    if dtype == nw.Boolean:
        return BOOLEAN
    if isinstance(dtype, nw.String | nw.Categorical | nw.Enum):
        return TEXT
    if dtype == nw.Date:
        return DATE
    return MOMENT if isinstance(dtype, nw.Datetime) else OTHER


class Columns:
    """The columns of one table with their kinds; makes the expressions that treat a column by its kind."""

    def __init__(self, data: str, schema: nw.Schema) -> None:
        self.data = data
        self.types = dict(schema)
        self.kinds = {name: kind_of(dtype) for name, dtype in schema.items()}

    def require(self, column: str, *kinds: str) -> str:
        """Return the kind of a column.

        Raises:
            ColumnUnfit: there is no such column, or it is of none of the ``kinds`` (any will do when none is named).
        """
        if column not in self.kinds:
            raise ColumnUnfit(f"The {self.data} data has no column {column!r}.", "Name a column that it has.")
        kind = self.kinds[column]
        if kinds and kind not in kinds:
            raise ColumnUnfit(
                f"Column {column!r} of the {self.data} data is {kind}, not {' or '.join(kinds)}.",
                "Name another column or correct its type in the data.",
            )
        return kind

    def require_names(self, engine: str, unfit: str, *, capitals: bool) -> None:
        """Refuse names with characters that an engine cannot name, or that differ in capitals only where it sees none.

        Raises:
            ColumnUnfit: there is such a name.
        """
        remedy = "Count with polars (CLERESTORY_ENGINE=polars), or rename the column."
        seen: dict[str, str] = {}
        for name in self.kinds:
            if set(unfit) & set(name):
                raise ColumnUnfit(f"{engine} cannot name the column {name!r} of the {self.data} data.", remedy)
            other = seen.setdefault(name if capitals else name.lower(), name)
            if other != name:
                raise ColumnUnfit(f"{engine} takes {other!r} and {name!r} of the {self.data} data for one.", remedy)

    def times(self) -> tuple[str, ...]:
        """Return the columns of dates and moments, in the order of the table."""
        return tuple(name for name, kind in self.kinds.items() if kind in (DATE, MOMENT))

    def is_float(self, column: str) -> bool:
        """Return whether the column may hold NaN and infinities."""
        return self.types[column].is_float()

    def missing(self, column: str) -> nw.Expr:
        """Return whether a cell is null or NaN."""
        cell = nw.col(column)
        return (cell.is_null() | cell.is_nan().fill_null(False)) if self.is_float(column) else cell.is_null()

    def infinite(self, column: str) -> nw.Expr:
        """Return whether a cell is an infinity; never null."""
        cell = nw.col(column)
        if not self.is_float(column):
            return nw.lit(False)
        return ((cell == float("inf")) | (cell == float("-inf"))).fill_null(False)

    def raw_number(self, column: str) -> nw.Expr:
        """Return the cells as 64-bit numbers, times as seconds since 1970; null, NaN and infinities stay."""
        return nw.col(column).cast(nw.Float64) if self.is_float(column) else self.number(column)

    def number(self, column: str) -> nw.Expr:
        """Return the cells as 64-bit numbers, times as seconds since 1970; null where missing or infinite."""
        cell = nw.col(column)
        if column in self.times():
            return nw.col(SECONDS + column)
        if not self.is_float(column):
            return cell.cast(nw.Float64)
        return nw.when(cell.is_finite()).then(cell.cast(nw.Float64))


def known_values(series: nw.Series[Any]) -> list[object]:
    """Return the values of a column of distinct ones without null and NaN."""
    return [value for value in series.to_list() if value is not None and value == value]


def coded(column: str, values: Sequence[object], columns: Columns) -> nw.Expr:
    """Return 0 for missing and k for the k-th value."""
    if not values:
        return nw.lit(0, nw.Int64)
    cell = nw.col(column).cast(nw.String) if columns.kinds[column] == TEXT else nw.col(column)
    cell = nw.when(~columns.missing(column)).then(cell)
    numbers = list(range(1, len(values) + 1))
    code = cell.replace_strict(list(values), numbers, default=nw.lit(0, nw.Int64), return_dtype=nw.Int64)
    return code.fill_null(0)


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
