"""What a model uses, as one picture that says how far it can be relied on: importance, its stability and faithfulness.

A bar chart of importance alone says nothing of whether another sample would give another order, nor whether the model
rests on what stands on top. Both are measured here on the same rows, and belong beside the bars.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.explainability.importance import (
    Ask,
    Dependence,
    Importance,
    partial_dependence,
    permutation_importance,
    squared_error,
)
from clerestory.assurance.explainability.shapley import Floats
from clerestory.assurance.trial import Table

SPLITS, DRAWN = 5, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Importance of the inputs, the largest first, and the dependence of the first few.

    ``stability`` is the mean and ``least_stable`` the least rank correlation of the importances of two halves of the
    rows; ``faithfulness`` 1 where what stands on top carries the whole loss, 0 where the order says no more than
    chance. None where it cannot be measured: one input, or a model that uses none.
    """

    importances: tuple[Importance, ...]
    dependences: tuple[Dependence, ...]
    stability: float | None
    least_stable: float | None
    faithfulness: float | None
    rows: int
    loss: str


def overview(
    ask: Ask, table: Table, truth: Floats, features: Sequence[str], *, loss: str, repeats: int = 3, seed: int = 0
) -> Overview:
    """Return what a model uses on rows.

    Stability: Spearman's rank correlation (1904) of the importances of two halves, over five ways to halve the rows.
    Faithfulness: inputs are shuffled one after the other and stay shuffled, once in the order of importance and once
    in the reverse; the area between the two curves of the mean loss, over the rise when all are shuffled times half
    the number of steps. It is the deletion test of attributions (Samek et al. 2017) for the order of a whole model.

    Args:
        ask: the model.
        table: rows with all its inputs.
        truth: the true value of each row, or its own score, which then asks how far the score moves.
        features: the inputs.
        loss: what the loss is, in words.
        repeats: shuffles per input.
        seed: seed of shuffles and halves.
    """
    found = permutation_importance(ask, table, truth, features, repeats=repeats, seed=seed)
    order = [item.feature for item in found]
    agreed = _agreement(ask, table, truth, features, seed)
    return Overview(
        importances=found,
        dependences=tuple(partial_dependence(ask, table, feature) for feature in order[:DRAWN]),
        stability=float(np.mean(agreed)) if agreed else None,
        least_stable=min(agreed) if agreed else None,
        faithfulness=_faithfulness(ask, table, truth, order, seed),
        rows=len(truth),
        loss=loss,
    )


def _agreement(ask: Ask, table: Table, truth: Floats, features: Sequence[str], seed: int) -> list[float]:
    if len(features) < 2 or len(truth) < 4:
        return []
    draw = np.random.default_rng(seed)
    found = []
    for split in range(SPLITS):
        order = draw.permutation(len(truth))
        ranks = []
        for rows in (order[: len(order) // 2], order[len(order) // 2 :]):
            part = {name: values[rows] for name, values in table.items()}
            rises = permutation_importance(ask, part, truth[rows], features, repeats=1, seed=seed + split)
            by_name = {item.feature: item.rise.value for item in rises}
            ranks.append(_ranks(np.array([by_name[name] for name in features])))
        spread = float(ranks[0].std() * ranks[1].std())
        if spread:
            found.append(float(np.mean((ranks[0] - ranks[0].mean()) * (ranks[1] - ranks[1].mean())) / spread))
    return found


def _ranks(values: Floats) -> Floats:
    _, place, counts = np.unique(np.round(values, 12), return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[place], dtype=np.float64)


def _faithfulness(ask: Ask, table: Table, truth: Floats, order: Sequence[str], seed: int) -> float | None:
    if len(order) < 2:
        return None
    down, up = (_deleted(ask, table, truth, names, seed) for names in (order, order[::-1]))
    whole = down[-1] - down[0]
    if whole <= 1e-12:
        return None
    area = float((down - up)[1:-1].sum() / whole) / (len(order) - 1)
    return min(max(area, -1.0), 1.0)


def _deleted(ask: Ask, table: Table, truth: Floats, names: Sequence[str], seed: int) -> NDArray[np.float64]:
    """The mean loss as one input after the other is shuffled and stays so; each has its own shuffle."""
    shuffled = dict(table)
    losses = [float(squared_error(np.asarray(ask(shuffled), dtype=np.float64), truth).mean())]
    for name in names:
        lender = np.random.default_rng([seed, *name.encode()]).permutation(len(truth))
        shuffled[name] = table[name][lender]
        losses.append(float(squared_error(np.asarray(ask(shuffled), dtype=np.float64), truth).mean()))
    return np.array(losses)
