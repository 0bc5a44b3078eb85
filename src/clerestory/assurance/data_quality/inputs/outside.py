"""How far an input lies from what a model was built on: the distance to its nearest neighbours among known rows.

Rows become points: numbers by their distance from the median in robust units, on a scale that grows like a logarithm
far out; categories so that two different ones lie 1 apart; a category never seen, or a gap where there was none, lies
farther from every known row than any known one. Nothing is trained, so what is learned is the known rows themselves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.tally import MISSING, value_text
from clerestory.assurance.trial import Table
from clerestory.terms.error import ClerestoryError

Floats = NDArray[np.float64]
MOST_LEVELS = 100
"""Categories of a column beyond the most frequent ones are one category: rare."""
UNSEEN = 3.0
"""How far an unseen category lies from the known ones."""
_CHUNK = 512
_RARE = "(rare)"


class TooFewKnown(ClerestoryError):
    """There are too few known rows for the rate of false alarms that was asked for."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Where numbers of a column lie: median and robust unit."""

    centre: float
    unit: float

    def place(self, values: NDArray[np.generic]) -> Floats:
        """Return a coordinate per number and one for a gap; an infinite number is as far as the largest float's."""
        numbers = np.clip(values.astype(np.float64), -1e300, 1e300)
        gap = np.isnan(numbers)
        return np.column_stack([np.where(gap, 0.0, np.arcsinh((numbers - self.centre) / self.unit)), UNSEEN * gap])


@dataclass(frozen=True, slots=True)
class Levels:
    """Known categories of a column: their place, and which are known but rare."""

    places: Mapping[str, int]
    rare: frozenset[str]

    def place(self, values: NDArray[np.generic]) -> Floats:
        """Return one coordinate per known category, one for rare and one for unseen ones."""
        size = len(self.places)
        known = dict(self.places) | dict.fromkeys(self.rare, size)
        codes = np.array([known.get(value_text(item), size + 1) for item in values.tolist()], dtype=np.int64)
        points = np.zeros((len(codes), size + 2))
        points[np.arange(len(codes)), codes] = np.where(codes == size + 1, UNSEEN, sqrt(0.5))
        return points


@dataclass(frozen=True, slots=True)
class Detector:
    """Known rows as points, and the distance from which on a row lies outside."""

    columns: Mapping[str, Scale | Levels]
    known: Floats
    neighbours: int
    threshold: float
    calibrated_on: int

    def score(self, table: Table) -> Floats:
        """Return the mean distance of each row to its nearest known rows (Angiulli and Pizzuti 2002)."""
        return neighbour_distance(self.known, points_of(self.columns, table), self.neighbours)

    def outside(self, table: Table) -> NDArray[np.bool_]:
        """Return which rows lie farther away than the threshold."""
        return self.score(table) > self.threshold


def build(known: Table, held: Table, columns: Sequence[str], *, false_alarms: float, neighbours: int) -> Detector:
    """Learn from known rows, and set the threshold on others of the same source that were held out.

    The threshold is the ceil((m + 1) (1 - false_alarms))-th smallest score of the m rows held out, so that a new row of
    the same source lies beyond it with at most that probability (Vovk, Gammerman and Shafer 2005; Bates et al. 2023).

    Raises:
        TooFewKnown: the rows held out cannot show such a rate, or there are fewer known rows than neighbours.
    """
    space = {name: learned(known[name]) for name in columns}
    points = points_of(space, known)
    rows = len(held[columns[0]])
    rank = ceil((rows + 1) * (1 - false_alarms))
    if rank > rows or len(points) < neighbours:
        raise TooFewKnown(
            f"{len(points)} known rows and {rows} held out cannot show a rate of {false_alarms:g}.",
            "Give more reference rows, or allow more false alarms.",
        )
    scores = neighbour_distance(points, points_of(space, held), neighbours)
    return Detector(space, points, neighbours, float(np.sort(scores)[max(rank, 1) - 1]), rows)


def points_of(columns: Mapping[str, Scale | Levels], table: Table) -> Floats:
    """Return a point per row."""
    return np.column_stack([place.place(table[name]) for name, place in columns.items()])


def neighbour_distance(known: Floats, points: Floats, neighbours: int) -> Floats:
    """Return the mean Euclidean distance of each point to its nearest known points, k of them.

    Args:
        known: n x p, at least k rows.
        points: m x p.
        neighbours: k.
    """
    lengths, result = (known**2).sum(axis=1), np.empty(len(points))
    for start in range(0, len(points), _CHUNK):
        part = points[start : start + _CHUNK]
        squares = (part**2).sum(axis=1)[:, None] + lengths[None, :] - 2 * part @ known.T
        nearest = np.partition(squares, neighbours - 1, axis=1)[:, :neighbours]
        result[start : start + _CHUNK] = np.sqrt(np.maximum(nearest, 0.0)).mean(axis=1)
    return result


def learned(values: NDArray[np.generic]) -> Scale | Levels:
    """Learn how the values of one column become coordinates."""
    if values.dtype == np.float64:
        numbers = values.astype(np.float64)
        finite = numbers[np.isfinite(numbers)]
        if not len(finite):
            return Scale(0.0, 1.0)
        low, centre, high = np.quantile(finite, [0.25, 0.5, 0.75])
        unit = float(high - low) / 1.349 or float(finite.std()) or 1.0
        return Scale(float(centre), unit)
    if values.dtype == bool:  # in another table it comes as a number, where a row has none
        return Levels({"false": 0, "true": 1, "0": 0, "1": 1}, frozenset())
    texts, counts = np.unique(np.array([value_text(item) for item in values.tolist()]), return_counts=True)
    frequent = texts[np.lexsort((texts, -counts))][:MOST_LEVELS].tolist()
    rare = frozenset(texts.tolist()) - frozenset(frequent)
    return Levels({text: at for at, text in enumerate(frequent)}, rare - {MISSING})
