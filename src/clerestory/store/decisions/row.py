"""The one form of a row of decisions, and the root over rows: both follow from values, never from a file's bytes.

So a row keeps its leaf when its file is compacted, compressed otherwise or moved.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from math import isfinite
from typing import TYPE_CHECKING

from clerestory.ledger.tree import leaf_hash
from clerestory.terms.error import ClerestoryError

if TYPE_CHECKING:
    import polars as pl

_WRITER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


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
            raise RowUnfit(f"Column {name!r} is {dtype}.", "Keep text, numbers, truth values, days and moments.")


def leaves(rows: "pl.DataFrame") -> list[bytes]:
    """Return the leaf hash of each row: RFC 6962 over the JSON array of [name, value] pairs, by name.

    Numbers with a fraction are written in their shortest decimal form, what is no finite number as its name, moments in
    UTC with microseconds, nothing as null.
    """
    names = sorted(rows.columns)
    columns = [rows[name].to_list() for name in names]
    return [leaf_hash(_written(names, values)) for values in zip(*columns, strict=True)] if columns else []


def row_bytes(rows: "pl.DataFrame", place: int) -> bytes:
    """Return what the leaf of one row commits to."""
    names = sorted(rows.columns)
    return _written(names, [rows[name][place] for name in names])


def _written(names: Sequence[str], values: Sequence[object]) -> bytes:
    return _WRITER.encode(list(_pairs(names, values))).encode()


def _pairs(names: Sequence[str], values: Sequence[object]) -> Iterator[list[object]]:
    for name, value in zip(names, values, strict=True):
        if isinstance(value, float):
            value = value if isfinite(value) else str(value)
        elif isinstance(value, datetime):
            moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
            value = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        elif isinstance(value, date):
            value = value.isoformat()
        yield [name, value]
