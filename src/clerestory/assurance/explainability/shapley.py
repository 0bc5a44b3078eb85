"""Contributions of the inputs to a score, from the model's answers alone: Shapley values against a background.

v(S) is the mean score of rows that have the inputs S of the case and the others of a background row (interventional, as
in kernel SHAP: Lundberg and Lee 2017). With up to 8 inputs all 2^d sets are asked and the values are exact. With more,
each background row gets one random order of the inputs and its reverse (Castro et al. 2009; antithetic pairs, Mitchell
et al. 2022): every order adds up to the output, so the values do too. The background is part of the explanation.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.trial import Move, Predict, Table, Unanswered

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Masks = NDArray[np.bool_]
EXACT_UP_TO = 8
"""So many inputs are explained by all their sets."""
_BATCH = 20_000
Asked = Generator[Move, Any, Floats]


@dataclass(frozen=True, slots=True)
class Explained:
    """Contributions per case and input, the mean score of the background, and the score of each case.

    A case that the model left without an answer has NaN.
    """

    contributions: Floats
    base: float
    output: Floats


def explain(
    cases: Table, background: Table, features: Sequence[str], *, rounds: int = 1, seed: int = 0
) -> Generator[Move, Any, Explained]:
    """Explain the scores of cases; ``rounds`` are the pairs of orders per background row where not all sets are asked.

    The features are asked together with nothing else: both tables need them all and no more.
    """
    output = yield from _scores(cases, features)
    behind = yield from _scores(background, features)
    if len(features) <= EXACT_UP_TO:
        contributions = yield from _exact(cases, background, features)
    else:
        contributions = yield from _sampled(cases, background, features, (output, behind), rounds, seed)
    return Explained(contributions, float(np.mean(behind)), output)


def values_of_sets(cases: Table, background: Table, features: Sequence[str], kept: Masks) -> Asked:
    """Return v(S) per case and set: the mean score over the background with the inputs ``kept`` of the case.

    Args:
        cases: the cases.
        background: the rows that the other inputs are taken from, every one for every set.
        features: the inputs.
        kept: which inputs are the case's, of shape (cases, sets, inputs).
    """
    size, sets, _ = kept.shape
    rows = _rows(background, features)
    case_at, set_at, row_at = (grid.ravel() for grid in np.indices((size, sets, rows)))
    scores = yield from ask_mixed(cases, background, features, (case_at, row_at), kept[case_at, set_at])
    found: Floats = scores.reshape(size, sets, rows).mean(axis=2)
    return found


def ask_mixed(
    cases: Table, background: Table, features: Sequence[str], places: tuple[Places, Places], kept: Masks
) -> Asked:
    """Return the scores of rows that have the ``kept`` inputs of a case and the others of a background row."""
    case_at, row_at = places
    scores = np.full(len(case_at), np.nan)
    for start in range(0, len(case_at), _BATCH):
        part = slice(start, start + _BATCH)
        mixed = {
            name: np.where(kept[part, at], cases[name][case_at[part]], background[name][row_at[part]])
            for at, name in enumerate(features)
        }
        try:
            scores[part] = yield Predict(mixed)
        except Unanswered:
            continue
    return scores


def _scores(table: Table, features: Sequence[str]) -> Asked:
    try:
        scores = yield Predict({name: table[name] for name in features})
    except Unanswered:
        return np.full(_rows(table, features), np.nan)
    return np.asarray(scores, dtype=np.float64)


def _exact(cases: Table, background: Table, features: Sequence[str]) -> Asked:
    """Sum v(S and i) - v(S) over all sets S without i, weighted |S|! (d - |S| - 1)! / d! (Shapley 1953)."""
    width = len(features)
    sets = (np.arange(2**width)[:, None] >> np.arange(width)) & 1 == 1
    every = np.broadcast_to(sets, (_rows(cases, features), *sets.shape))
    values = yield from values_of_sets(cases, background, features, every)
    size = sets.sum(axis=1)
    weight = np.array([factorial(k) * factorial(width - k - 1) for k in range(width)]) / factorial(width)
    found = np.empty((len(values), width))
    for at in range(width):
        without = np.flatnonzero(~sets[:, at])
        found[:, at] = (values[:, without | (1 << at)] - values[:, without]) @ weight[size[without]]
    return found


def _sampled(
    cases: Table, background: Table, features: Sequence[str], ends: tuple[Floats, Floats], rounds: int, seed: int
) -> Asked:
    """Average the steps along random orders from each background row to the case."""
    width, draw = len(features), np.random.default_rng(seed)
    output, behind = ends
    size, rows = len(output), len(behind)
    total = np.zeros((size, width))
    for _ in range(rounds):
        orders = np.argsort(draw.random((size, rows, width)), axis=2)
        for order in (orders, orders[:, :, ::-1]):
            rank = np.argsort(order, axis=2)
            case_at, row_at, step = (grid.ravel() for grid in np.indices((size, rows, width - 1)))
            kept = rank[case_at, row_at] <= step[:, None]
            inner = yield from ask_mixed(cases, background, features, (case_at, row_at), kept)
            start = np.broadcast_to(behind[None, :, None], (size, rows, 1))
            stop = np.broadcast_to(output[:, None, None], (size, rows, 1))
            path = np.concatenate([start, inner.reshape(size, rows, width - 1), stop], axis=2)
            steps = np.take_along_axis(np.diff(path, axis=2), rank, axis=2)
            total += steps.sum(axis=1)
    found: Floats = total / (2 * rounds * rows)
    return found


def _rows(table: Table, features: Sequence[str]) -> int:
    return len(table[features[0]])
