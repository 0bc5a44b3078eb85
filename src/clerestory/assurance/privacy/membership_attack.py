"""Attacks that guess from a model's answers whether a row was in its training data.

Each gives one number per row, higher for what looks like a member, calibrated within each class of the label.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.privacy.plain_model import Floats, design, fits_of_parts, logit, out_of_fold
from clerestory.assurance.trial import Table
from clerestory.terms.error import ClerestoryError

Mask = NDArray[np.bool_]


class ScoresUnusable(ClerestoryError):
    """Scores are no probabilities or labels no yes and no, so that there is no confidence to attack."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Members and non-members together: what the model takes, the label (1 yes, 0 no), and who is a member."""

    table: Table
    label: Floats
    member: Mask


def confidence(rows: Rows, scores: Floats) -> Floats:
    """Return the logit of the probability that the model gives to the true label.

    Raises:
        ScoresUnusable: a score lies outside 0 to 1.
    """
    if bool(((scores < 0) | (scores > 1)).any()):
        raise ScoresUnusable(
            f"The model's scores reach from {scores.min():g} to {scores.max():g} and are no probabilities.",
            "Let the model give the probability of the favourable class.",
        )
    found: Floats = logit(np.where(rows.label == 1, scores, 1 - scores))
    return found


def loss_attack(rows: Rows, sure: Floats) -> Floats:
    """Return how sure the model is of the true label, against non-members of the same class.

    The threshold on the loss of Yeom et al. (2018), one per class as in Song and Mittal (2021).
    """
    return _by_class(rows, sure)


def likelihood_attack(rows: Rows, sure: Floats, *, models: int, seed: int) -> Floats:
    """Return how much surer the model is of a row than models that did not see it would be.

    The offline likelihood ratio of Carlini et al. (2022): normal with the mean and the variance of the logit that
    shadow models, each trained on a random half of all rows, give to the row where they did not see it. The shadows are
    plain logistic regressions; the variance by which the model itself differs from them on non-members is added.
    """
    x, half = design(list(rows.table.values())), np.random.default_rng(seed)
    outside, total, squares = np.zeros(len(sure)), np.zeros(len(sure)), np.zeros(len(sure))
    parts = [half.random(len(sure)) < 0.5 for _ in range(models)]
    for seen, found in zip(parts, fits_of_parts(x, rows.label, parts), strict=True):
        odds = x @ found
        own = np.clip(np.where(rows.label == 1, odds, -odds), -14.0, 14.0)
        outside, total = outside + ~seen, total + np.where(seen, 0.0, own)
        squares += np.where(seen, 0.0, own**2)
    times = np.maximum(outside, 1.0)
    mean = total / times
    spread = np.maximum(squares / times - mean**2, 0.0)
    gap = sure - mean
    rest = float(np.var(gap[~rows.member])) if (~rows.member).any() else 1.0
    return _by_class(rows, gap / np.sqrt(spread + max(rest, 1e-9)))


def blind_attack(rows: Rows, *, seed: int) -> Floats:
    """Return the chance to be a member as a model tells it that sees the row and its label, and never the model.

    What it can tell is a difference of the two samples and no leak (Das, Zhang and Tramer 2024).
    """
    x = design([*rows.table.values(), rows.label], squares=True)
    return out_of_fold(x, rows.member.astype(np.float64), seed=seed)


def _by_class(rows: Rows, scores: Floats) -> Floats:
    found = scores.astype(np.float64).copy()
    for value in (0.0, 1.0):
        own = rows.label == value
        others = scores[own & ~rows.member]
        spread = float(others.std()) if len(others) > 1 else 0.0
        found[own] = (scores[own] - (float(others.mean()) if len(others) else 0.0)) / (spread or 1.0)
    return found
