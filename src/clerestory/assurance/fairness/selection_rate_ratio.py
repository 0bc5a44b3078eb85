"""Lowest selection rate over the highest: the impact ratio of the four-fifths rule."""

from clerestory.assurance import groups
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameters
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.statistics.family import smallest_ratio
from clerestory.assurance.tally import Tallies

NAME = "fairness.selection-rate-ratio"


@check(
    NAME,
    subject=MODEL_VERSION,
    wants=groups.wants,
    parameters=groups.SELECTION,
    needs=("outcome", "sensitive_features"),
    better="higher",
)
def selection_rate_ratio(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure the lowest selection rate over the highest, per feature and intersection; the lowest ratio counts.

    Formula: min over groups of (favourable / decided) / max over groups of the same. Unit: ratio, 0 to 1; 1 is equal.
    Interval: simultaneous over all pairs of groups, log-normal per pair (Katz et al. 1978), score interval (Koopman
    1984) below 5 events. Source: 29 CFR 1607.4(D); fairlearn's ``demographic_parity_ratio`` is the same value.

    Raises:
        TallyMissing: through `Check.measure`, when the confusion counts are missing.
    """
    tally = groups.cells(tallies, parameters)
    compared = groups.families(
        tally,
        groups.confusion(parameters).by,
        groups.selection,
        minimum=parameters.count("min_group_size"),
        intersections=parameters.flag("intersections"),
    )
    return groups.compare(
        NAME,
        "simultaneous log-normal ratio over all pairs",
        compared,
        parameters,
        lambda rates, family: smallest_ratio(rates, family=family),
        better="higher",
        left_out=groups.share_undecided(tally),
    )
