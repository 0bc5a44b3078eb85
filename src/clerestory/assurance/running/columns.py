"""Columns of logs as plain values: texts, numbers, moments and truth values, however a file holds them."""

import re
import unicodedata
from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.tally.value import value_text
from clerestory.assurance.trial.move import Table

Floats = NDArray[np.float64]
_YES = frozenset({"true", "yes", "1", "y", "t"})
_NO = frozenset({"false", "no", "0", "n", "f"})


def texts(table: Table, name: str) -> list[str]:
    """Return a column as texts without space around them, empty where there is nothing or no such column."""
    if name not in table:
        return [""] * height(table)
    return ["" if _is_nothing(item) else value_text(item).strip() for item in table[name].tolist()]


def plain_word(text: str) -> str:
    """Return a text as it is compared, so that no other spelling passes for another answer or another person.

    Case, space, invisible characters and the ``.0`` that a spreadsheet puts behind whole numbers make no difference.
    """
    seen = "".join(sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf")
    return re.sub(r"^(\d+)\.0+$", r"\1", " ".join(seen.split()).casefold())


def numbers(table: Table, name: str) -> Floats:
    """Return a column as numbers; NaN where there is none, or what stands there is no finite number."""
    return np.array([_number(item) for item in table[name].tolist()], dtype=np.float64)


def moments(table: Table, name: str) -> Floats:
    """Return a column of moments as seconds since 1970 in UTC; NaN where there is none or it cannot be read.

    A moment without offset is taken as UTC, a day as its beginning. Bare numbers are not read: their unit is unknown.
    """
    return np.array([_moment(item) for item in table[name].tolist()], dtype=np.float64)


def truths(table: Table, name: str) -> list[bool | None]:
    """Return a column of truth values; None where it says neither."""
    return [True if item in _YES else False if item in _NO else None for item in map(str.lower, texts(table, name))]


def height(table: Table) -> int:
    """Return the number of rows."""
    return len(next(iter(table.values()), ()))


def chosen(table: Table, rows: NDArray[np.bool_]) -> Table:
    """Return the rows for which ``rows`` is true."""
    return {name: column[rows] for name, column in table.items()}


def _is_nothing(item: object) -> bool:
    return item is None or (isinstance(item, float) and item != item)


def _number(item: object) -> float:
    try:
        found = float(str(item)) if isinstance(item, str) else float(item)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return float("nan")
    return found if abs(found) < float("inf") else float("nan")


def _moment(item: object) -> float:
    if isinstance(item, str):
        try:
            item = datetime.fromisoformat(item.strip())
        except ValueError:
            return float("nan")
    if isinstance(item, datetime):
        return (item if item.tzinfo is not None else item.replace(tzinfo=UTC)).timestamp()
    if isinstance(item, date):
        return datetime(item.year, item.month, item.day, tzinfo=UTC).timestamp()
    return float("nan")
