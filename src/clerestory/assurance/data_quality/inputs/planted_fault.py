"""Mistakes that inputs really have, planted one per row: what share of them a filter refuses is its recall.

A mistake is planted only where it changes the row and where the contract could see it: a gap in a column that may be
empty is no mistake.
"""

import math
from collections.abc import Callable, Mapping

import numpy as np

from clerestory.assurance.data_quality.inputs.input_filter import NUMBER, VALUE, Clause, InputContract

Row = Mapping[str, object]
Change = Callable[[object], object]


def _is_number(item: object) -> bool:
    return isinstance(item, int | float) and not isinstance(item, bool) and item == item and item != 0


def _word(item: object) -> object:
    return "n/a" if _is_number(item) or item == 0 else item


def _thousandfold(item: object) -> object:
    return item * 1000 if isinstance(item, int | float) and _is_number(item) else item


def _negated(item: object) -> object:
    return -item if isinstance(item, int | float) and _is_number(item) else item


def _misspelt(item: object) -> object:
    """Exchange the first two neighbours that differ, as hasty fingers do."""
    if not isinstance(item, str):
        return item
    at = next((at for at in range(len(item) - 1) if item[at] != item[at + 1]), None)
    return item if at is None else item[:at] + item[at + 1] + item[at] + item[at + 2 :]


def _other_case(item: object) -> object:
    return item.swapcase() if isinstance(item, str) else item


RECIPES: Mapping[str, tuple[Change, Callable[[Clause], bool]]] = {
    "missing": (lambda _: None, lambda clause: not clause.optional),
    "not finite": (lambda _: math.inf, lambda clause: clause.form == NUMBER),
    "word for a number": (_word, lambda clause: clause.form == NUMBER),
    "thousandfold": (_thousandfold, lambda clause: clause.form == NUMBER),
    "sign lost": (_negated, lambda clause: clause.minimum is not None and clause.minimum >= 0),
    "misspelt": (_misspelt, lambda clause: clause.form == VALUE),
    "other case": (_other_case, lambda clause: clause.form == VALUE),
}
"""Each recipe: what happens to the value, and for which columns it is a mistake at all."""
EXCHANGED = "columns exchanged"


def plant(row: Row, recipe: str, contract: InputContract, draw: np.random.Generator) -> Row | None:
    """Return a row with one mistake of a recipe in a random column of those it fits; None where it fits none."""
    if recipe == EXCHANGED:
        return _exchanged(row, contract, draw)
    change, fits = RECIPES[recipe]
    columns = [
        column
        for column, clause in contract.clauses.items()
        if fits(clause) and _differs(row.get(column), change(row.get(column)))
    ]
    if not columns:
        return None
    column = columns[int(draw.integers(len(columns)))]
    return {**row, column: change(row.get(column))}


def _exchanged(row: Row, contract: InputContract, draw: np.random.Generator) -> Row | None:
    numbers = [name for name, clause in contract.clauses.items() if clause.form == NUMBER and _is_number(row.get(name))]
    pairs = [(a, b) for at, a in enumerate(numbers) for b in numbers[at + 1 :] if row[a] != row[b]]
    if not pairs:
        return None
    one, other = pairs[int(draw.integers(len(pairs)))]
    return {**row, one: row[other], other: row[one]}


def _differs(before: object, after: object) -> bool:
    if before is None or before != before:
        return after is not None and after == after
    return before != after
