"""A copy of a model from its answers: boosted trees or ridge regression, what is best on answers held back."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.trial import Table

Floats = NDArray[np.float64]
_BINS = 32
_MOST_CATEGORIES = 20
_ROUNDS, _DEPTH, _RATE, _LEAF = 120, 3, 0.1, 5


def encoded(table: Table, like: Table) -> Floats:
    """Return rows as numbers: numbers as they are (missing: the middle of ``like``), categories one column each."""
    columns: list[Floats] = []
    for name in like:
        known, values = like[name], table[name]
        if known.dtype == object:
            texts = np.array([str(value) for value in known.tolist()])
            names, counts = np.unique(texts, return_counts=True)
            own = np.array([str(value) for value in values.tolist()])
            columns += [(own == text).astype(np.float64) for text in names[np.argsort(-counts)][:_MOST_CATEGORIES]]
        else:
            numbers, basis = values.astype(np.float64), known.astype(np.float64)
            finite = basis[np.isfinite(basis)]
            middle = float(np.median(finite)) if len(finite) else 0.0
            columns.append(np.where(np.isfinite(numbers), numbers, middle))
    rows = len(next(iter(table.values()), ()))
    return np.column_stack(columns) if columns else np.empty((rows, 0))


@dataclass(slots=True)
class _Node:
    """One node of a tree: a value, and where it is split the column, the last bin of the left side and both sides."""

    value: float
    column: int = -1
    bin: int = 0
    sides: tuple["_Node", "_Node"] | None = None


@dataclass(slots=True)
class Boosted:
    """Boosted trees for a number, squared loss, on columns cut at quantiles (Friedman 2001)."""

    cuts: list[Floats] = field(default_factory=list)
    trees: list[_Node] = field(default_factory=list)
    start: float = 0.0

    def fit(self, rows: Floats, target: Floats) -> "Boosted":
        """Fit to rows and targets."""
        shares = np.linspace(0, 1, _BINS + 1)[1:-1]
        self.cuts = [np.unique(np.quantile(column, shares)) for column in rows.T]
        codes = self._codes(rows)
        self.start = float(target.mean())
        said = np.full(len(target), self.start)
        for _ in range(_ROUNDS):
            tree = _grown(codes, target - said, np.arange(len(target)), _DEPTH)
            said += _RATE * _said(tree, codes)
            self.trees.append(tree)
        return self

    def predict(self, rows: Floats) -> Floats:
        """Return what the copy says of rows."""
        codes = self._codes(rows)
        said = np.full(len(rows), self.start)
        for tree in self.trees:
            said += _RATE * _said(tree, codes)
        return said

    def _codes(self, rows: Floats) -> NDArray[np.int64]:
        columns = [np.searchsorted(cuts, column, side="left") for cuts, column in zip(self.cuts, rows.T, strict=True)]
        return np.column_stack(columns) if columns else np.empty((len(rows), 0), dtype=np.int64)


@dataclass(slots=True)
class Ridge:
    """A linear copy: least squares on standardised columns with a small penalty (Hoerl and Kennard 1970).

    ``logit``: of the logarithm of the odds; then a logistic model is solved from a few answers (Tramer et al. 2016).
    """

    logit: bool = False
    middle: Floats = field(default_factory=lambda: np.empty(0))
    width: Floats = field(default_factory=lambda: np.empty(0))
    weights: Floats = field(default_factory=lambda: np.empty(0))

    def fit(self, rows: Floats, target: Floats) -> "Ridge":
        """Fit to rows and targets."""
        spread = np.asarray(rows.std(axis=0), dtype=np.float64)
        self.middle = np.asarray(rows.mean(axis=0), dtype=np.float64)
        self.width = np.asarray(np.where(spread > 0, spread, 1.0), dtype=np.float64)
        design = self._design(rows)
        penalty = np.eye(design.shape[1]) * (1e-6 if self.logit else 1.0)
        penalty[0, 0] = 0.0
        wanted = np.log(_inside(target) / (1 - _inside(target))) if self.logit else target
        weights: Floats = np.linalg.solve(design.T @ design + penalty, design.T @ wanted).astype(np.float64)
        self.weights = weights
        return self

    def predict(self, rows: Floats) -> Floats:
        """Return what the copy says of rows."""
        said: Floats = self._design(rows) @ self.weights
        return 1 / (1 + np.exp(-np.clip(said, -700, 700))) if self.logit else said

    def _design(self, rows: Floats) -> Floats:
        return np.column_stack([np.ones(len(rows)), (rows - self.middle) / self.width])


def _inside(share: Floats) -> Floats:
    return np.clip(share, 1e-9, 1 - 1e-9)


def copied(rows: Floats, target: Floats, threshold: float, draw: np.random.Generator) -> Boosted | Ridge:
    """Return the copy that an attacker would keep: the one that decides best on a fifth of the answers held back."""
    order = draw.permutation(len(rows))
    held, used = order[: len(rows) // 5], order[len(rows) // 5 :]
    kinds: list[Callable[[], Boosted | Ridge]] = [Boosted, Ridge]
    if ((target > 0) & (target < 1)).all():
        kinds.insert(0, lambda: Ridge(logit=True))
    right = []
    for kind in kinds:
        said = kind().fit(rows[used], target[used]).predict(rows[held])
        right.append(float(((said >= threshold) == (target[held] >= threshold)).mean()) if len(held) else 0.0)
    return kinds[int(np.argmax(right))]().fit(rows, target)


def _grown(codes: NDArray[np.int64], rest: Floats, at: NDArray[np.int64], depth: int) -> _Node:
    node = _Node(float(rest[at].mean()))
    if depth == 0 or len(at) < 2 * _LEAF or codes.shape[1] == 0:
        return node
    columns = codes.shape[1]
    place = (codes[at] + np.arange(columns) * _BINS).ravel()
    counts = np.bincount(place, minlength=columns * _BINS).reshape(columns, _BINS)
    sums = np.bincount(place, weights=np.repeat(rest[at], columns), minlength=columns * _BINS).reshape(columns, _BINS)
    left_n, left_sum = counts.cumsum(axis=1)[:, :-1], sums.cumsum(axis=1)[:, :-1]
    right_n, right_sum = len(at) - left_n, rest[at].sum() - left_sum
    fine = (left_n >= _LEAF) & (right_n >= _LEAF)
    if not fine.any():
        return node
    gain = np.where(fine, left_sum**2 / np.maximum(left_n, 1) + right_sum**2 / np.maximum(right_n, 1), -np.inf)
    node.column, node.bin = (int(item) for item in np.unravel_index(int(np.argmax(gain)), gain.shape))
    left = codes[at, node.column] <= node.bin
    node.sides = (_grown(codes, rest, at[left], depth - 1), _grown(codes, rest, at[~left], depth - 1))
    return node


def _said(node: _Node, codes: NDArray[np.int64]) -> Floats:
    if node.sides is None:
        return np.full(len(codes), node.value)
    left = codes[:, node.column] <= node.bin
    said = np.empty(len(codes))
    said[left] = _said(node.sides[0], codes[left])
    said[~left] = _said(node.sides[1], codes[~left])
    return said
