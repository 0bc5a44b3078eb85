"""Groups of people in a confusion tally: per feature and their intersection, which can be judged, and which cannot.

A group is judged when its value is known, it has the declared number of cases, and at the pooled rate at least 5 events
would be expected of it. Expected, not observed: a large group in which nobody was selected is the worst case, not a
small one. Groups that are not judged are shown and their people counted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.statistics.family import Rate, pairs, worst
from clerestory.assurance.statistics.interval import Interval
from clerestory.assurance.statistics.rate import wilson
from clerestory.assurance.tally import MISSING, Confusion, ConfusionCell, ConfusionTally, Event, Tallies

MINIMUM_EVENTS = 5
MOST_GROUPS = 1_000
"""So many groups of a family are compared with each other; every pair is, so more would take memory and hours."""
Pick = Callable[[ConfusionCell], tuple[int, int]]
"""From a cell to (events, cases) of the rate that is compared."""
Compare = Callable[[Sequence[Rate], int], Interval | None]
"""From the judged groups of a family and the number of pairs of all families to the family's value."""

SENSITIVE = Parameter(
    name="sensitive_features",
    kind="columns",
    from_data="sensitive_features",
    required=True,
    names_slice=True,
    meaning="Columns whose groups are compared.",
)
PEOPLE = replace(SENSITIVE, required=False)
JUDGE_GROUPS = Parameter(
    name="judge_groups",
    kind="flag",
    default=True,
    names_slice=True,
    meaning="The worst group counts; otherwise only everybody together.",
)
OUTCOME = Parameter(
    name="outcome",
    kind="column",
    from_data="outcome",
    required=True,
    meaning="Column of the decision or prediction.",
)
FAVOURABLE = Parameter(
    name="favourable",
    kind="text",
    from_data="favourable",
    meaning="Outcome that is good for the person; without it true or 1.",
)
FAVOURABLE_FROM = Parameter(
    name="favourable_from",
    kind="number",
    names_slice=True,
    meaning="For a numeric outcome: the number from which on it is favourable.",
)
LABEL = Parameter(name="label", kind="column", from_data="label", meaning="Column of what turned out true.")
LABEL_NEEDED = Parameter(
    name="label",
    kind="column",
    from_data="label",
    required=True,
    meaning="Column of what turned out true.",
)
POSITIVE = Parameter(
    name="positive",
    kind="text",
    from_data="positive",
    meaning="Label that counts as positive; without it true or 1.",
)
INTERSECTIONS = Parameter(
    name="intersections",
    kind="flag",
    default=True,
    names_slice=True,
    meaning="Compare the intersection of all sensitive features too.",
)
MINIMUM = Parameter(
    name="min_group_size",
    kind="count",
    from_data="min_group_size",
    default=30,
    meaning="Groups with fewer cases are shown and counted, not judged.",
)
UNJUDGED = Parameter(
    name="max_unjudged_share",
    kind="share",
    from_data="max_unjudged_share",
    default=0.05,
    meaning="Largest share of people left unjudged with which the check can still pass.",
)
UNLABELLED = Parameter(
    name="max_unlabelled_share",
    kind="share",
    default=0.05,
    meaning="Largest share of rows without label with which the check can still conclude.",
)
SELECTION = (SENSITIVE, OUTCOME, FAVOURABLE, FAVOURABLE_FROM, LABEL, POSITIVE, INTERSECTIONS, MINIMUM, UNJUDGED)
ERRORS = (
    SENSITIVE,
    OUTCOME,
    FAVOURABLE,
    FAVOURABLE_FROM,
    LABEL_NEEDED,
    POSITIVE,
    INTERSECTIONS,
    MINIMUM,
    UNJUDGED,
    UNLABELLED,
)


@dataclass(frozen=True, slots=True)
class Counted:
    """A group with its events and cases, and why it is not judged, if it is not."""

    group: str
    events: int
    n: int
    obstacle: str
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """Groups compared with each other: those of one feature, or of an intersection, for one rate."""

    name: str
    groups: tuple[Counted, ...]
    axes: tuple[int, ...]
    """Which of the sensitive features make the groups."""
    judged: tuple[Rate, ...] = field(init=False)
    """The groups that are judged; none when there are fewer than two, for there is nothing to compare."""

    def __post_init__(self) -> None:
        rates = tuple(Rate(item.group, item.events, item.n) for item in self.groups if not item.obstacle)
        object.__setattr__(self, "judged", rates if len(rates) > 1 else ())

    @property
    def share_unjudged(self) -> float:
        """Share of the cases that are in no judged group."""
        total = sum(item.n for item in self.groups)
        return 1 - sum(rate.n for rate in self.judged) / total if total else 1.0


def confusion(parameters: Parameters) -> Confusion:
    """Return the one request that all checks on decisions share: decision against label per cell of all features."""
    at_least = parameters.number("favourable_from") if "favourable_from" in parameters else None
    label = parameters.optional("label")
    return Confusion(
        by=tuple(sorted(parameters.texts("sensitive_features"))),
        outcome=Event(parameters.text("outcome"), parameters.optional("favourable"), at_least),
        label=None if label is None else Event(label, parameters.optional("positive")),
    )


def wants(parameters: Parameters) -> tuple[Confusion]:
    """Return `confusion` as the tallies that a check wants."""
    return (confusion(parameters),)


def cells(tallies: Tallies, parameters: Parameters) -> ConfusionTally:
    """Return the answer to `confusion`."""
    tally = tallies[confusion(parameters)]
    if not isinstance(tally, ConfusionTally):
        raise TypeError(f"a {type(tally).__name__} answers a request for confusion counts")
    return tally


