"""A search for the cheapest feasible change that turns a decision, from the model's answers alone.

Three steps, each within a number of questions per case. Greedy: of all single moves the one that gains most per cost,
until the decision turns; for a model that is linear (or linear in its log-odds) this is the cheapest change there is, a
fractional knapsack (Dantzig 1957). Random: where no single move gains anything, several columns at once. Walk: each
column back towards what it was as far as the decision stays turned, by bisection, as a boundary attack does that sees
decisions only (Brendel et al. 2018; HopSkipJump, Chen et al. 2020), but along the columns, so that it stays feasible.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.robustness.feasible import Floats, Places, Space
from clerestory.assurance.trial import Move, Predict, Unanswered

_PARTS = (1.0, 0.5, 0.25, 0.125)
"""How far towards its end a number is moved at once."""
_HALVINGS = 8
_DRAWS = 20
_WALK = 60
"""Questions kept for the walk of a case that is turned, at most a third of all."""
_LEAST = 1e-12
_EXTREME = 1e-9
_BATCH = 5_000
_Margins = Generator[Move, Any, Floats]


@dataclass(frozen=True, slots=True)
class Found:
    """Per case: whether it turned, the cheapest change that did it, its cost, and the questions asked.

    ``silent``: the model left a question of this case without answer, and nothing turned it.
    """

    turned: NDArray[np.bool_]
    change: Floats
    cost: Floats
    queries: NDArray[np.int64]
    silent: NDArray[np.bool_]


@dataclass(slots=True, kw_only=True)
class Search:
    """A search under way. ``scores`` are those of the cases as they are; a case at ``threshold`` or above is yes."""

    space: Space
    scores: Floats
    threshold: float
    queries: int
    seed: int = 0
    _odds: bool = field(init=False)
    _used: NDArray[np.int64] = field(init=False)
    _closed: NDArray[np.bool_] = field(init=False)
    _silent: NDArray[np.bool_] = field(init=False)
    _stuck: NDArray[np.bool_] = field(init=False)
    _last: Places = field(init=False)
    _best: Floats = field(init=False)
    _best_cost: Floats = field(init=False)
    _at: Floats = field(init=False)
    _margin: Floats = field(init=False)

    def __post_init__(self) -> None:
        size = self.space.size
        self._odds = bool(((self.scores >= 0) & (self.scores <= 1)).all()) and 0 < self.threshold < 1
        self._used = np.zeros(size, dtype=np.int64)
        self._closed, self._silent, self._stuck = np.zeros((3, size), dtype=np.bool_)
        self._best, self._at = np.zeros((2, size, len(self.space.columns)))
        self._best_cost, self._last = np.full(size, inf), np.full(size, -1, dtype=np.intp)
        self._margin = self._beyond(np.arange(size), self.scores)

    def run(self) -> Generator[Move, Any, Found]:
        """Search and return what was found."""
        draw = np.random.default_rng(self.seed)
        walk = min(self.queries // 3, _WALK)
        while True:
            last = self.queries - np.where(np.isfinite(self._best_cost), walk, 1)
            most = np.where(self._stuck, _DRAWS, questions_per_round(self.space))
            self._closed |= (self._used + most > last) | self._silent
            rows = np.flatnonzero(~self._closed)
            if not len(rows):
                break
            yield from self._greedy(rows[~self._stuck[rows]])
            self._closed |= self._stuck & np.isfinite(self._best_cost)
            yield from self._at_random(rows[self._stuck[rows] & ~self._closed[rows]], draw)
        yield from self._walk_back()
        return (yield from self._confirmed())

    def _beyond(self, rows: Places, scores: Floats) -> Floats:
        """Return how far a score lies on the other side of the threshold; below 0 where the decision is as it was."""
        gap = scores - self.threshold
        if self._odds:
            gap = _log_odds(scores) - _log_odds(np.array(self.threshold))
        size = np.maximum(np.abs(gap), _LEAST)
        found: Floats = np.where((scores >= self.threshold) != (self.scores[rows] >= self.threshold), size, -size)
        return found

    def _ask(self, rows: Places, change: Floats) -> _Margins:
        """Ask about changes of cases, note the cheapest that turn a decision, and return how far each is beyond."""
        margins = np.full(len(rows), -inf)
        for start in range(0, len(rows), _BATCH):
            part = slice(start, start + _BATCH)
            self._used += np.bincount(rows[part], minlength=self.space.size)
            try:
                scores = yield Predict(self.space.changed(rows[part], change[part]))
            except Unanswered:
                self._silent[rows[part]] = True
                continue
            margins[part] = self._beyond(rows[part], np.asarray(scores, dtype=np.float64))
        turned = np.flatnonzero(margins >= 0)
        cost = self.space.cost(change[turned])
        for at in np.argsort(-cost, kind="stable"):
            if cost[at] < self._best_cost[rows[turned[at]]]:
                self._best_cost[rows[turned[at]]] = cost[at]
                self._best[rows[turned[at]]] = change[turned[at]]
        return margins

    def _greedy(self, rows: Places) -> Generator[Move, Any, None]:
        """Make the best single move of each case; a case that no single move brings forward is stuck."""
        if not len(rows):
            return
        asked, change, column = self._single_moves(rows)
        margins = yield from self._ask(asked, change)
        gain = margins - self._margin[asked]
        extra = self.space.cost(change) - self.space.cost(self._at)[asked]
        ratio = np.where(gain > _LEAST, gain / np.maximum(extra, _LEAST), -inf)
        for row, places in _by_case(asked, rows):
            best = places[np.argmax(ratio[places])] if len(places) else -1
            if best < 0 or ratio[best] == -inf:
                self._stuck[row] = True
                continue
            pool = places[(column[places] == column[best]) & (ratio[places] > -inf)]
            turned = pool[margins[pool] >= 0]
            pick = turned[np.argmin(extra[turned])] if len(turned) else pool[np.argmax(margins[pool])]
            self._at[row], self._margin[row], self._last[row] = change[pick], margins[pick], column[pick]
            self._closed[row] = margins[pick] >= 0

    def _single_moves(self, rows: Places) -> tuple[Places, Floats, Places]:
        """Return the single moves from where cases are: the case, the whole change, and the column that moved."""
        found: list[tuple[Places, Floats, Places]] = []
        now, spent = self._at[rows], self.space.cost(self._at[rows])
        free = np.count_nonzero(now, axis=1) < self.space.most
        for at, choices in enumerate(self.space.choices):
            alone = np.zeros_like(now)
            alone[:, at] = now[:, at]
            left = self.space.budget - spent + self.space.cost(alone)
            for to in self._places(rows, at, left) if not choices else range(len(choices) + 1):
                change = now.copy()
                change[:, at] = to
                good = (change[:, at] != now[:, at]) & (free | (now[:, at] != 0))
                good &= self.space.fits(rows, change)
                found.append((rows[good], change[good], np.full(int(good.sum()), at)))
        asked, changes, columns = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return asked, changes, columns

    def _places(self, rows: Places, at: int, left: Floats) -> list[Floats]:
        """Return to where a number may be moved: the ends that the budget allows, and parts of the way there."""
        price, now = self.space.price[at], self._at[rows, at]
        reach = np.full(len(rows), inf) if price == 0 else left / price
        places: list[Floats] = []
        for end in (np.maximum(self.space.low[rows, at], -reach), np.minimum(self.space.high[rows, at], reach)):
            way = end - now
            for part in _PARTS:
                step = way * part
                if self.space.whole[at]:
                    step = np.sign(way) * np.minimum(np.maximum(np.floor(np.abs(step)), 1), np.floor(np.abs(way)))
                places.append(now + step)
        return places

    def _at_random(self, rows: Places, draw: np.random.Generator) -> Generator[Move, Any, None]:
        """Try several columns at once, and go where that brings a case forward."""
        rows = rows[self._used[rows] + _DRAWS < self.queries]
        if not len(rows):
            return
        many = np.repeat(rows, _DRAWS)
        change = self.space.drawn(many, draw)
        margins = yield from self._ask(many, change)
        for row, places in _by_case(many, rows):
            best = places[np.argmax(margins[places])]
            if margins[best] > self._margin[row] + _LEAST:
                self._at[row], self._margin[row] = change[best], margins[best]
                self._closed[row], self._stuck[row] = margins[best] >= 0, False

    def _walk_back(self) -> Generator[Move, Any, None]:
        """Take back of each change what is not needed, column by column, in both orders."""
        turned = np.isfinite(self._best_cost)
        starts = [np.where((self._margin >= 0)[:, None], self._at, self._best), self._best.copy()]
        if (starts[0] == starts[1]).all():
            starts.pop()
        columns = range(len(self.space.columns))
        for start in starts:
            for order in (columns, columns[::-1])[: 2 if (np.count_nonzero(start, axis=1) > 1).any() else 1]:
                change = start.copy()
                for at in columns:  # the column moved last gained least per cost: what is too much is taken back there
                    yield from self._column_back(change, at, turned & (self._last == at))
                for at in order:
                    yield from self._column_back(change, at, turned)

    def _column_back(self, change: Floats, at: int, turned: NDArray[np.bool_]) -> Generator[Move, Any, None]:
        near, far = np.zeros(self.space.size), change[:, at].copy()
        for halving in range(1 if self.space.choices[at] else 1 + _HALVINGS):
            middle = near if not halving else (near + far) / 2
            middle = np.trunc(middle) if self.space.whole[at] else middle
            asked = turned & (far != 0) & (middle != far) & ((middle != near) | (halving == 0))
            rows = np.flatnonzero(asked & (self._used < self.queries - 1) & ~self._silent)
            if not len(rows):
                continue
            tried = change[rows]
            tried[:, at] = middle[rows]
            good = (yield from self._ask(rows, tried)) >= 0
            far[rows[good]], near[rows[~good]] = middle[rows[good]], middle[rows[~good]]
        change[:, at] = far

    def _confirmed(self) -> Generator[Move, Any, Found]:
        """Ask once more about what was found: a model that answers by chance was not turned."""
        rows = np.flatnonzero(np.isfinite(self._best_cost))
        change, cost = self._best.copy(), self._best_cost.copy()
        turned = np.zeros(self.space.size, dtype=np.bool_)
        if len(rows):
            turned[rows] = (yield from self._ask(rows, change[rows])) >= 0
        return Found(turned, change, np.where(turned, cost, inf), self._used, self._silent & ~turned)


def questions_per_round(space: Space) -> int:
    """Return how many single moves of one case there are at most."""
    return sum(len(choices) if choices else 2 * len(_PARTS) for choices in space.choices)


def _by_case(asked: Places, rows: Places) -> list[tuple[int, Places]]:
    order = np.argsort(asked, kind="stable")
    ends = np.searchsorted(asked[order], rows), np.searchsorted(asked[order], rows, side="right")
    return [(int(row), order[start:end]) for row, start, end in zip(rows, *ends, strict=True)]


def _log_odds(scores: Floats) -> Floats:
    inside = np.clip(scores, _EXTREME, 1 - _EXTREME)
    found: Floats = np.log(inside / (1 - inside))
    return found
