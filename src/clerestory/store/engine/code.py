"""Cells as small numbers: the k-th of the known values of a column is k, a missing cell is 0."""

from collections.abc import Sequence
from typing import Any

import narwhals as nw

from clerestory.store.engine.kind import TEXT, Columns


def known_values(series: nw.Series[Any]) -> list[object]:
    """Return the values of a column of distinct ones without null and NaN."""
    return [value for value in series.to_list() if value is not None and value == value]


def coded(column: str, values: Sequence[object], columns: Columns) -> nw.Expr:
    """Return 0 for missing and k for the k-th value."""
    if not values:
        return nw.lit(0, nw.Int64)
    cell = nw.col(column).cast(nw.String) if columns.kinds[column] == TEXT else nw.col(column)
    cell = nw.when(~columns.missing(column)).then(cell)
    return cell.replace_strict(list(values), list(range(1, len(values) + 1)), return_dtype=nw.Int64).fill_null(0)
