"""Lowest selection rate over the highest: the impact ratio of the four-fifths rule."""

from dataclasses import replace

from clerestory.assurance import groups
from clerestory.assurance.fairness import impact_ratio
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameters
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.statistics.family import smallest_ratio
from clerestory.assurance.tally import Request, Tallies

NAME = "fairness.selection-rate-ratio"
_OUTCOME = replace(groups.OUTCOME, required=False)
_SELECTION = tuple(_OUTCOME if item is groups.OUTCOME else item for item in groups.SELECTION)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    impact_ratio.require_usable(NAME, parameters)
    return (impact_ratio.request(parameters),)


@check(
    NAME,
    subject=MODEL_VERSION,
    wants=_wants,
    parameters=(
        *_SELECTION,
        impact_ratio.RATE,
        impact_ratio.SCORE,
        impact_ratio.UNKNOWN,
        impact_ratio.EXCLUDED,
        impact_ratio.REASON,
    ),
    needs=("outcome", "sensitive_features"),
    better="higher",
)
def selection_rate_ratio(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure the lowest selection rate over the highest, per feature and intersection; the lowest ratio counts.

    Formula: min over groups of (favourable / decided) / max over groups of the same. Unit: ratio, 0 to 1; 1 is equal.
    ``rate = "scoring"``: scores above the median of all scores / scored, in the place of it; ties with the median are
    not above it. Interval: simultaneous over all pairs of groups, log-normal per pair (Katz et al. 1978), score
    interval (Koopman 1984) below 5 events. Source: 29 CFR 1607.4(D); fairlearn's ``demographic_parity_ratio`` is the
    same value. The notes of the groups are those of a bias audit after Local Law 144 of New York City (6 RCNY 5-301):
    impact ratio of each category to the most selected one, however small, with the point rule of four fifths; people of
    unknown category (missing, or one of ``unknown_values``) counted; categories below ``exclude_below`` (2 % at most)
    shown with their rate and the reason, and left out. The law sets no pass mark; the verdict rests on the interval,
    not on the point rule, which fails a third of equal groups of 50.

    Raises:
        ParameterRefused: neither outcome nor score is there for the rate, or categories are excluded without a reason.
        TallyMissing: through `Check.measure`, when its tally is missing.
    """
    tally = impact_ratio.selected(tallies, parameters)
    found = groups.families(
        tally,
        tuple(sorted(parameters.texts("sensitive_features"))),
        groups.selection,
        minimum=parameters.count("min_group_size"),
        intersections=parameters.flag("intersections"),
    )
    compared = impact_ratio.without_small(found, parameters)
    measured = groups.compare(
        NAME,
        "simultaneous log-normal ratio over all pairs",
        compared,
        parameters,
        lambda rates, family: smallest_ratio(rates, family=family),
        better="higher",
        left_out=groups.share_undecided(tally),
    )
    return replace(
        measured,
        by_group=impact_ratio.with_ratios(measured.by_group, compared),
        details={**measured.details, **impact_ratio.details(compared, parameters)},
    )
