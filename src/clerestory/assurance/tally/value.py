"""What an engine answers: frozen counts and sums. They hold no row of the data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from clerestory.assurance.tally.request import Request
from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import number_text
from clerestory.terms.moment import moment_text

Group = tuple[str, ...]
"""Values of the grouping columns in their order, each as `value_text` writes it."""

MISSING = "(missing)"
"""The text that stands for a missing value in a group; reserved."""


class InconsistentTally(ClerestoryError):
    """The parts of a tally do not fit together."""


def value_text(value: object) -> str:
    """Write a cell of a table as the text that groups and categories carry; None and NaN become `MISSING`."""
    if value is None or value != value:
        return MISSING
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(value) if value in (float("inf"), float("-inf")) else number_text(value)
    if isinstance(value, datetime):
        return moment_text(value) if value.tzinfo else value.isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfusionCell:
    """Decision against label in one cell. Decided and labelled: tp, fp, fn, tn. The rest is missing one or both.

    tp: favourable decision, positive label; fp: favourable, negative; fn: unfavourable, positive; tn: both against.
    """

    group: Group
    tp: int = 0
    fp: int = 0
    fn: int = 0
    tn: int = 0
    favourable_unlabelled: int = 0
    unfavourable_unlabelled: int = 0
    undecided_positive: int = 0
    undecided_negative: int = 0
    undecided_unlabelled: int = 0


@dataclass(frozen=True, slots=True)
class ConfusionTally:
    """Cells in the order of their groups; empty cells are left out."""

    cells: tuple[ConfusionCell, ...]

    def __post_init__(self) -> None:
        _ascending("groups", [cell.group for cell in self.cells])


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreCell:
    """Scores of one cell, by label, aligned with the points (exact) or bins of the tally.

    ``positive_sums`` and ``negative_sums``: sum of the scores per bin; ``positive_powers`` and ``negative_powers``:
    sums of the squares, cubes and fourth powers over the cell. All four are empty when the tally is exact.
    """

    group: Group
    positive: tuple[int, ...]
    negative: tuple[int, ...]
    positive_sums: tuple[float, ...] = ()
    negative_sums: tuple[float, ...] = ()
    positive_powers: tuple[float, ...] = ()
    negative_powers: tuple[float, ...] = ()
    unlabelled: int = 0
    """Rows without label, with or without score."""
    unscored: int = 0
    """Labelled rows whose score is missing."""
    infinite: int = 0
    """Labelled rows whose score is infinite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreTally:
    """Histogram of scores. Exact: ``points`` are the distinct scores, ascending, one count for each.

    Otherwise bin i holds points[i - 1] < score <= points[i], the first and last are open: len(points) + 1 bins.
    """

    exact: bool
    points: tuple[float, ...]
    cells: tuple[ScoreCell, ...]
    minimum: float | None = None
    """Smallest and largest finite score of labelled rows; None when there is none."""
    maximum: float | None = None

    def __post_init__(self) -> None:
        _ascending("points", list(self.points))
        _ascending("groups", [cell.group for cell in self.cells])
        bins = len(self.points) + (0 if self.exact else 1)
        for cell in self.cells:
            _aligned("scores", bins, cell.positive, cell.negative)
            _aligned("sums", 0 if self.exact else bins, cell.positive_sums, cell.negative_sums)
            _aligned("powers", 0 if self.exact else 3, cell.positive_powers, cell.negative_powers)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePairTally:
    """Two scores against one label. Sums are over the labelled rows that have both scores, finite.

    ``loss``: sum of (other - label)^2 - (score - label)^2, ``loss_squares`` of its squares; both are 0 where a score
    lies outside 0 to 1. ``area`` and ``other_area`` are the areas under the ROC curves (0 where one label is missing);
    ``positive_spread`` and ``negative_spread`` sum the squared differences of the placements that make them.
    """

    positive: int
    negative: int
    unlabelled: int = 0
    """Rows without label, with or without scores."""
    unscored: int = 0
    """Labelled rows that lack one of the scores, or have an infinite one."""
    minimum: float | None = None
    """Smallest and largest of both scores; None when there is no row."""
    maximum: float | None = None
    loss: float = 0.0
    loss_squares: float = 0.0
    area: float = 0.0
    other_area: float = 0.0
    positive_spread: float = 0.0
    negative_spread: float = 0.0

    def __post_init__(self) -> None:
        rows, room = self.positive + self.negative, 1 + 1e-9
        inside = (
            0 <= self.area <= 1
            and 0 <= self.other_area <= 1
            and abs(self.loss) <= rows * room
            and 0 <= self.loss_squares <= rows * room
            and 0 <= self.positive_spread <= self.positive * room
            and 0 <= self.negative_spread <= self.negative * room
        )
        if not inside:
            raise InconsistentTally("The sums of a tally are larger than its rows allow.", "Count again.")


