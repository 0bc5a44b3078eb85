"""Cells for all cases together and for each group of people apart, and the measurement of all with groups shown."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.statistics.interval import Interval, bounded_mean, critical
from clerestory.assurance.tally import TrialCell, TrialTally
from clerestory.assurance.tally.value import value_text
from clerestory.assurance.trial.cells import Tried, pooled, shown_rate
from clerestory.assurance.trial.move import Table

ALL = ("all cases",)
"""The kind of the one cell that the value comes from."""
_MOST_GROUPS = 1_000
_BOTH = "\x1f"


def cells_by_slice(
    table: Table,
    features: Sequence[str],
    *,
    hits: NDArray[np.bool_] | None = None,
    values: NDArray[np.float64] | None = None,
) -> tuple[TrialCell, ...]:
    """Return the cell of all cases, one per group of each sensitive feature, and one per group of their intersection.

    A group is named as ``sex=female, age_group=young``. Of more than 1,000 groups the largest are kept: none is judged.

    Args:
        table: the cases, with the features.
        features: the sensitive features.
        hits: which cases hit.
        values: a number of each case.
    """
    size = len(next(item for item in (hits, values) if item is not None))
    if not size:
        return ()
    named = [
        np.array([f"{feature}={value_text(value)}" for value in table[feature].tolist()], dtype=object)
        for feature in features
    ]
    if len(named) > 1:
        named.append(np.array([_BOTH.join(parts) for parts in zip(*named, strict=True)], dtype=object))
    cells = [_cell(ALL, np.ones(size, dtype=np.bool_), hits, values)]
    for names in named:
        groups, counts = np.unique(names.astype(str), return_counts=True)
        kept = groups[np.argsort(-counts, kind="stable")[:_MOST_GROUPS]]
        cells += [_cell(tuple(group.split(_BOTH)), names == group, hits, values) for group in kept.tolist()]
    return tuple(sorted(cells, key=lambda cell: cell.kind))


def rate_of_all(how: Tried, tally: TrialTally) -> Measurement:
    """Return the rate of hits of all cases with its Wilson interval; each group is shown with its own."""
    found = pooled(how, _only_all(tally))
    return replace(found, by_group=tuple(_shown(cell, how.minimum_cases, mean=False) for cell in _groups(tally)))


def mean_of_all(how: Tried, tally: TrialTally) -> Measurement:
    """Return the mean number, from 0 to 1, of all cases with its interval (`bounded_mean`); each group with its own."""
    found = pooled(how, _only_all(tally))
    whole = _all(tally)
    mean = _mean(whole) if whole.n >= how.minimum_cases else None
    return replace(
        found,
        value=None if mean is None else mean.value,
        low=None if mean is None else mean.low,
        high=None if mean is None else mean.high,
        reason=Reason.INSUFFICIENT_DATA if mean is None else None,
        by_group=tuple(_shown(cell, how.minimum_cases, mean=True) for cell in _groups(tally)),
    )


def _cell(
    kind: tuple[str, ...],
    member: NDArray[np.bool_],
    hits: NDArray[np.bool_] | None,
    values: NDArray[np.float64] | None,
) -> TrialCell:
    numbers = np.zeros(0) if values is None else values[member]
    return TrialCell(
        kind=kind,
        n=int(member.sum()),
        hits=0 if hits is None else int((hits & member).sum()),
        total=float(numbers.sum()),
        squares=float((numbers * numbers).sum()),
    )


def _all(tally: TrialTally) -> TrialCell:
    return next((cell for cell in tally.cells if cell.kind == ALL), TrialCell(kind=ALL, n=0))


def _only_all(tally: TrialTally) -> TrialTally:
    return TrialTally(cells=(_all(tally),), unanswered=tally.unanswered, notes=tally.notes)


def _groups(tally: TrialTally) -> tuple[TrialCell, ...]:
    return tuple(cell for cell in tally.cells if cell.kind != ALL)


def _mean(cell: TrialCell) -> Interval:
    return bounded_mean(cell.n, cell.total, cell.squares)


def _shown(cell: TrialCell, minimum: int, *, mean: bool) -> GroupResult:
    name, obstacle = ", ".join(cell.kind), "" if cell.n >= minimum else f"fewer than {minimum} cases"
    if not mean or not cell.n:
        return shown_rate(name, cell.hits, cell.n, z=critical(), obstacle=obstacle)
    found = _mean(cell)
    return GroupResult(
        group=name, value=found.value, low=found.low, high=found.high, n=cell.n, assessed=not obstacle, note=obstacle
    )
