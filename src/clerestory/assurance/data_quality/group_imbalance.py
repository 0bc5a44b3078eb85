"""Imbalance of labels and features between protected groups."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from clerestory.assurance import groups
from clerestory.assurance.groups import Family
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import DATASET_VERSION, check
from clerestory.assurance.statistics.distance import total_variation_between
from clerestory.assurance.statistics.family import largest_gap, pairs, worst
from clerestory.assurance.statistics.interval import ALPHA, Interval
from clerestory.assurance.tally import (
    Confusion,
    ConfusionCell,
    ConfusionTally,
    Event,
    GroupCounts,
    GroupTally,
    Request,
    Tallies,
)

NAME = "data_quality.group-imbalance"
Floats = npt.NDArray[np.float64]
_FEATURES = Parameter(
    name="features",
    kind="columns",
    names_slice=True,
    meaning="Columns with up to 1,000 values whose distribution is compared between groups too.",
)


def _labels(parameters: Parameters) -> Confusion:
    return Confusion(
        by=tuple(sorted(parameters.texts("sensitive_features"))),
        label=Event(parameters.text("label"), parameters.optional("positive")),
    )


def _counts(parameters: Parameters, feature: str) -> GroupCounts:
    return GroupCounts((feature, *_labels(parameters).by))


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (_labels(parameters), *(_counts(parameters, feature) for feature in parameters.texts("features")))


@check(
    NAME,
    subject=DATASET_VERSION,
    wants=_wants,
    needs=("label", "sensitive_features"),
    parameters=(
        groups.SENSITIVE,
        groups.LABEL_NEEDED,
        groups.POSITIVE,
        _FEATURES,
        groups.INTERSECTIONS,
        groups.MINIMUM,
        groups.UNJUDGED,
        groups.UNLABELLED,
    ),
)
def group_imbalance(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure how far labels, and features that are named, are distributed differently in two groups; the most counts.

    Formula: total variation distance between two groups, which for a label of two values is the difference of the
    shares of positives. Unit: difference of shares, 0 to 1. Interval: simultaneous over all pairs of groups and all
    columns: hybrid score interval per pair for the label (Newcombe 1998), `total_variation_between` for features.
    Groups below the declared size are shown and counted, not judged.

    Raises:
        TallyMissing: through `Check.measure`, when counts are missing.
    """
    tally = tallies[_labels(parameters)]
    if not isinstance(tally, ConfusionTally):
        raise TypeError(f"a {type(tally).__name__} answers a request for labels per group")
    features = parameters.texts("features")
    families = groups.families(
        tally,
        _labels(parameters).by,
        _positives,
        minimum=parameters.count("min_group_size"),
        intersections=parameters.flag("intersections"),
    )
    usable = [family for family in families if family.judged and not groups.too_many((family,))]
    comparisons = pairs([len(family.judged) for family in usable]) * (1 + len(features))
    found = {f"label by {family.name}": largest_gap(family.judged, family=comparisons) for family in usable}
    blocked = []
    for feature in features:
        counts = tallies[_counts(parameters, feature)]
        if not isinstance(counts, GroupTally) or counts.other:
            blocked.append(feature)
            continue
        found |= dict(_feature(feature, counts, usable, comparisons))
    overall = worst(list(found.values()), better="lower") if found else None
    return Measurement(
        check=NAME,
        method="total variation between groups, simultaneous over all pairs",
        method_version="1",
        value=overall.value if overall else None,
        low=overall.low if overall else None,
        high=overall.high if overall else None,
        n=sum(_positives(cell)[1] for cell in tally.cells),
        by_group=tuple(groups.shown(item, family) for family in families for item in family.groups),
        share_unassessable=max((family.share_unjudged for family in families), default=1.0),
        max_unjudged_share=parameters.number("max_unjudged_share"),
        reason=groups.too_many(families) or _reason(tally, parameters, overall, blocked),
        details=_details(found, comparisons, blocked),
    )


def _details(found: dict[str, Interval], comparisons: int, blocked: Sequence[str]) -> dict[str, str]:
    details = {name: f"{part.value:.6g} [{part.low:.6g}, {part.high:.6g}]" for name, part in found.items()}
    details["comparisons"] = str(comparisons)
    return details | ({"more than 1,000 values": ", ".join(blocked)} if blocked else {})


def _reason(
    tally: ConfusionTally, parameters: Parameters, overall: Interval | None, blocked: Sequence[str]
) -> Reason | None:
    labelled = sum(_positives(cell)[1] for cell in tally.cells)
    missing = sum(
        cell.favourable_unlabelled + cell.unfavourable_unlabelled + cell.undecided_unlabelled for cell in tally.cells
    )
    if overall is None:
        return Reason.INSUFFICIENT_DATA
    if missing > (labelled + missing) * parameters.number("max_unlabelled_share"):
        return Reason.LABELS_MISSING
    return Reason.ASSUMPTION_BROKEN if blocked else None


def _positives(cell: ConfusionCell) -> tuple[int, int]:
    positive = cell.tp + cell.fn + cell.undecided_positive
    return positive, positive + cell.fp + cell.tn + cell.undecided_negative


def _feature(
    feature: str, tally: GroupTally, families: Sequence[Family], comparisons: int
) -> Iterator[tuple[str, Interval]]:
    """The largest distance of a feature between two judged groups of each family."""
    values = {text: at for at, text in enumerate(sorted({cell.group[0] for cell in tally.cells}))}
    for family in families:
        judged = {rate.group for rate in family.judged}
        rows = {item.key: np.zeros(len(values)) for item in family.groups if item.group in judged}
        for cell in tally.cells:
            key = tuple(cell.group[1 + at] for at in family.axes)
            if key in rows:
                rows[key][values[cell.group[0]]] += cell.n
        parts = [
            total_variation_between(first, second, alpha=ALPHA / comparisons)
            for first, second in combinations(rows.values(), 2)
            if first.sum() and second.sum()
        ]
        if parts:
            yield f"{feature} by {family.name}", worst(parts, better="lower")
