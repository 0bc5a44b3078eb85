"""What a transformed table is good for: a model that learned from it against one that learned from the original.

Both are measured on original rows that neither learned from, and both are attacked: does the model tell who was in?
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.performance.score_pair import count_score_pair
from clerestory.assurance.privacy.attack_curve import count, curve_of, enough, true_positives
from clerestory.assurance.privacy.plain_model import Floats, design, fit
from clerestory.assurance.privacy.transformation import CannotTransform
from clerestory.assurance.statistics.area import paired_area_difference, roc_area
from clerestory.assurance.statistics.interval import Interval
from clerestory.assurance.trial import Table

Marks = NDArray[np.bool_]
_HELD = 0.4


@dataclass(frozen=True, slots=True)
class Membership:
    """Who was in, told from the loss of the model (Yeom et al. 2018): area, and true positives at a false positive
    rate; None where there are too few non-members for that rate."""

    area: Interval
    rate: float | None
    caught: Interval | None


@dataclass(frozen=True, slots=True)
class KeptUse:
    """Areas under the ROC curve of both models on the same original rows, and who was right where one was wrong.

    ``p``: of McNemar's exact test (1947) that both are wrong equally often, deciding at odds of one.
    """

    before: Interval
    after: Interval
    difference: Interval
    accuracy_before: float
    accuracy_after: float
    p: float
    learned_before: int
    learned_after: int
    measured: int
    member_before: Membership
    member_after: Membership


def kept_use(
    before: Table, told: Table, after: Table, label: Marks, label_after: Marks, kept: Marks, *, seed: int
) -> KeptUse:
    """Train a logistic regression on either table and compare both on held-out original rows.

    A held-out row is put to the second model as coarse as its table is, without noise and without suppression: so it
    stands for a new person whose values are known. Rows left out of the table are measured too, for a model must serve
    them as well. Difference: DeLong et al. (1988), after less before.

    Args:
        before: features as they were.
        told: features as coarse as the transformation makes them, without noise.
        after: features as the new table has them; of rows that were left out nothing is read.
        label: what is predicted.
        label_after: the same as the new table has it.
        kept: which rows are left.
        seed: decides which rows are held out.

    Raises:
        CannotTransform: no feature is left, or there are too few rows of either label.
    """
    if not before or not after:
        raise CannotTransform("No column is left to predict the label from.", "Keep at least one.")
    held = np.random.default_rng(seed).random(len(label)) < _HELD
    first, second = ~held, ~held & kept
    for part in (label[held], label[first], label_after[second]):
        if min(int(part.sum()), int((~part).sum())) < 2:
            raise CannotTransform("Too few rows are left to tell what the table is good for.", "Suppress less.")
    scores, odds_of = [], []
    for learn, there, asked, goal in ((first, before, before, label), (second, after, told, label_after)):
        joined = [np.concatenate([there[name][learn], asked[name]]) for name in there]
        x = design(joined)
        found = fit(x[: int(learn.sum())], goal[learn].astype(np.float64))
        odds = x[int(learn.sum()) :] @ found
        odds_of.append(odds)
        scores.append(odds[held])
    tally = count_score_pair(scores[1], scores[0], label[held], unlabelled=0)
    spread, cases = (tally.positive_spread, tally.negative_spread), (tally.positive, tally.negative)
    right = [(score > 0) == label[held] for score in scores]
    return KeptUse(
        before=_area(scores[0], label[held]),
        after=_area(scores[1], label[held]),
        difference=paired_area_difference(tally.area, tally.other_area, spread, cases),
        accuracy_before=float(right[0].mean()),
        accuracy_after=float(right[1].mean()),
        p=mcnemar(int((right[0] & ~right[1]).sum()), int((right[1] & ~right[0]).sum())),
        learned_before=int(first.sum()),
        learned_after=int(second.sum()),
        measured=int(held.sum()),
        member_before=_membership(odds_of[0], label, first, held, seed),
        member_after=_membership(odds_of[1], label, second, held, seed),
    )


def mcnemar(one: int, other: int) -> float:
    """Return the two-sided p of McNemar's exact test from the rows where one alone was right, and the other alone."""
    from scipy.special import bdtr

    if one + other == 0:
        return 1.0
    return min(1.0, 2 * float(bdtr(min(one, other), one + other, 0.5)))


def _area(score: Floats, label: Marks) -> Interval:
    place = np.unique(score, return_inverse=True)[1]
    size = int(place.max()) + 1
    counts = (np.bincount(place[mark], minlength=size).tolist() for mark in (label, ~label))
    return roc_area(*counts)


def _membership(odds: Floats, label: Marks, member: Marks, other: Marks, seed: int) -> Membership:
    both = member | other
    loss = np.logaddexp(0.0, np.where(label, -odds, odds))[both]
    rate = next((rate for rate in (0.001, 0.01) if enough(int(other.sum()), rate)), None)
    cells = count(("loss",), -loss, member[both], () if rate is None else (rate,), seed=seed, family=1)
    curve = curve_of(cells)
    return Membership(curve.area(), rate, None if rate is None else true_positives(curve, rate))
