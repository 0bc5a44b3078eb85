"""Score histograms against plain counting and scikit-learn."""

import math
import random
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from clerestory.assurance.tally import MISSING, Event, ScoreHistogram, ScoreTally
from tests.store.engine.conftest import Count

LABEL = Event("label")


def people(rows: int, distinct: int) -> dict[str, list[object]]:
    """Draw scores, labels and groups with missing and infinite values."""
    draw = random.Random(11)
    odd = [None, float("nan"), float("inf")]
    return {
        "score": [
            draw.choice(odd) if draw.random() < 0.05 else draw.randrange(distinct) / distinct for _ in range(rows)
        ],
        "label": [draw.choice([True, False, None]) for _ in range(rows)],
        "sex": [draw.choice(["f", "m", None]) for _ in range(rows)],
        "age": [draw.choice([20, 30, None]) for _ in range(rows)],
    }


def rows_of(table: dict[str, list[object]]) -> list[tuple[object, ...]]:
    """Return (score, label, group) row by row, groups as texts."""
    return [
        (score, label, tuple(MISSING if part is None else str(part) for part in (sex, age)))
        for score, label, sex, age in zip(*(table[key] for key in ("score", "label", "sex", "age")), strict=True)
    ]


def finite(score: object) -> bool:
    """Say whether a score is there and finite."""
    return isinstance(score, float) and math.isfinite(score)


def test_few_distinct_scores_are_counted_one_by_one(count: Count) -> None:
    table = people(800, 20)
    asked = ScoreHistogram("score", LABEL, by=("sex", "age"))
    found = count([asked], table).tallies[asked]
    assert isinstance(found, ScoreTally) and found.exact
    rows = rows_of(table)
    assert found.points == tuple(sorted({score for score, label, _ in rows if finite(score) and label is not None}))
    counted = Counter((group, label, score) for score, label, group in rows if finite(score))
    assert [cell.group for cell in found.cells] == sorted({group for *_, group in rows})
    for cell in found.cells:
        assert cell.positive == tuple(counted[cell.group, True, point] for point in found.points)
        assert cell.negative == tuple(counted[cell.group, False, point] for point in found.points)
        mine = [(score, label) for score, label, group in rows if group == cell.group]
        assert cell.unlabelled == sum(label is None for _, label in mine)
        assert cell.infinite == sum(label is not None and score == math.inf for score, label in mine)
        assert cell.unscored == sum(
            label is not None and not finite(score) and score != math.inf for score, label in mine
        )


def test_many_distinct_scores_fall_into_bins_with_their_sums(count: Count) -> None:
    table = people(3000, 2500)
    asked = ScoreHistogram("score", LABEL, by=("sex",), cuts=(0.25, 0.5), exact_up_to=100, bins=50)
    found = count([asked], table).tallies[asked]
    assert isinstance(found, ScoreTally) and not found.exact
    used = [(score, label, group[0]) for score, label, group in rows_of(table) if finite(score) and label is not None]
    scores = sorted(float(score) for score, *_ in used)  # type: ignore[arg-type]
    ranks = {scores[math.ceil(len(scores) * k / 50) - 1] for k in range(1, 50)}
    assert found.points == tuple(sorted(ranks | {0.25, 0.5}))
    assert (found.minimum, found.maximum) == (scores[0], scores[-1])
    edges = (-math.inf, *found.points, math.inf)
    for cell in found.cells:
        for side, counts, sums, powers in (
            (True, cell.positive, cell.positive_sums, cell.positive_powers),
            (False, cell.negative, cell.negative_sums, cell.negative_powers),
        ):
            mine = [float(score) for score, label, group in used if (group, label) == (cell.group[0], side)]  # type: ignore[arg-type]
            binned = [[s for s in mine if low < s <= high] for low, high in pairwise(edges)]
            assert counts == tuple(len(part) for part in binned)
            assert sums == pytest.approx([math.fsum(part) for part in binned], abs=1e-9)
            assert powers == pytest.approx([math.fsum(s**power for s in mine) for power in (2, 3, 4)], rel=1e-12)


def test_exact_counts_carry_the_area_under_the_curve(count: Count) -> None:
    draw = np.random.default_rng(5)
    scores = np.round(draw.random(2000), 3)
    labels = draw.random(2000) < scores
    asked = ScoreHistogram("score", LABEL)
    found = count([asked], {"score": scores, "label": labels}).tallies[asked]
    assert isinstance(found, ScoreTally)
    (cell,) = found.cells
    positive, negative = np.array(cell.positive), np.array(cell.negative)
    below = np.cumsum(negative) - negative
    area = (positive * (below + negative / 2)).sum() / (positive.sum() * negative.sum())
    assert area == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


def test_requests_that_differ_in_groups_share_their_points(count: Count) -> None:
    asked = [ScoreHistogram("score", LABEL), ScoreHistogram("score", LABEL, by=("sex",))]
    found = count(asked, people(500, 30)).tallies
    whole, parts = found[asked[0]], found[asked[1]]
    assert isinstance(whole, ScoreTally) and isinstance(parts, ScoreTally)
    assert whole.points == parts.points
    assert sum(sum(cell.positive) for cell in parts.cells) == sum(whole.cells[0].positive)


def test_no_labels_at_all_leave_an_empty_histogram(count: Count) -> None:
    asked = ScoreHistogram("score", LABEL)
    found = count([asked], {"score": [0.1, 0.2], "label": [None, None], "one": [1, 2]})
    assert found.refused[asked].problem.startswith("Column 'label' of the current data is other")
