"""Attribute disclosure: what a table tells of a person's sensitive value to somebody who knows the person's class."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.personal_data.anonymity import Codes


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Share of persons whose sensitive value is guessed right.

    ``learned``: from the whole table, by the most frequent value of the class (homogeneity attack, Machanavajjhala et
    al. 2007). ``without``: from the same table without the person's own row: what would be guessed had the person
    stayed away. ``base``: by the most frequent value of all. ``certain``: share whose class has one value alone.
    """

    learned: float
    without: float
    base: float
    certain: float

    @property
    def gain(self) -> float:
        """What being in the table costs: `learned` less `without`."""
        return self.learned - self.without


def disclosed(own: Codes, told: Codes, true: Codes) -> Disclosure:
    """Guess the sensitive value of each person of a table.

    Args:
        own: class of each row.
        told: sensitive value of each row as the table tells it, as a number.
        true: the same as it really is, numbered alike.
    """
    if not len(own):
        return Disclosure(0.0, 0.0, 0.0, 0.0)
    width = int(max(told.max(), true.max())) + 1
    pairs, counts = np.unique(own * width + told, return_counts=True)
    classes, values = pairs // width, pairs % width
    order = np.lexsort((values, -counts, classes))
    starts = np.unique(classes[order], return_index=True)[1]
    ends = np.append(starts[1:], len(order))
    several = ends - starts > 1
    next_at = np.where(several, starts + 1, starts)
    first, first_n = values[order][starts], counts[order][starts]
    second, second_n = values[order][next_at], np.where(several, counts[order][next_at], 0)
    base_value = int(np.bincount(told).argmax())
    best, best_n, other, other_n = first[own], first_n[own], second[own], second_n[own]
    left = best_n - (told == best)
    own_hit, other_hit = best == true, np.where(several[own], other, base_value) == true
    fallen, level = left < other_n, (left == other_n) & (told == best)
    alone = left + other_n == 0
    without: NDArray[np.float64] = np.where(
        alone, base_value == true, np.where(fallen, other_hit, np.where(level, (own_hit + other_hit) / 2.0, own_hit))
    ).astype(np.float64)
    return Disclosure(
        learned=float(own_hit.mean()),
        without=float(without.mean()),
        base=float((true == base_value).mean()),
        certain=float((~several[own] & own_hit).mean()),
    )
