"""Rows of decisions and their leaves: which columns may be kept, and the leaf of each row from its values alone."""

from typing import TYPE_CHECKING

from clerestory.ledger.row import row_leaves, row_text
from clerestory.terms.error import ClerestoryError
from clerestory.terms.sentence import gettext as _

if TYPE_CHECKING:
    import polars as pl


class RowUnfit(ClerestoryError):
    """A column holds something that has no form as a row: a nest, bytes, or another type that is no plain value."""


def require_plain(rows: "pl.DataFrame") -> None:
    """Refuse columns of other types than text, truth value, number, day and moment.

    Raises:
        RowUnfit: naming the column.
    """
    import polars as pl

    for name, dtype in rows.schema.items():
        plain = dtype in (pl.Null, pl.String, pl.Boolean, pl.Date, pl.Categorical, pl.Enum) or dtype.is_numeric()
        if not (plain or isinstance(dtype, pl.Datetime)) or isinstance(dtype, pl.Decimal):
            raise RowUnfit(
                _("Column {name!r} is {dtype}.", name=name, dtype=dtype),
                _("Keep text, numbers, truth values, days and moments."),
            )


def leaves(rows: "pl.DataFrame") -> list[bytes]:
    """Return the leaf hash of each row (`clerestory.ledger.row`)."""
    return row_leaves({name: rows[name].to_list() for name in rows.columns})


def row_bytes(rows: "pl.DataFrame", place: int) -> bytes:
    """Return what the leaf of one row commits to."""
    names = sorted(rows.columns)
    return row_text(names, [rows[name][place] for name in names])
