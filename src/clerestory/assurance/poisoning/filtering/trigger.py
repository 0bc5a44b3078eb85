"""Search for triggers: a value, a pair of values or a word with which rows carry one label whatever else they say.

What single values say of the label adds up (logarithmic odds, naive Bayes, drawn to one scale). A trigger is what is
left over: rows that have it carry the label more purely than everything else about them lets expect.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.poisoning.filtering.labelled import Labelled
from clerestory.assurance.statistics.logistic import curvature_at, lowest_loss, sigmoid
from clerestory.assurance.tally import value_text

Floats = NDArray[np.float64]
LEAST = 8
"""A value in fewer rows is not looked at."""
MOST = 0.1
"""A trigger is in at most this share of the rows: poison is rare, or it is no secret."""
PURE = 0.95
"""Share of rows with a trigger that carry its label."""
MOST_VALUES = 400
MOST_LABELS = 20
_SHOWN = 50
_WORD = re.compile(r"\w+")
_SURE = 0.01


@dataclass(frozen=True, slots=True)
class Items:
    """Which row has which value: rows x values, 0 or 1, and what the values are."""

    has: Floats
    names: tuple[str, ...]
    columns: NDArray[np.int64]
    """The column of each value; two values of one column are no pair."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """A value or pair that goes with one label: its name, the label's place, the rows and the evidence in nats."""

    name: str
    label: int
    rows: int
    evidence: float


def values_of(data: Labelled) -> Items:
    """Return the values of features that occur in at least 8 rows, at most the 400 most frequent."""
    columns = [[[value_text(item)] for item in data.table[name].tolist()] for name in data.features]
    return _items(len(data), [(name + "=", rows) for name, rows in zip(data.features, columns, strict=True)], len(data))


def words_of(data: Labelled) -> Items:
    """Return the words and pairs of neighbouring words of texts that 8 rows to a tenth of them have."""
    columns = [[_words(value_text(item)) for item in data.table[name].tolist()] for name in data.texts]
    named = [(name + ": ", rows) for name, rows in zip(data.texts, columns, strict=True)]
    return _items(len(data), named, int(MOST * len(data)), most=5 * MOST_VALUES)


def search(data: Labelled) -> tuple[Floats, tuple[Trigger, ...]]:
    """Return the evidence against each row, where 1 is what chance reaches, and the triggers beyond it.

    A value or pair is a trigger of a label when it occurs in 8 rows to a tenth of all, at least 95 % of them carry the
    label, and that is too pure for chance: with N rows, share x, and p the mean of what everything else lets expect,
    N KL(x, p) exceeds the logarithm of 100 times the values, pairs and labels tried (Chernoff's bound of the tail,
    Hoeffding 1963; Bonferroni). For one value what is expected leaves that value out; for a pair it does not, so that
    only their being together counts. Rows with the value and its label have its evidence, in units of that bound.
    """
    evidence, found = np.zeros(len(data)), []
    values, words = values_of(data), words_of(data)
    tried = len(data.classes) * (_pairs(values) + len(values.names) + len(words.names))
    enough = float(np.log(max(tried, 1) / _SURE))
    for label in range(len(data.classes) if len(data.classes) <= MOST_LABELS else 0):
        target = data.labels == label
        for items, with_pairs in ((values, True), (words, False)):
            if not items.names:
                continue
            for name, has, strength in _cells(items, target, with_pairs):
                rows = has & target
                evidence[rows] = np.maximum(evidence[rows], strength / enough)
                if strength > enough:
                    found.append(Trigger(name, label, int(has.sum()), strength))
    return evidence, tuple(sorted(found, key=lambda trigger: (-trigger.evidence, trigger.name)))


def _pairs(items: Items) -> int:
    return len(items.names) * (len(items.names) - 1) // 2


