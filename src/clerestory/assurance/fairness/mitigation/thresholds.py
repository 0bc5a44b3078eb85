"""Thresholds that differ by group, chosen so that groups are selected, or rightly selected, at the same rate."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clerestory.terms.error import ClerestoryError

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
EQUAL = ("selection", "true_positive")
_RATES = 1_001
_TOLERANCE = 0.01


class NoThresholds(ClerestoryError):
    """No thresholds make the rates of the groups equal."""


@dataclass(frozen=True, slots=True)
class _Cuts:
    """What a group's thresholds do, from the highest down: nobody is selected by the first, everybody by the last."""

    at: Floats
    rate: Floats
    right: Floats

    def nearest(self, target: float) -> int:
        """Return the threshold whose rate is nearest; of equally near ones that which decides most cases rightly."""
        away = np.round(np.abs(self.rate - target), 12)
        near = np.flatnonzero(away == away.min())
        return int(near[np.argmax(self.right[near])])


def learn(
    scores: Floats, positive: Flags, groups: npt.NDArray[np.str_], *, equal: str = "selection"
) -> Mapping[str, float]:
    """Return per group the score from which on it is selected.

    After Hardt, Price and Srebro (2016), without their lot: no person is decided by chance, so rates agree only as far
    as the number of people in a group lets them. Of the thresholds whose rates differ by no more than 0.01, or by one
    person of the smallest group, those are taken that decide the most training cases rightly. A threshold lies in the
    middle between two scores; infinity selects nobody.

    Args:
        scores: finite scores.
        positive: the labels.
        groups: the group of each row.
        equal: ``selection`` (as many selected of each group) or ``true_positive`` (of those with a positive label).

    Raises:
        NoThresholds: there are fewer than two groups, or a group lacks what its rate is a share of.
    """
    names = [str(name) for name in np.unique(groups)]
    if len(names) < 2:
        raise NoThresholds("Thresholds per group need two groups.", "Give data of at least two groups.")
    cuts = {name: _cuts(scores[groups == name], positive[groups == name], name, equal) for name in names}
    smallest = min(int((groups == name).sum()) for name in names)
    wanted = np.unique(np.concatenate([cut.rate for cut in cuts.values()]))
    if len(wanted) > _RATES:
        wanted = np.linspace(0.0, 1.0, _RATES)
    best: tuple[bool, float, float] | None = None
    chosen: dict[str, float] = {}
    for target in wanted.tolist():
        places = {name: cut.nearest(target) for name, cut in cuts.items()}
        rates = [float(cuts[name].rate[place]) for name, place in places.items()]
        gap = max(rates) - min(rates)
        close = gap <= max(_TOLERANCE, 1 / smallest)
        right = float(sum(cuts[name].right[place] for name, place in places.items()))
        order = (close, right if close else -gap, -gap)
        if best is None or order > best:
            best, chosen = order, {name: float(cuts[name].at[place]) for name, place in places.items()}
    return chosen


def selected(scores: Floats, groups: npt.NDArray[np.str_], found: Mapping[str, float], otherwise: float) -> Flags:
    """Return who is selected; a group that no threshold was learned for has the one for ``otherwise``."""
    limits = np.array([found.get(str(name), otherwise) for name in groups.tolist()])
    return np.asarray(scores >= limits, dtype=np.bool_)


def _cuts(scores: Floats, positive: Flags, name: str, equal: str) -> _Cuts:
    values, place = np.unique(-scores, return_inverse=True)
    ups = np.bincount(place, weights=positive, minlength=len(values)).cumsum()
    all_ = np.bincount(place, minlength=len(values)).cumsum()
    ups, all_ = np.append(0.0, ups), np.append(0.0, all_)
    whole = ups[-1] if equal == "true_positive" else all_[-1]
    if not whole:
        raise NoThresholds(
            f"Nobody of {name!r} has the positive label, so there is no rate to make equal.", "Give more labelled rows."
        )
    right = ups + (all_[-1] - ups[-1]) - (all_ - ups)
    between = (-values[:-1] - values[1:]) / 2
    at = np.concatenate([[np.inf], between, [-values[-1]]])
    return _Cuts(at, (ups if equal == "true_positive" else all_) / whole, right)
