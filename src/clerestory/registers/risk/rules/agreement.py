"""How far two people who rated the same cases apart agree: weighted kappa with its interval, and whether it is enough.

Refuses too few cases, and says nothing where all cases fell on one level: chance agreement would be certain.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from clerestory.registers.risk.rules.money import wilson
from clerestory.terms.error import ClerestoryError

FEWEST_CASES, MOST_CASES = 12, 40
TOLERANCE = 0.4
"""The lower limit of the interval is at least this: moderate agreement (Landis and Koch 1977)."""
_Z = 1.959963984540054
Table = Sequence[Sequence[float]]


class TrialRefused(ClerestoryError):
    """A trial has too few cases, one assessor only, or is looked at before both are done."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Weighted kappa of two assessors with its 95 % interval; ``value`` is None where it cannot be said."""

    cases: int
    value: float | None
    low: float
    high: float
    same: int

    def is_within(self, tolerance: float) -> bool:
        """Tell whether the whole interval is at or over the tolerance; what cannot be said is not."""
        return self.value is not None and self.low >= tolerance


def agreement(first: Sequence[int], second: Sequence[int], categories: int) -> Agreement:
    """Compare the ranks, from 1, that two people gave to the same cases, with linear weights.

    kappa = (po - pe) / (1 - pe), po and pe the observed and chance shares of weighted agreement (Cohen 1968), weights
    1 - |i - j| / (k - 1) (Cicchetti and Allison 1971). Interval: large-sample normal (Fleiss, Cohen and Everitt 1969),
    no narrower than Wilson's interval of po, so that a few cases without a difference do not look certain.
    """
    table = [[0.0] * categories for _ in range(categories)]
    for one, other in zip(first, second, strict=True):
        table[one - 1][other - 1] += 1
    same = sum(int(table[i][i]) for i in range(categories))
    weights = [[1 - abs(i - j) / (categories - 1) for j in range(categories)] for i in range(categories)]
    found = weighted_kappa(table, weights)
    if found is None:
        return Agreement(len(first), None, -1.0, 1.0, same)
    value, error, observed, chance = found
    floor, ceiling = ((end - chance) / (1 - chance) for end in wilson(observed, len(first)))
    low = max(min(value - _Z * error, floor), -1.0)
    high = min(max(value + _Z * error, ceiling), 1.0)
    return Agreement(len(first), round(value, 4), round(low, 4), round(high, 4), same)


def weighted_kappa(table: Table, weights: Table) -> tuple[float, float, float, float] | None:
    """Return kappa, its standard error, and the observed and chance agreement; None where chance agreement is 1."""
    size, total = range(len(table)), sum(map(sum, table))
    shares = [[cell / total for cell in row] for row in table]
    rows = [sum(row) for row in shares]
    columns = [sum(shares[i][j] for i in size) for j in size]
    observed = sum(weights[i][j] * shares[i][j] for i in size for j in size)
    chance = sum(weights[i][j] * rows[i] * columns[j] for i in size for j in size)
    if chance >= 1 - 1e-12:
        return None
    value = (observed - chance) / (1 - chance)
    of_row = [sum(columns[j] * weights[i][j] for j in size) for i in size]
    of_column = [sum(rows[i] * weights[i][j] for i in size) for j in size]
    spread = (
        sum(shares[i][j] * (weights[i][j] - (of_row[i] + of_column[j]) * (1 - value)) ** 2 for i in size for j in size)
        - (value - chance * (1 - value)) ** 2
    )
    return value, math.sqrt(max(spread, 0.0) / total) / (1 - chance), observed, chance