def families(
    tally: ConfusionTally, features: Sequence[str], pick: Pick, *, minimum: int, intersections: bool, prefix: str = ""
) -> tuple[Family, ...]:
    """Return one family per feature, and one for the intersection of all when asked and there are several.

    ``features`` are in the order of the cells' groups. ``prefix`` names the rate where several are compared.
    """
    chosen: list[tuple[int, ...]] = [(at,) for at in range(len(features))]
    if intersections and len(features) > 1:
        chosen.append(tuple(range(len(features))))
    return tuple(_family(tally, features, axes, pick, minimum, prefix) for axes in chosen)


def compare(
    check: str,
    method: str,
    compared: Sequence[Family],
    parameters: Parameters,
    statistic: Compare,
    *,
    better: str,
    left_out: float = 0.0,
    reason: Reason | None = None,
) -> Measurement:
    """Measure the worst family, every pair of groups paying its share of the error.

    Args:
        check: name of the check.
        method: name of the method.
        compared: the families.
        parameters: those of the check, with ``max_unjudged_share``.
        statistic: what is measured in a family.
        better: ``higher`` or ``lower``.
        left_out: share of people that no family counts (without decision).
        reason: why nothing can be concluded whatever the numbers say.
    """
    reason = reason or too_many(compared)
    usable = [family for family in compared if family.judged and not too_many((family,))]
    comparisons = pairs([len(family.judged) for family in usable])
    found = {family.name: statistic(family.judged, comparisons) for family in usable}
    parts = {name: part for name, part in found.items() if part is not None}
    overall = worst(list(parts.values()), better=better) if parts else None
    unjudged = max((family.share_unjudged for family in compared), default=1.0)
    return Measurement(
        check=check,
        method=method,
        method_version="1",
        value=overall.value if overall else None,
        low=overall.low if overall else None,
        high=overall.high if overall else None,
        n=max((sum(item.n for item in family.groups) for family in compared), default=0),
        by_group=tuple(shown(item, family) for family in compared for item in family.groups),
        share_unassessable=left_out + (1 - left_out) * unjudged,
        max_unjudged_share=parameters.number("max_unjudged_share"),
        reason=reason or (None if overall else Reason.INSUFFICIENT_DATA),
        details={"pairs compared": str(comparisons)}
        | {name: f"{part.value:.6g} [{part.low:.6g}, {part.high:.6g}]" for name, part in parts.items()},
    )


def too_many(compared: Sequence[Family]) -> Reason | None:
    """Return the reason when a family has more groups than are compared."""
    return Reason.TOO_MANY_GROUPS if any(len(family.judged) > MOST_GROUPS for family in compared) else None


def selection(cell: ConfusionCell) -> tuple[int, int]:
    """Favourable decisions of all decisions."""
    favourable = cell.tp + cell.fp + cell.favourable_unlabelled
    return favourable, favourable + cell.fn + cell.tn + cell.unfavourable_unlabelled


def true_positives(cell: ConfusionCell) -> tuple[int, int]:
    """Favourable decisions of the decided with a positive label."""
    return cell.tp, cell.tp + cell.fn


def false_positives(cell: ConfusionCell) -> tuple[int, int]:
    """Favourable decisions of the decided with a negative label."""
    return cell.fp, cell.fp + cell.tn


def share_undecided(tally: ConfusionTally) -> float:
    """Share of people without decision."""
    undecided = sum(c.undecided_positive + c.undecided_negative + c.undecided_unlabelled for c in tally.cells)
    return _share(undecided, undecided + sum(selection(cell)[1] for cell in tally.cells))


def labels_missing(tally: ConfusionTally, parameters: Parameters) -> Reason | None:
    """Return the reason when too many decided people have no label yet."""
    decided = sum(selection(cell)[1] for cell in tally.cells)
    unlabelled = sum(cell.favourable_unlabelled + cell.unfavourable_unlabelled for cell in tally.cells)
    late = _share(unlabelled, decided) > parameters.number("max_unlabelled_share")
    return Reason.LABELS_MISSING if late else None


def _family(
    tally: ConfusionTally, features: Sequence[str], axes: tuple[int, ...], pick: Pick, minimum: int, prefix: str
) -> Family:
    counts: dict[tuple[str, ...], list[int]] = {}
    for cell in tally.cells:
        events, n = pick(cell)
        total = counts.setdefault(tuple(cell.group[at] for at in axes), [0, 0])
        total[0] += events
        total[1] += n
    known = [total for group, total in counts.items() if MISSING not in group and total[1] >= minimum]
    pooled = _share(sum(events for events, _ in known), sum(n for _, n in known))
    name = " x ".join(features[at] for at in axes)
    groups = tuple(
        Counted(
            prefix + ", ".join(f"{features[at]}={text}" for at, text in zip(axes, group, strict=True)),
            events,
            n,
            _obstacle(group, n, minimum, pooled),
            group,
        )
        for group, (events, n) in sorted(counts.items())
    )
    return Family(prefix + name, groups, axes)


def _obstacle(group: tuple[str, ...], n: int, minimum: int, pooled: float) -> str:
    if MISSING in group:
        return "group unknown"
    if n < minimum:
        return f"fewer than {minimum} cases"
    return f"fewer than {MINIMUM_EVENTS} events expected" if n * pooled < MINIMUM_EVENTS else ""


def shown(item: Counted, family: Family) -> GroupResult:
    """Return a group with its rate and its own 95 % interval, and why it is not judged, if it is not."""
    note = item.obstacle or ("" if family.judged else "no other group to compare with")
    if item.n == 0:
        return GroupResult(group=item.group, value=None, low=None, high=None, n=0, assessed=False, note=note)
    rate = wilson(item.events, item.n)
    return GroupResult(
        group=item.group, value=rate.value, low=rate.low, high=rate.high, n=item.n, assessed=not note, note=note
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
