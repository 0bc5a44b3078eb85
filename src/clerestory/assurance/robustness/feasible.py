"""What a person could change about a case: which columns, which way, how far, at what cost. Everything else is fixed.

An attack on a table that may write anything anywhere shows nothing: nobody can become ten years younger.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.tally.value import value_text
from clerestory.assurance.trial import Table

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
_ROOM = 1 + 1e-9
"""A budget is not broken by rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What may change. Columns that are not named stay as they are.

    ``changes``: smallest and largest change per column of numbers, in its unit (``min``, ``max``; left out: open).
    ``within``: the range that its values stay in. ``categories``: the texts that a column may be given instead.
    ``costs``: per unit of change of a number, and per change of a category. ``budget``: of one case.
    """

    changes: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    within: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    categories: Mapping[str, Sequence[str]] = field(default_factory=dict)
    costs: Mapping[str, float] = field(default_factory=dict)
    budget: float = inf
    most_columns: int | None = None


@dataclass(frozen=True, slots=True)
class Space:
    """The feasible changes of some cases: one row of ``low`` and ``high`` per case, one column per changeable column.

    A change of a number is what is added to it; a change of a category is 0 (as it is) or the place of its new value.
    """

    cases: Table
    columns: tuple[str, ...]
    choices: tuple[tuple[str, ...], ...]
    low: Floats
    high: Floats
    whole: NDArray[np.bool_]
    price: Floats
    budget: float
    most: int

    @property
    def size(self) -> int:
        """Number of cases."""
        return len(self.low)

    def cost(self, change: Floats) -> Floats:
        """Return what each change costs."""
        return self._amounts(change) @ self.price

    def fits(self, rows: Places, change: Floats) -> NDArray[np.bool_]:
        """Return which changes of these cases are feasible."""
        inside = (change >= self.low[rows]) & (change <= self.high[rows])
        rounded = ~self.whole | (change == np.round(change))
        few = np.count_nonzero(change, axis=1) <= self.most
        found: NDArray[np.bool_] = (inside & rounded).all(axis=1) & few & (self.cost(change) <= self.budget * _ROOM)
        return found

    def changed(self, rows: Places, change: Floats) -> dict[str, NDArray[np.generic]]:
        """Return the cases at ``rows``, each with its change."""
        table = {name: values[rows] for name, values in self.cases.items()}
        for at, (column, choices) in enumerate(zip(self.columns, self.choices, strict=True)):
            if choices:
                table[column] = _chosen(table[column], choices, change[:, at])
            else:
                table[column] = table[column].astype(np.float64) + change[:, at]
        return table

    def drawn(self, rows: Places, draw: np.random.Generator) -> Floats:
        """Draw a feasible change of each case: some columns, half of the numbers as far as they may go."""
        shape = (len(rows), len(self.columns))
        low, high = self.low[rows], self.high[rows]
        part = draw.random(shape)
        ends = draw.random(shape) < 0.5
        change = np.where(ends, np.where(part < 0.5, low, high), low + part * (high - low))
        keep = draw.random(shape).argsort(axis=1) < draw.integers(1, min(self.most, shape[1]) + 1, len(rows))[:, None]
        return self.brought_in(np.where(keep, change, 0.0))

    def brought_in(self, change: Floats) -> Floats:
        """Return changes within their ranges as whole and as small as they must be for the budget."""
        choice = self.is_choice
        change = np.where(self.whole, np.trunc(change), change)
        spent = self._amounts(np.where(choice, change, 0.0)) @ self.price
        change = np.where(choice & (spent > self.budget * _ROOM)[:, None], 0.0, change)
        spent = np.where(spent > self.budget * _ROOM, 0.0, spent)
        rest = self._amounts(np.where(choice, 0.0, change)) @ self.price
        scale = np.minimum(1.0, np.divide(self.budget - spent, rest, out=np.ones_like(rest), where=rest > 0))
        change = np.where(choice, change, change * scale[:, None])
        return np.where(self.whole, np.trunc(change), change)

    @property
    def is_choice(self) -> NDArray[np.bool_]:
        """Which columns are categories."""
        return np.array([bool(choices) for choices in self.choices])

    def _amounts(self, change: Floats) -> Floats:
        return np.where(self.is_choice, (change != 0).astype(np.float64), np.abs(change))


def space_of(check: str, rules: Rules, sample: Table, cases: Table) -> Space:
    """Return the feasible changes of cases.

    Args:
        check: name of the check, for the error.
        rules: what may change.
        sample: rows that show which values a column of numbers has, and whether they are whole.
        cases: the cases.

    Raises:
        ParameterRefused: a column is not among the model's inputs, or of another kind than its rule.
    """
    columns = (*rules.changes, *(name for name in rules.categories if name not in rules.changes))
    for column in columns:
        _require(check, column, sample, number=column in rules.changes, twice=column in rules.categories)
    parts = [
        _number(column, rules, sample[column], cases[column])
        if column in rules.changes
        else _category(column, rules, cases[column])
        for column in columns
    ]
    return Space(
        cases=cases,
        columns=columns,
        choices=tuple(tuple(rules.categories[name]) if name not in rules.changes else () for name in columns),
        low=np.column_stack([part[0] for part in parts]),
        high=np.column_stack([part[1] for part in parts]),
        whole=np.array([part[2] for part in parts]),
        price=np.array([part[3] for part in parts]),
        budget=rules.budget,
        most=len(columns) if rules.most_columns is None else rules.most_columns,
    )


def _require(check: str, column: str, sample: Table, *, number: bool, twice: bool) -> None:
    if column not in sample:
        raise ParameterRefused(f"{check} may change {column!r}, which the model does not take.", "Take it out.")
    is_number = sample[column].dtype not in (object, np.dtype(bool))
    if number and (twice or not is_number):
        raise ParameterRefused(
            f"{check}: changes names {column!r}, which is no column of numbers.", "Name it in categories alone."
        )
    if not number and is_number:
        raise ParameterRefused(
            f"{check}: categories names {column!r}, which holds numbers.", "Give its smallest and largest change."
        )


def _number(column: str, rules: Rules, sample: NDArray[np.generic], cases: NDArray[np.generic]) -> tuple[
    Floats, Floats, bool, float
]:  # fmt: skip
    seen, values = sample.astype(np.float64), cases.astype(np.float64)
    seen = seen[np.isfinite(seen)]
    limits, within = rules.changes[column], rules.within.get(column, {})
    bottom = within.get("min", float(seen.min()) if len(seen) else 0.0)
    top = within.get("max", float(seen.max()) if len(seen) else 0.0)
    known = np.isfinite(values)
    low = np.where(known, np.minimum(np.maximum(limits.get("min", -inf), bottom - values), 0.0), 0.0)
    high = np.where(known, np.maximum(np.minimum(limits.get("max", inf), top - values), 0.0), 0.0)
    whole = bool(len(seen)) and bool((seen == np.round(seen)).all())
    if whole:
        low, high = np.ceil(low), np.floor(high)
    given = [abs(end) for end in limits.values() if end]
    width = max(given) if len(limits) == 2 and given else top - bottom
    return low, high, whole, rules.costs.get(column, 1 / width if width > 0 else 1.0)


def _category(column: str, rules: Rules, cases: NDArray[np.generic]) -> tuple[Floats, Floats, bool, float]:
    most = np.full(len(cases), float(len(rules.categories[column])))
    return np.zeros(len(cases)), most, True, rules.costs.get(column, 1.0)


def _chosen(values: NDArray[np.generic], choices: Sequence[str], change: Floats) -> NDArray[np.generic]:
    if values.dtype == bool:
        named = [value_text(bool(value)) for value in values]
        picked = [text if not at else choices[int(at) - 1] for text, at in zip(named, change.tolist(), strict=True)]
        return np.array([text == "true" for text in picked])
    picked = [
        value if not at else choices[int(at) - 1] for value, at in zip(values.tolist(), change.tolist(), strict=True)
    ]
    return np.array(picked, dtype=object)
