"""Answers to questions about people, made private: what is counted, how far one person moves it, and the noise on it.

Everything is a vector of whole numbers first, one per cell, so that the noise is exact (`discrete_noise`). Cells are
declared and never found in the data: that a group is there at all would tell of its people. Whatever is computed from
noisy numbers alone costs nothing more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, log2, sqrt

from clerestory.assurance.privacy.privacy_loss import Release
from clerestory.assurance.privacy.released.discrete_noise import Below, discrete_gaussian, discrete_laplace
from clerestory.terms.error import ClerestoryError

WHAT = ("count", "histogram", "sum", "mean", "quantiles")
MECHANISMS = ("geometric", "gaussian")
_STEPS = 2**20
"""A sum is counted in steps of about the largest value over this."""


class QuestionRefused(ClerestoryError):
    """A question has no bound on what one person can change, or asks for noise that cannot be drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What an answer may cost: ``epsilon`` of the geometric mechanism, or ``rho`` (zCDP) of normal noise."""

    mechanism: str
    size: Fraction

    def of(self, part: Fraction) -> "Price":
        """Return a part of it, for one of several vectors that make one answer."""
        return Price(mechanism=self.mechanism, size=self.size * part)

    def release(self) -> Release:
        """Return it as the accountant takes it."""
        if self.mechanism == "gaussian":
            return Release(mechanism="zcdp", rho=float(self.size))
        return Release(mechanism="pure", epsilon=float(self.size))


@dataclass(frozen=True, slots=True)
class Spread:
    """How far the truth may be from what is said: half the width of a 95 % interval of the noise, per cell."""

    half: float


def noisy(counts: Sequence[int], most: int, price: Price, below: Below) -> tuple[list[int], Spread]:
    """Return counts with noise.

    Args:
        counts: per cell.
        most: by how much one person changes all cells together at most; all of it may be in one cell.
        price: what it may cost.
        below: draws whole numbers.

    Raises:
        QuestionRefused: nothing bounds a person's part.
        NoiseImpossible: the price is not positive.
    """
    if most < 1:
        raise QuestionRefused("Nobody can change the answer, so nothing is asked.", "Correct bounds and rows a person.")
    if price.mechanism == "gaussian":
        variance = Fraction(most * most) / (2 * price.size) if price.size > 0 else Fraction(0)
        told = [count + discrete_gaussian(variance, below) for count in counts]
        return told, Spread(1.96 * sqrt(float(variance)))
    scale = Fraction(most) / price.size if price.size > 0 else Fraction(0)
    told = [count + discrete_laplace(scale, below) for count in counts]
    return told, Spread(2.9957322735539909 * float(scale))  # log(20) scales hold 95 %


def step_of(lowest: float, highest: float) -> float:
    """Return the step that sums of bounded values are counted in: a power of two, so that it is exact."""
    widest = max(abs(lowest), abs(highest))
    if not (highest > lowest and widest > 0):
        raise QuestionRefused("The bounds hold no values.", "Give lowest < highest, from the field and not the data.")
    return float(2.0 ** floor(log2(widest / _STEPS)))


def sum_most(lowest: float, highest: float, rows: int) -> int:
    """Return by how many steps one person can change a sum, with so many rows of values in the bounds."""
    return rows * ceil(max(abs(lowest), abs(highest)) / step_of(lowest, highest))


def mean_of(total: float, count: float, lowest: float, highest: float) -> float:
    """Return the mean from a noisy sum of distances to the middle and a noisy count, kept in the bounds."""
    middle = (lowest + highest) / 2
    return min(max(middle + total / max(count, 1.0), lowest), highest)


def quantiles_of(counts: Sequence[float], edges: Sequence[float], wanted: Sequence[float]) -> Mapping[float, float]:
    """Return quantiles from noisy counts between edges: negative ones count 0, values spread evenly in each bin."""
    kept = [max(count, 0.0) for count in counts]
    total = sum(kept)
    found = {}
    for share in wanted:
        left, value = share * total, edges[0]
        for at, count in enumerate(kept):
            if left <= count and count > 0:
                value = edges[at] + (edges[at + 1] - edges[at]) * left / count
                break
            left -= count
            value = edges[at + 1]
        found[share] = value
    return found
