"""Scores by label, as the checks on scores share them: one request, its totals, and what stands in the way."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clerestory.assurance.measurement import Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.tally import Event, Group, ScoreCell, ScoreHistogram, ScoreTally, Tallies

Floats = npt.NDArray[np.float64]
MINIMUM_CASES = 30
MINIMUM_PER_CLASS = 5
BINS = 10

SCORE = Parameter(
    name="score",
    kind="column",
    from_data="score",
    required=True,
    meaning="Column of the score; higher means the positive label is likelier.",
)


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of one group: counts by label per point or bin, and the sums that belong to them."""

    tally: ScoreTally
    cell: ScoreCell

    @property
    def positive(self) -> int:
        """Scored rows with a positive label."""
        return sum(self.cell.positive)

    @property
    def negative(self) -> int:
        """Scored rows with a negative label."""
        return sum(self.cell.negative)

    @property
    def n(self) -> int:
        """Scored and labelled rows."""
        return self.positive + self.negative

    @property
    def share_unscored(self) -> float:
        """Share of labelled rows whose score is missing or infinite."""
        lost = self.cell.unscored + self.cell.infinite
        return lost / (lost + self.n) if lost else 0.0

    @property
    def share_unlabelled(self) -> float:
        """Share of rows without label."""
        rows = self.n + self.cell.unscored + self.cell.infinite + self.cell.unlabelled
        return self.cell.unlabelled / rows if rows else 0.0

    @property
    def are_probabilities(self) -> bool:
        """Whether all scores lie in 0 to 1."""
        low, high = self.tally.minimum, self.tally.maximum
        return low is not None and high is not None and low >= 0 and high <= 1

    def sums(self) -> tuple[Floats, Floats]:
        """Return the sum of the scores per point or bin, of positives and of negatives."""
        if not self.tally.exact:
            return np.array(self.cell.positive_sums), np.array(self.cell.negative_sums)
        points = np.array(self.tally.points)
        return points * np.array(self.cell.positive), points * np.array(self.cell.negative)

    def powers(self, positive: bool) -> tuple[float, float, float, float]:
        """Return the sums of the first four powers of the scores with one label."""
        first = float(self.sums()[0 if positive else 1].sum())
        if not self.tally.exact:
            rest = self.cell.positive_powers if positive else self.cell.negative_powers
            return first, rest[0], rest[1], rest[2]
        points = np.array(self.tally.points)
        counts = np.array(self.cell.positive if positive else self.cell.negative, dtype=np.float64)
        return first, *(float(np.dot(counts, points**power)) for power in (2, 3, 4))  # type: ignore[return-value]


def request(parameters: Parameters, *, by: Sequence[str] = (), bins: int = BINS) -> ScoreHistogram:
    """Return the histogram that checks on scores share, with cuts at the borders of ``bins`` equal bins of 0 to 1."""
    return ScoreHistogram(
        score=parameters.text("score"),
        label=Event(parameters.text("label"), parameters.optional("positive")),
        by=tuple(sorted(by)),
        cuts=tuple(at / bins for at in range(1, bins)),
    )


def overall(tallies: Tallies, asked: ScoreHistogram) -> Scores:
    """Return the scores of all rows."""
    tally = answer(tallies, asked)
    blank = (0,) * (len(tally.points) + (0 if tally.exact else 1))
    sums = () if tally.exact else (0.0,) * len(blank)
    powers = () if tally.exact else (0.0, 0.0, 0.0)
    empty = ScoreCell(
        group=(),
        positive=blank,
        negative=blank,
        positive_sums=sums,
        negative_sums=sums,
        positive_powers=powers,
        negative_powers=powers,
    )
    return Scores(tally, tally.cells[0] if tally.cells else empty)


def answer(tallies: Tallies, asked: ScoreHistogram) -> ScoreTally:
    """Return the answer to a histogram."""
    tally = tallies[asked]
    if not isinstance(tally, ScoreTally):
        raise TypeError(f"a {type(tally).__name__} answers a request for scores")
    return tally


