"""Rows of reference and current data as numbers that a plain model takes; what is no number and no text is left out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clerestory.assurance.parameter import Parameter
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.poisoning.cross_validation import design_matrix
from clerestory.assurance.statistics.logistic import average_ranks
from clerestory.assurance.trial import Table

Floats = npt.NDArray[np.float64]
FOLDS = Parameter(name="folds", kind="count", default=5, meaning="Parts of the cross-fitting, at least 2.")
SEED = Parameter(name="seed", kind="seed", default=0, meaning="Seed of the sample and of the parts.")
ROWS = Parameter(name="rows", kind="count", default=3_000, meaning="Rows of each table that are taken at most.")


@dataclass(frozen=True, slots=True)
class Joined:
    """Rows of both tables under each other: numbers, the column that each came from, and who is current."""

    numbers: Floats
    names: tuple[str, ...]
    current: npt.NDArray[np.bool_]
    left_out: tuple[str, ...]


def joined(check: str, reference: Table, current: Table, columns: Sequence[str]) -> Joined:
    """Return the rows of both tables as numbers: ranks from 0 to 1, one column per frequent text, marks for gaps.

    Ranks make a model see order and not units, and keep a single far value from ruling it.

    Raises:
        ParameterRefused: no column holds numbers or text.
    """
    parts: list[Floats] = []
    names: list[str] = []
    left_out = []
    rows = [len(next(iter(table.values()), ())) for table in (reference, current)]
    for column in columns:
        values = [*reference[column].tolist(), *current[column].tolist()]
        if not all(value is None or isinstance(value, str | int | float) for value in values):
            left_out.append(column)
            continue
        held = design_matrix([values])
        parts += [_ranked(held[:, at]) for at in range(held.shape[1])]
        names += [column] * held.shape[1]
    if not parts:
        raise ParameterRefused(f"{check}: no column holds numbers or text.", "Name columns that do.")
    numbers = np.stack(parts, axis=1) if sum(rows) else np.zeros((0, len(parts)))
    is_current = np.repeat([False, True], rows)
    return Joined(numbers, tuple(names), is_current, tuple(left_out))


def _ranked(column: Floats) -> Floats:
    return average_ranks(column) if len(np.unique(column)) > 2 else column


def require_folds(check: str, folds: int) -> None:
    """Refuse a single part; raise ParameterRefused."""
    if folds < 2:
        raise ParameterRefused(f"{check}: folds is {folds}.", "Give at least 2, so that a model is asked of new rows.")
