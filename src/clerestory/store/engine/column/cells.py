"""The cells of one column that is no number: how often each text stands there, from one reading of the column."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw

from clerestory.assurance.tally import MISSING, Group, value_text
from clerestory.store.engine.kind import BOOLEAN, DATE, INTEGER, TEXT, Columns
from clerestory.store.engine.protocol import Frame, Lazy, N

CATEGORIES = 1_000
"""Most categories that are named."""
LIMIT = CATEGORIES + 2
"""Most cells that are brought: all that can be named, a gap, and the text that is reserved for a gap."""
NULL, _YES, _FOLDED = "clerestory:null", "clerestory:yes", "\x00folded"
_TEXTS = (TEXT, INTEGER, BOOLEAN, DATE)


@dataclass(frozen=True, slots=True)
class Cells:
    """Counts by text, without nulls and without the reserved text. ``whole``: no cell was left out.

    Where some were, ``rows`` and ``missing`` tell only of the cells that are there.
    """

    counts: dict[str, int]
    rows: int
    missing: int
    whole: bool


def ask_cells(column: str, columns: Columns, frame: Lazy) -> Lazy:
    """Return the cells of a column to collect, the largest first where there may be many."""
    if columns.kinds[column] == BOOLEAN:
        nothing = nw.col(column).is_null().cast(nw.Int64).sum().alias(NULL)
        return frame.select(nw.len().alias(N), nothing, nw.col(column).cast(nw.Int64).sum().alias(_YES))
    cells = frame.group_by(column).agg(nw.len().alias(N))
    nothing = nw.col(column).is_null().alias(NULL)
    if columns.kinds[column] not in _TEXTS:
        return cells.select(column, nothing, N)
    text = nw.col(column).cast(nw.String).fill_null(MISSING).alias(column)
    return cells.select(text, nothing, N).sort(N, column, descending=[True, False]).head(LIMIT)


def read_cells(column: str, columns: Columns, table: Frame) -> Cells:
    """Return the collected cells of a column."""
    if columns.kinds[column] == BOOLEAN:
        rows, missing, yes = (int(table[name][0] or 0) for name in (N, NULL, _YES))
        counts = {"false": rows - missing - yes, "true": yes}
        return Cells({text: n for text, n in counts.items() if n}, rows, missing, whole=True)
    found = cells_of((None if row[NULL] else row[column], int(row[N])) for row in table.iter_rows(named=True))
    whole = columns.kinds[column] not in _TEXTS or len(table) < LIMIT
    return Cells(found.counts, found.rows, found.missing, whole)


def cells_of(counted: Iterable[tuple[Any, int]]) -> Cells:
    """Return the cells of values with their counts, None for a null."""
    counts: Counter[str] = Counter()
    rows = missing = 0
    for value, n in counted:
        rows += n
        missing += n if value is None else 0
        counts[value_text(value)] += n
    del counts[MISSING]
    return Cells(dict(counts), rows, missing, whole=True)


def ask_whole(column: str, frame: Lazy) -> Lazy:
    """Return the rows and nulls of a column to collect."""
    return frame.select(nw.len().alias(N), nw.col(column).is_null().cast(nw.Int64).sum().alias(NULL))


def completed(cells: Cells, table: Frame) -> Cells:
    """Return cells with the rows and nulls of the whole column."""
    return Cells(cells.counts, int(table[N][0]), int(table[NULL][0] or 0), cells.whole)


def ask_counts(column: str, names: Sequence[str], frame: Lazy) -> Lazy:
    """Return the cells of some texts to collect."""
    chosen = nw.col(column).cast(nw.String).is_in(list(names))
    return frame.filter(chosen).group_by(column).agg(nw.len().alias(N))


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
