"""What happens to one column of a table: noise in its own unit, a gap, another category, another unit."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.trial import Table

Rows = dict[str, NDArray[np.generic]]


def is_number(values: NDArray[np.generic]) -> bool:
    """Return whether a column of a trial's table holds numbers."""
    return values.dtype != object and values.dtype != bool


def spread(values: NDArray[np.generic]) -> float:
    """Return the standard deviation of the finite values; 0 where there are none."""
    numbers = values.astype(np.float64)
    finite = numbers[np.isfinite(numbers)]
    return float(np.std(finite)) if len(finite) else 0.0


def differing(before: NDArray[np.generic], after: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Return which rows of a column another version of it changes; a gap that stays one is no change."""
    found = [
        new != old and (new == new or old == old) for old, new in zip(before.tolist(), after.tolist(), strict=True)
    ]
    return np.array(found, dtype=np.bool_)


def with_noise(table: Table, column: str, size: float, draw: np.random.Generator) -> Rows:
    """Add normal noise of a standard deviation to one column; whole numbers stay whole, and the range is kept.

    What the column never held is not feasible: values end at its own smallest and largest.
    """
    values = table[column].astype(np.float64)
    finite = values[np.isfinite(values)]
    moved = values + draw.normal(0.0, size, len(values))
    if len(finite) and (finite == np.round(finite)).all():
        moved = np.round(moved)
    return {**table, column: np.clip(moved, finite.min(), finite.max()) if len(finite) else moved}


def with_gap(table: Table, column: str) -> Rows:
    """Leave one column out of every row: NaN for a number, None for anything else."""
    values = table[column]
    gap = np.full(len(values), np.nan) if values.dtype != object else np.full(len(values), None, dtype=object)
    return {**table, column: gap}


def with_other_category(table: Table, column: str, draw: np.random.Generator) -> Rows:
    """Give each row another of the categories that occur in the column."""
    values = table[column]
    if values.dtype == bool:
        return {**table, column: ~values}
    known = sorted({str(value) for value in values if value is not None})
    if len(known) < 2:
        return dict(table)
    place: Mapping[str, int] = {name: at for at, name in enumerate(known)}
    steps = draw.integers(1, len(known), len(values))
    moved = [
        None if value is None else known[(place[str(value)] + step) % len(known)]
        for value, step in zip(values.tolist(), steps.tolist(), strict=True)
    ]
    return {**table, column: np.array(moved, dtype=object)}


def in_other_unit(table: Table, column: str, factor: float) -> Rows:
    """Write a number in another unit, as when thousands are taken for single ones."""
    return {**table, column: table[column].astype(np.float64) * factor}