@dataclass(frozen=True, slots=True)
class CountCell:
    """Rows of one group."""

    group: Group
    n: int


@dataclass(frozen=True, slots=True)
class GroupTally:
    """Cells in the order of their groups, and the rows of all cells beyond the limit."""

    cells: tuple[CountCell, ...]
    other: int = 0

    def __post_init__(self) -> None:
        _ascending("groups", [cell.group for cell in self.cells])


@dataclass(frozen=True, slots=True)
class CategoryTally:
    """Rows per allowed category in the order asked, rows with another value, rows without."""

    counts: tuple[int, ...]
    other: int
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NullTally:
    """Of ``rows``: null, NaN (not null), and infinite."""

    rows: int
    missing: int
    not_a_number: int = 0
    infinite: int = 0

    def __post_init__(self) -> None:
        _within("rows", self.rows, self.missing, self.not_a_number, self.infinite)


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeTally:
    """Of ``rows``: missing (null or NaN), infinite, finite but below or above the range."""

    rows: int
    missing: int
    infinite: int
    below: int
    above: int

    def __post_init__(self) -> None:
        _within("rows", self.rows, self.missing, self.infinite, self.below, self.above)


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentsTally:
    """Sums over the ``rows - missing - infinite`` finite values; extremes None when there is no finite value."""

    rows: int
    missing: int
    infinite: int
    total: float
    squares: float
    minimum: float | None = None
    maximum: float | None = None

    def __post_init__(self) -> None:
        _within("rows", self.rows, self.missing, self.infinite)


