"""Cells of columns with few values, two columns at a time: one table of both costs less than two tables."""

from collections.abc import Generator, Sequence

import narwhals as nw

from clerestory.store.engine.column.cells import Cells, cells_of
from clerestory.store.engine.kind import TEXT
from clerestory.store.engine.protocol import Asked, Given, N, Table

_LOOKED_AT = 2_000
"""Rows at the beginning that tell how many values a column may have."""
_FEW = 1_000
"""Most cells that two columns should make together."""
_LIMIT = 20 * _FEW
"""From so many cells on the beginning misled, and each column is counted by itself."""


def count_pairs(columns: Sequence[str], table: Table) -> Generator[Asked, Given, dict[str, Cells]]:
    """Return the cells of those of some columns that are texts of few values and find a partner."""
    texts = [column for column in columns if table.columns.kinds.get(column) == TEXT]
    if len(texts) < 2:
        return {}
    (beginning,) = yield [table.bare.select(*texts).head(_LOOKED_AT)]
    pairs = _pairs({column: beginning[column].n_unique() for column in texts})
    counted = yield [table.bare.group_by(*pair).agg(nw.len().alias(N)).head(_LIMIT) for pair in pairs]
    known: dict[str, Cells] = {}
    for pair, cells in zip(pairs, counted, strict=True):
        if len(cells) < _LIMIT:
            known |= {
                column: cells_of(zip(cells[column].to_list(), cells[N].to_list(), strict=True)) for column in pair
            }
    return known


def _pairs(values: dict[str, int]) -> list[tuple[str, str]]:
    """Lay the column of fewest values beside that of most that still makes few cells with it."""
    pairs: list[tuple[str, str]] = []
    left = sorted(values, key=lambda column: (values[column], column))
    while len(left) > 1:
        last = left.pop()
        if values[left[0]] * values[last] <= _FEW:
            pairs.append((left.pop(0), last))
    return pairs
