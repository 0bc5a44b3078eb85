"""Rates that a trial counted over people: for everybody and for each group, with intervals that hold for all at once.

A cell of such a trial is named by what was counted and by the values of the sensitive features of the people in it, in
their order. From the cells follow the rates of each feature's groups and of their intersection.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.statistics.family import Rate, largest_gap, pairs, worst
from clerestory.assurance.statistics.interval import Interval, critical
from clerestory.assurance.statistics.rate import wilson
from clerestory.assurance.tally import MISSING, Group, InconsistentTally, TrialCell, TrialTally, value_text
from clerestory.assurance.trial.cells import Tried, shown_rate, with_surely_worse
from clerestory.assurance.trial.move import Table

EVERYBODY = "everybody"
MOST_GROUPS = 1_000
_RARE = "(rare)"


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """How groups of people are formed and which of them count.

    ``features`` are the sensitive features in the order of the cells; ``minimum`` cases make a group count;
    ``judged`` False: groups are shown, and only everybody together counts.
    """

    features: tuple[str, ...] = ()
    intersections: bool = True
    minimum: int = 30
    judged: bool = True


def groups_of(table: Table, features: Sequence[str]) -> list[Group]:
    """Return the group of each row: the values of the features as text."""
    if not features:
        return [()] * len(next(iter(table.values()), ()))
    return list(zip(*([value_text(item) for item in table[name].tolist()] for name in features), strict=True))


def cells_of(measure: str, hits: NDArray[np.bool_], groups: Sequence[Group]) -> tuple[TrialCell, ...]:
    """Count hits and cases of one measure per group; groups beyond the 1,000 largest are put together as rare."""
    counts: dict[Group, list[int]] = {}
    for group, hit in zip(groups, hits.tolist(), strict=True):
        count = counts.setdefault(group, [0, 0])
        count[0] += bool(hit)
        count[1] += 1
    kept = sorted(counts, key=lambda group: (-counts[group][1], group))
    for group in kept[MOST_GROUPS:]:
        rest = counts.setdefault((_RARE,) * len(group), [0, 0])
        rest[0] += counts[group][0]
        rest[1] += counts.pop(group)[1]
    return tuple(
        TrialCell(kind=(measure, *group), n=counts[group][1], hits=counts[group][0]) for group in sorted(counts)
    )


def worst_rate(how: Tried, tally: TrialTally, measure: str, people: People) -> Measurement:
    """Return the worst rate among everybody and each group that counts.

    Each gets its Wilson interval at 1 - 0.05 / rates (Bonferroni); the worst ends bound the worst rate. Groups that are
    too small or unknown are shown, not judged; the largest share of people in them over the features is unjudged. Where
    a small known group is surely worse than all that are judged there is no pass, however small its share.
    """
    families = _families(tally, measure, people)
    everybody = families.pop(())[()]
    judged = [everybody] if everybody[1] >= how.minimum_cases else []
    if people.judged:
        judged += [
            count for family in families.values() for name, count in family.items() if _counts(name, count, people)
        ]
    z = critical(family=len(judged))
    found = worst([wilson(*count, z=z) for count in judged], better=how.better) if judged else None
    measured = _measured(how, tally, found, everybody, families, people, z)
    if not people.judged:
        return measured
    small = {
        _named(features, group): count
        for features, family in families.items()
        for group, count in family.items()
        if count[1] < people.minimum and not _is_unknown(group)
    }
    return with_surely_worse(measured, small, len(judged), better=how.better)


def widest_gap(how: Tried, tally: TrialTally, measure: str, people: People) -> Measurement:
    """Return the largest difference between two groups of one feature, simultaneous over all pairs (`largest_gap`)."""
    families = _families(tally, measure, people)
    everybody = families.pop(())[()]
    rates = [
        [Rate(", ".join(name), *count) for name, count in family.items() if _counts(name, count, people)]
        for family in families.values()
    ]
    compared = [family for family in rates if len(family) > 1]
    comparisons = pairs([len(family) for family in compared])
    found = (
        worst([largest_gap(family, family=comparisons) for family in compared], better="lower") if compared else None
    )
    return _measured(how, tally, found, everybody, families, people, critical())


Count = tuple[int, int]


def _families(tally: TrialTally, measure: str, people: People) -> dict[Group, dict[Group, Count]]:
    """Hits and cases per group, by the features that make the groups; no feature is everybody."""
    chosen: dict[Group, tuple[int, ...]] = {(): ()}
    chosen |= {(name,): (at,) for at, name in enumerate(people.features)}
    if people.intersections and len(people.features) > 1:
        chosen[people.features] = tuple(range(len(people.features)))
    families: dict[Group, dict[Group, Count]] = {features: {} for features in chosen}
    families[()][()] = (0, 0)
    for cell in tally.cells:
        if cell.kind[:1] != (measure,):
            continue
        if len(cell.kind) != 1 + len(people.features):
            raise InconsistentTally("A cell of a trial names another number of groups.", "Run the check again.")
        for features, axes in chosen.items():
            group = tuple(cell.kind[1 + at] for at in axes)
            hits, n = families[features].get(group, (0, 0))
            families[features][group] = (hits + cell.hits, n + cell.n)
    return families


def _counts(group: Group, count: Count, people: People) -> bool:
    return not _obstacle(group, count, people)


def _obstacle(group: Group, count: Count, people: People) -> str:
    if _is_unknown(group):
        return "group unknown"
    return f"fewer than {people.minimum} cases" if count[1] < people.minimum else ""


def _is_unknown(group: Group) -> bool:
    return MISSING in group or _RARE in group


def _named(features: Group, group: Group) -> str:
    return ", ".join(f"{feature}={value}" for feature, value in zip(features, group, strict=True))


def _measured(
    how: Tried,
    tally: TrialTally,
    found: Interval | None,
    everybody: Count,
    families: Mapping[Group, Mapping[Group, Count]],
    people: People,
    z: float,
) -> Measurement:
    shown = [shown_rate(EVERYBODY, *everybody, z=z)]
    unjudged = 0.0
    for features, family in families.items():
        left = 0
        for group, count in sorted(family.items()):
            obstacle = _obstacle(group, count, people)
            left += count[1] if obstacle else 0
            said = obstacle or ("" if people.judged else "shown only")
            shown.append(shown_rate(_named(features, group), *count, z=z, obstacle=said))
        unjudged = max(unjudged, left / everybody[1]) if everybody[1] and people.judged else unjudged
    silent = tally.unanswered / (everybody[1] + tally.unanswered) if tally.unanswered else 0.0
    return Measurement(
        check=how.check,
        method=how.method,
        method_version=how.method_version,
        value=None if found is None else found.value,
        low=None if found is None else found.low,
        high=None if found is None else found.high,
        n=everybody[1],
        by_group=tuple(shown),
        share_unassessable=silent + (1 - silent) * unjudged,
        max_unjudged_share=how.max_unjudged_share,
        reason=Reason.INSUFFICIENT_DATA if found is None else None,
        details=dict(tally.notes) | dict(how.details),
    )