def late(answered: ScoreTally, parameters: Parameters) -> tuple[Reason | None, float]:
    """Return the reason when labels are missing, and the share of labelled rows without a usable score."""
    every = [Scores(answered, cell) for cell in answered.cells]
    scored, lost = sum(item.n for item in every), sum(item.cell.unscored + item.cell.infinite for item in every)
    unlabelled = sum(item.cell.unlabelled for item in every)
    rows = scored + lost + unlabelled
    missing = unlabelled > rows * parameters.number("max_unlabelled_share")
    return Reason.LABELS_MISSING if missing else None, lost / (scored + lost) if lost else 0.0


def by_group(
    answered: ScoreTally, features: Sequence[str], *, intersections: bool
) -> list[tuple[tuple[str, ...], dict[Group, Scores]]]:
    """Return the scores of each group, per feature, and for the intersection of all where it is asked for.

    Args:
        answered: cells of all features.
        features: in the order of the cells' groups.
        intersections: compare the intersection too, when there are several features.
    """
    chosen: list[tuple[int, ...]] = [(at,) for at in range(len(features))]
    if intersections and len(features) > 1:
        chosen.append(tuple(range(len(features))))
    found = []
    for axes in chosen:
        cells: dict[Group, list[ScoreCell]] = {}
        for cell in answered.cells:
            cells.setdefault(tuple(cell.group[at] for at in axes), []).append(cell)
        merged = {key: Scores(answered, _together(key, cells[key])) for key in sorted(cells)}
        found.append((tuple(features[at] for at in axes), merged))
    return found


def named(features: Sequence[str], group: Group) -> str:
    """Return how a group is shown: ``sex=f, age=30``."""
    return ", ".join(f"{feature}={text}" for feature, text in zip(features, group, strict=True))


def _together(group: Group, cells: Sequence[ScoreCell]) -> ScoreCell:
    def counts(name: str) -> tuple[int, ...]:
        return tuple(int(sum(column)) for column in zip(*(getattr(cell, name) for cell in cells), strict=True))

    def sums(name: str) -> tuple[float, ...]:
        return tuple(float(sum(column)) for column in zip(*(getattr(cell, name) for cell in cells), strict=True))

    return ScoreCell(
        group=group,
        positive=counts("positive"),
        negative=counts("negative"),
        positive_sums=sums("positive_sums"),
        negative_sums=sums("negative_sums"),
        positive_powers=sums("positive_powers"),
        negative_powers=sums("negative_powers"),
        unlabelled=sum(cell.unlabelled for cell in cells),
        unscored=sum(cell.unscored for cell in cells),
        infinite=sum(cell.infinite for cell in cells),
    )


def obstacle(scores: Scores, parameters: Parameters, *, classes: bool, probabilities: bool) -> Reason | None:
    """Return why nothing can be concluded from the scores, or None.

    Args:
        scores: all scores.
        parameters: with ``max_unlabelled_share``.
        classes: both labels are needed.
        probabilities: the scores must lie in 0 to 1.
    """
    if scores.n < MINIMUM_CASES or (classes and min(scores.positive, scores.negative) < MINIMUM_PER_CLASS):
        return Reason.INSUFFICIENT_DATA
    if scores.share_unlabelled > parameters.number("max_unlabelled_share"):
        return Reason.LABELS_MISSING
    return Reason.ASSUMPTION_BROKEN if probabilities and not scores.are_probabilities else None


def left_out(scores: Scores) -> dict[str, str]:
    """Return what was left out, as details."""
    cell = scores.cell
    counts = {
        "rows without label": cell.unlabelled,
        "rows without score": cell.unscored,
        "rows with infinite score": cell.infinite,
    }
    return {name: str(count) for name, count in counts.items() if count}
