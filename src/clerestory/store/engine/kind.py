"""What kind of column a column is, in the few words that checks know, and how its cells become numbers and texts."""

import narwhals as nw
from narwhals.dtypes import DType

from clerestory.terms.error import ClerestoryError

INTEGER, NUMBER, BOOLEAN, TEXT, DATE, MOMENT, OTHER = "integer", "number", "boolean", "text", "date", "moment", "other"
NUMERIC = (INTEGER, NUMBER)
_MICRO = 1_000_000


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
        cell, kind = nw.col(column), self.kinds[column]
        if kind == MOMENT:
            return cell.dt.timestamp("us").cast(nw.Float64) / _MICRO
        if kind == DATE:
            return cell.cast(nw.Datetime("us")).dt.timestamp("us").cast(nw.Float64) / _MICRO
        if not self.is_float(column):
            return cell.cast(nw.Float64)
        return nw.when(cell.is_finite()).then(cell.cast(nw.Float64))
