"""Scales, matrix and acceptable level as data of the organisation, and the level of a rating by them.

Refuses a matrix in which more likelihood or more consequence would mean less risk, and criteria that nothing exceeds.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from clerestory.registers.risk.rules.money import Appetite, check_appetite, read_appetite, stored_appetite
from clerestory.terms.error import ClerestoryError
from clerestory.terms.sentence import enumeration, word
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain

DIMENSIONS = ("organisation", "individuals", "societies")
"""For whom consequences are rated, each apart (6.1.2 d 1)."""
LIKELIHOOD = "likelihood"
FEWEST_STEPS, MOST_STEPS = 3, 7


class CriteriaRefused(ClerestoryError):
    """Scales, matrix or method lack something or contradict themselves."""


class RatingRefused(ClerestoryError):
    """A rating is not on the scale, or leaves a dimension out."""


class Level(StrEnum):
    """How much risk there is, by the criteria in force; the order is the order of the names here."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    VERY_HIGH = "very high"

    @property
    def rank(self) -> int:
        """Return 1 for the lowest level."""
        return LEVELS.index(self) + 1


LEVELS = tuple(Level)


def level_at(rank: int) -> Level | None:
    """Return the level of a rank; None for 0, which is not analysed."""
    return LEVELS[rank - 1] if 1 <= rank <= len(LEVELS) else None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a scale in plain words."""

    label: str
    description: str


@dataclass(frozen=True, slots=True)
class Rating:
    """Steps on the scales, counted from 1: one likelihood, one consequence for each dimension."""

    likelihood: int
    consequences: tuple[tuple[str, int], ...]

    @property
    def consequence(self) -> int:
        """The highest consequence, which the matrix is read with."""
        return max((step for _, step in self.consequences), default=0)

    def of(self, dimension: str) -> int:
        """Return the consequence in one dimension; 0 where it was not rated."""
        return dict(self.consequences).get(dimension, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """Scales and what parts acceptable from unacceptable risk; ``matrix`` has a row for each step of likelihood."""

    likelihood: tuple[Step, ...]
    consequences: tuple[tuple[str, tuple[Step, ...]], ...]
    matrix: tuple[tuple[Level, ...], ...]
    acceptable: Level
    source: str = ""
    money: Appetite | None = None

    @property
    def scales(self) -> int:
        """How many scales there are."""
        return 1 + len(self.consequences)

    @property
    def widest(self) -> int:
        """How many steps of consequence there are."""
        return len(self.matrix[0])

    def scale(self, dimension: str) -> tuple[Step, ...]:
        """Return the scale of likelihood or of a dimension of consequence."""
        return self.likelihood if dimension == LIKELIHOOD else dict(self.consequences)[dimension]

    def cell(self, likelihood: int, consequence: int) -> Level | None:
        """Return the level of one cell of the matrix; None where the scales do not reach."""
        if 1 <= likelihood <= len(self.matrix) and 1 <= consequence <= self.widest:
            return self.matrix[likelihood - 1][consequence - 1]
        return None

    def same_scales(self, other: "Criteria") -> bool:
        """Tell whether ratings by other criteria mean the same by these: only matrix and limit may differ."""
        return (self.likelihood, self.consequences) == (other.likelihood, other.consequences)

    def is_over(self, level: Level | None) -> bool:
        """Tell whether a level is over the acceptable one."""
        return level is not None and level.rank > self.acceptable.rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """How risks are assessed, by part, with the criteria that levels are read by."""

    criteria: Criteria
    parts: tuple[tuple[str, str], ...]

    @property
    def covered(self) -> tuple[str, ...]:
        """The parts that something is said about."""
        return tuple(sorted(part for part, text in self.parts if text.strip()))


def level_of(criteria: Criteria, rating: Rating) -> Level:
    """Return the level of a rating: the cell of its likelihood and its highest consequence.

    Raises:
        RatingRefused: a step is not on its scale, or a dimension is left out.
    """
    check_rating(criteria, rating)
    found = criteria.cell(rating.likelihood, rating.consequence)
    if found is None:
        raise RatingRefused(_("The rating is outside the matrix."), _("Choose a step of each scale."))
    return found


def check_rating(criteria: Criteria, rating: Rating) -> None:
    """Refuse a step that is not on its scale and a dimension that is left out or unknown."""
    rated = dict(rating.consequences)
    if set(rated) != set(DIMENSIONS) or len(rated) != len(rating.consequences):
        raise RatingRefused(
            _("Consequences are rated for {names}.", names=enumeration(sorted(rated)) if rated else _("nobody")),
            _("Rate each of: {choices}.", choices=enumeration(DIMENSIONS)),
        )
    for name, step in ((LIKELIHOOD, rating.likelihood), *rating.consequences):
        highest = len(criteria.scale(name))
        if not 1 <= step <= highest:
            raise RatingRefused(
                _("{step} is no step of {name}.", step=step, name=word(name)),
                _("Choose from 1 to {highest}.", highest=highest),
            )


def check_method(method: Method, parts: Sequence[str]) -> None:
    """Refuse a method with unknown or empty parts, and criteria that contradict themselves."""
    unknown = [part for part, _ in method.parts if part not in parts]
    if unknown:
        raise CriteriaRefused(
            _("{unknown!r} is no part of a method.", unknown=unknown[0]), _("Use: {choices}.", choices=", ".join(parts))
        )
    for part, text in method.parts:
        plain(text, _("description of {part}", part=part), longest=20_000, lines=True)
    check_criteria(method.criteria)


def check_criteria(criteria: Criteria) -> None:
    """Refuse scales of fewer than three or more than seven steps, and a matrix that does not fit or does not rise."""
    _check_scale(LIKELIHOOD, criteria.likelihood)
    if tuple(name for name, _ in criteria.consequences) != DIMENSIONS:
        raise CriteriaRefused(
            _("A scale of consequence is missing."),
            _("Give one for each of: {choices}.", choices=enumeration(DIMENSIONS)),
        )
    for name, steps in criteria.consequences:
        _check_scale(name, steps)
    widths = {len(steps) for _, steps in criteria.consequences} | {len(row) for row in criteria.matrix}
    if len(widths) != 1 or len(criteria.matrix) != len(criteria.likelihood):
        raise CriteriaRefused(
            _("The matrix does not fit the scales."),
            _("Give a row for each likelihood, a column for each consequence, and all consequences the same steps."),
        )
    _check_rising(criteria.matrix)
    if criteria.money is not None:
        check_appetite(criteria.money)
    if criteria.acceptable is Level.VERY_HIGH:
        raise CriteriaRefused(_("Every risk would be acceptable."), _("Choose an acceptable level below very high."))
    if not any(criteria.is_over(level) for row in criteria.matrix for level in row):
        raise CriteriaRefused(
            _("No cell is over the acceptable level."), _("Lower the acceptable level or raise a cell.")
        )


def read_criteria(stored: Mapping[str, Any]) -> Criteria:
    """Read criteria from stored values, whose shape is that of `stored_criteria`."""
    return Criteria(
        likelihood=_steps(stored["likelihood"]),
        consequences=tuple((name, _steps(stored["consequences"][name])) for name in DIMENSIONS),
        matrix=tuple(tuple(Level(level) for level in row) for row in stored["matrix"]["rows"]),
        acceptable=Level(stored["acceptable"]),
        source=str(stored.get("source", "")),
        money=read_appetite(stored.get("money")),
    )


def stored_criteria(criteria: Criteria) -> dict[str, Any]:
    """Return criteria as they are stored."""
    return {
        "likelihood": [{"label": s.label, "description": s.description} for s in criteria.likelihood],
        "consequences": {
            name: [{"label": s.label, "description": s.description} for s in steps]
            for name, steps in criteria.consequences
        },
        "matrix": {"rows": [[str(level) for level in row] for row in criteria.matrix]},
        "acceptable": str(criteria.acceptable),
        "source": criteria.source,
        "money": stored_appetite(criteria.money),
    }


@cache
def shipped_method() -> Method:
    """Return the method and criteria that come with the product, which nobody approved yet."""
    stored = _shipped()
    return Method(criteria=read_criteria(stored), parts=tuple(stored["parts"].items()))


@cache
def shipped_steps() -> tuple[str, ...]:
    """Return the steps of treating a risk that come with the product."""
    return tuple(_shipped()["process"]["steps"])


@cache
def _shipped() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "criteria.toml").read_text(encoding="utf-8"))


def _steps(stored: Sequence[Mapping[str, str]]) -> tuple[Step, ...]:
    return tuple(Step(str(step["label"]).strip(), str(step["description"]).strip()) for step in stored)


def _check_scale(name: str, steps: Sequence[Step]) -> None:
    if not FEWEST_STEPS <= len(steps) <= MOST_STEPS:
        raise CriteriaRefused(
            _("The scale of {name} has {count} steps.", name=word(name), count=len(steps)),
            _("Use from {fewest_steps} to {most_steps}.", fewest_steps=FEWEST_STEPS, most_steps=MOST_STEPS),
        )
    for step in steps:
        plain(step.label, _("label of a step of {name}", name=name), longest=60)
        plain(step.description, _("description of {label}", label=step.label), longest=500)
    if len({step.label.casefold() for step in steps}) != len(steps):
        raise CriteriaRefused(_("Two steps of {name} have the same label.", name=word(name)), _("Give each its own."))


def _check_rising(matrix: Sequence[Sequence[Level]]) -> None:
    ranks = [[level.rank for level in row] for row in matrix]
    for row in ranks:
        if row != sorted(row):
            raise CriteriaRefused(_("More consequence would mean less risk."), _("Let each row of the matrix rise."))
    for column in zip(*ranks, strict=True):
        if list(column) != sorted(column):
            raise CriteriaRefused(_("More likelihood would mean less risk."), _("Let each column of the matrix rise."))