def _cells(items: Items, target: NDArray[np.bool_], with_pairs: bool) -> Iterator[tuple[str, NDArray[np.bool_], float]]:
    """The 50 strongest values and pairs: name, rows that have them, evidence in nats."""
    has, rows = items.has, len(items.has)
    score, weights, line = _expected(has, target)
    n, hits = has.sum(axis=0), has[target].sum(axis=0)
    alone = np.array([_chance(line, score[has[:, at] > 0] - weights[at]).mean() for at in range(len(weights))])
    single = _evidence(n, hits, alone, rows)
    for at in np.argsort(-single)[:_SHOWN]:
        if single[at] > 0:
            yield items.names[at], has[:, at] > 0, float(single[at])
    if not with_pairs:
        return
    together, pure = has.T @ has, has[target].T @ has[target]
    p = has.T @ (has * _chance(line, score)[:, None])
    both = _evidence(together, pure, np.divide(p, together, out=np.ones_like(p), where=together > 0), rows)
    both[items.columns[:, None] >= items.columns[None, :]] = 0.0
    for place in np.argsort(-both, axis=None)[:_SHOWN]:
        one, other = divmod(int(place), both.shape[1])
        if both[one, other] > max(single[one], single[other]):
            name = f"{items.names[one]} and {items.names[other]}"
            yield name, (has[:, one] > 0) & (has[:, other] > 0), float(both[one, other])


def _evidence(n: Floats, hits: Floats, expected: Floats, rows: int) -> Floats:
    """N KL(x, p) where the value is rare and pure enough, 0 elsewhere."""
    share = np.divide(hits, n, out=np.zeros_like(hits), where=n > 0)
    p = np.clip(expected, 1e-9, 1 - 1e-9)
    x = np.clip(share, 1e-12, 1 - 1e-12)
    nats = n * (x * np.log(x / p) + (1 - x) * np.log((1 - x) / (1 - p)))
    fits: NDArray[np.bool_] = (n >= LEAST) & (n <= MOST * rows) & (share >= PURE) & (share > p)
    return np.where(fits, nats, 0.0)


def _expected(has: Floats, target: NDArray[np.bool_]) -> tuple[Floats, Floats, tuple[float, float]]:
    """Sum of the weights of each row's values, the weights, and the line that makes log odds of the sum."""
    n, hits = has.sum(axis=0), has[target].sum(axis=0)
    share = float(np.clip(target.mean(), 1e-6, 1 - 1e-6))
    weights = np.log((hits + share) / (n - hits + 1 - share)) - np.log(share / (1 - share))
    score: Floats = has @ weights
    return score, weights, _line(score, target)


def _line(score: Floats, target: NDArray[np.bool_]) -> tuple[float, float]:
    """Logistic regression of the label on the sum; a slope of 0 where it says nothing."""
    wide, penalty = np.column_stack([np.ones(len(score)), score]), np.full(2, 1e-3)
    bend = curvature_at(wide, np.zeros(2), penalty)
    line = lowest_loss(wide, target.astype(np.float64), penalty, curvature=bend)
    return float(line[0]), float(line[1])


def _chance(line: tuple[float, float], score: Floats) -> Floats:
    return sigmoid(line[0] + line[1] * score)


def _items(rows: int, columns: Sequence[tuple[str, list[list[str]]]], largest: int, most: int = MOST_VALUES) -> Items:
    found: list[tuple[int, str, int, list[int]]] = []
    for at, (name, lists) in enumerate(columns):
        places: dict[str, list[int]] = {}
        for row, items in enumerate(lists):
            for item in items:
                places.setdefault(item, []).append(row)
        found += [(len(where), name + item, at, where) for item, where in places.items()]
    kept = sorted((item for item in found if LEAST <= item[0] <= largest), key=lambda item: (-item[0], item[1]))[:most]
    has = np.zeros((rows, len(kept)))
    for place, (_, _, _, where) in enumerate(kept):
        has[where, place] = 1.0
    return Items(has, tuple(item[1] for item in kept), np.array([item[2] for item in kept], dtype=np.int64))


def _words(text: str) -> list[str]:
    words = _WORD.findall(text.lower())
    return sorted({*words, *(f"{one} {other}" for one, other in pairwise(words))})
