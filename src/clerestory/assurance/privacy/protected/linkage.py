"""The linkage attack: somebody who holds the original looks for each person in the transformed table."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.personal_data.anonymity import Codes
from clerestory.assurance.statistics.interval import ALPHA, Interval

Floats = NDArray[np.float64]
MOST_COMPARED = 200_000_000
"""Distances computed at most; with noise among the quasi-identifiers fewer persons are attacked in larger tables."""


@dataclass(frozen=True, slots=True)
class Known:
    """One column that the attacker compares by distance: what is known of each person, what each row says."""

    person: Floats
    row: Floats
    scale: float
    """What a distance of 1 means; 0 where values are equal or not."""


@dataclass(frozen=True, slots=True)
class Linkage:
    """How the attack went.

    ``found``: mean chance that the row which is picked is the person's own; ``certain``: share of persons for whom only
    their own row fits best. Both of the persons who are in the transformed table. ``attacked`` of
    ``persons`` were tried; where that is all of them, the interval is the value itself.
    """

    found: Interval
    certain: float
    attacked: int
    persons: int
    by_chance: float


def linked(
    own: Codes,
    released: Codes,
    place: Codes,
    near: Sequence[Known] = (),
    *,
    person: Codes | None = None,
    seed: int = 0,
) -> Linkage:
    """Attack each person by what is known of them, or so many as time allows, drawn by chance.

    The attacker knows the transformation (Kerckhoffs), so the person's quasi-identifiers are coarsened as those of the
    table were, and rows of the same class are candidates; where columns have noise, the nearest of them by the sum of
    distances (Domingo-Ferrer and Torra 2001; Pagliuca and Seri 1999). Of several that fit alike one is picked by
    chance. The interval is that of Hoeffding (1963) over the persons drawn.

    Args:
        own: class of each person by the coarsened quasi-identifiers.
        released: class of each row of the table, numbered alike.
        place: which row is the person's; below 0 where it was left out.
        near: columns that are compared by distance.
        person: whose each original row is, where one person has several: any row of the person is right then.
        seed: decides who is attacked.
    """
    there = np.flatnonzero(place >= 0)
    whose = np.arange(len(own)) if person is None else np.unique(person, return_inverse=True)[1]
    if not len(there) or not len(released):
        return Linkage(Interval(0.0, 0.0, 0.0), 0.0, 0, 0, 0.0)
    told = np.full(len(released), -1, dtype=np.int64)
    told[place[there]] = whose[there]
    if near:
        most = max(MOST_COMPARED // (len(released) * len(near)), 100)
        tried = there
        if len(there) > most:
            tried = np.sort(np.random.default_rng(seed).choice(there, most, replace=False))
        found, certain = _by_distance(tried, own, released, told, whose, near)
    else:
        tried = there
        fitting = np.bincount(released, minlength=int(own.max()) + 1)[own[tried]]
        right = _rows_of(own[tried], whose[tried], released, told, len(own))
        found, certain = right / np.maximum(fitting, 1), (right > 0) & (right == fitting)
    mean = float(found.mean())
    half = 0.0 if len(tried) == len(there) else sqrt(log(2 / ALPHA) / (2 * len(tried)))
    return Linkage(
        Interval(mean, max(mean - half, 0.0), min(mean + half, 1.0)),
        float(certain.mean()),
        len(tried),
        len(there),
        1 / len(released),
    )


def _rows_of(own: Codes, person: Codes, released: Codes, told: Codes, people: int) -> Codes:
    """Return how many rows of the table are of the same class and the same person as each who is attacked."""
    pairs, counts = np.unique(released * (people + 1) + told + 1, return_counts=True)
    wanted = own * (people + 1) + person + 1
    at = np.minimum(np.searchsorted(pairs, wanted), len(pairs) - 1)
    return np.where(pairs[at] == wanted, counts[at], 0)


def _by_distance(
    tried: Codes, own: Codes, released: Codes, told: Codes, whose: Codes, near: Sequence[Known]
) -> tuple[Floats, NDArray[np.bool_]]:
    order = np.argsort(released, kind="stable")
    starts = np.searchsorted(released[order], own[tried], side="left")
    ends = np.searchsorted(released[order], own[tried], side="right")
    found, certain = np.zeros(len(tried)), np.zeros(len(tried), dtype=bool)
    for at, person in enumerate(tried.tolist()):
        rows = order[starts[at] : ends[at]]
        if not len(rows):
            continue
        gap = np.zeros(len(rows))
        for column in near:
            apart = np.abs(column.row[rows] - column.person[person])
            gap += apart / column.scale if column.scale else apart > 0
        best = gap <= gap.min() + 1e-12
        right = told[rows[best]] == whose[person]
        found[at], certain[at] = float(right.mean()), bool(right.all())
    return found, certain