@dataclass(frozen=True, slots=True)
class SchemaTally:
    """Columns in the order of the table: name and type.

    Types: ``integer``, ``number``, ``boolean``, ``text``, ``date``, ``moment`` (date and time), ``other``.
    Categorical and enumerated columns of text are ``text``; decimals are ``number``.
    """

    columns: tuple[tuple[str, str], ...]
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateTally:
    """Rows, distinct keys among rows with a whole key, and rows with a missing part of the key."""

    rows: int
    distinct: int
    incomplete: int

    def __post_init__(self) -> None:
        _within("rows", self.rows, self.distinct, self.incomplete)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTally:
    """Rows, those of them that a rule between columns could judge, and those of these that break it."""

    rows: int
    judged: int
    broken: int

    def __post_init__(self) -> None:
        _within("rows", self.rows, self.judged)
        _within("judged rows", self.judged, self.broken)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshnessTally:
    """Rows missing, in the future, too old; earliest and latest moment as `moment_text` writes it, if any."""

    rows: int
    missing: int
    future: int
    old: int
    earliest: str | None = None
    latest: str | None = None

    def __post_init__(self) -> None:
        _within("rows", self.rows, self.missing, self.future)
        _within("rows", self.rows, self.missing, self.old)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """One sample along the points: ``at[i]`` equal to point i, ``between[i]`` strictly between points i - 1 and i.

    ``between`` is one longer than ``at``: its first counts below all points, its last above all. ``missing`` are null
    or NaN; they and ``infinite`` are counted nowhere else.
    """

    at: tuple[int, ...]
    between: tuple[int, ...]
    missing: int = 0
    infinite: int = 0

    def __post_init__(self) -> None:
        _aligned("between", len(self.at) + 1, self.between)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoSampleTally:
    """Reference and current along the same points; ``exact`` when every finite reference value is a point."""

    exact: bool
    points: tuple[float, ...]
    reference: Spread
    current: Spread

    def __post_init__(self) -> None:
        _ascending("points", list(self.points))
        _aligned("points", len(self.points), self.reference.at, self.current.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoCategoryTally:
    """Reference and current per category, ascending by text; the categories are those seen in either, at most 1,000.

    Beyond 1,000 distinct values only the largest of the reference are kept and the rest is counted as other.
    """

    categories: tuple[str, ...]
    reference: tuple[int, ...]
    current: tuple[int, ...]
    reference_missing: int = 0
    current_missing: int = 0
    reference_other: int = 0
    current_other: int = 0

    def __post_init__(self) -> None:
        _ascending("categories", list(self.categories))
        _aligned("categories", len(self.categories), self.reference, self.current)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidentJointTally:
    """``joint[i][j]``: rows labelled class i and confidently predicted as j; ``labelled[i]``: all rows of class i.

    Rows that are confident in no class are in ``labelled`` only. ``unlabelled`` rows are in neither, nor are the
    ``left_out``: labelled rows beyond the number that a model was trained on.
    """

    classes: tuple[str, ...]
    labelled: tuple[int, ...]
    joint: tuple[tuple[int, ...], ...]
    unlabelled: int = 0
    left_out: int = 0

    def __post_init__(self) -> None:
        size = len(self.classes)
        _aligned("classes", size, self.labelled, self.joint, *self.joint)
        for total, row in zip(self.labelled, self.joint, strict=True):
            _within("labelled", total, *row)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialCell:
    """Cases of one kind: how many were tried, how many hit, and where each has a number, its sum and sum of squares."""

    kind: Group
    n: int
    hits: int = 0
    total: float = 0.0
    squares: float = 0.0

    def __post_init__(self) -> None:
        if not (0 <= self.hits <= self.n and 0 <= self.squares < float("inf") and abs(self.total) < float("inf")):
            raise InconsistentTally(
                f"{', '.join(self.kind)}: {self.hits} of {self.n} cases hit.", "Count again with this version."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialTally:
    """Cells in the order of their kinds; ``unanswered`` cases got no answer. ``notes``: what was used, for people."""

    cells: tuple[TrialCell, ...]
    unanswered: int = 0
    notes: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        _ascending("kinds", [cell.kind for cell in self.cells])


Tally = (
    ConfusionTally
    | ScoreTally
    | ScorePairTally
    | GroupTally
    | CategoryTally
    | NullTally
    | RangeTally
    | MomentsTally
    | SchemaTally
    | DuplicateTally
    | RuleTally
    | FreshnessTally
    | TwoSampleTally
    | TwoCategoryTally
    | ConfidentJointTally
    | TrialTally
)
Tallies = Mapping[Request, Tally]
"""Answers by request, as an engine hands them over."""


def _ascending(what: str, items: list[float] | list[str] | list[Group]) -> None:
    if any(not left < right for left, right in pairwise(items)):  # type: ignore[operator]
        raise InconsistentTally(f"The {what} of a tally are not strictly ascending.", "Count again with this version.")


def _aligned(what: str, size: int, *rows: tuple[object, ...]) -> None:
    if any(len(row) != size for row in rows):
        raise InconsistentTally(f"A tally has a row of {what} with the wrong length.", "Count again with this version.")


def _within(what: str, total: int, *parts: int) -> None:
    if sum(parts) > total:
        raise InconsistentTally(f"Parts of a tally add up to more than its {what}.", "Count again with this version.")
