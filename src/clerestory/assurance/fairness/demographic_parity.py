"""Largest difference of selection rates between groups."""

from clerestory.assurance import groups
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameters
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.statistics.family import largest_gap
from clerestory.assurance.tally import Tallies

NAME = "fairness.demographic-parity"


@check(
    NAME,
    subject=MODEL_VERSION,
    wants=groups.wants,
    parameters=groups.SELECTION,
    needs=("outcome", "sensitive_features"),
)
def demographic_parity(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure the largest difference of selection rates, per feature and intersection; the largest counts.

    Formula: max over groups of (favourable / decided) - min over groups. Unit: difference of shares, 0 to 1.
    Interval: simultaneous over all pairs of groups, hybrid score interval per pair (Newcombe 1998, method 10).
    fairlearn's ``demographic_parity_difference`` is the same value.

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
        "simultaneous Newcombe over all pairs",
        compared,
        parameters,
        lambda rates, family: largest_gap(rates, family=family),
        better="lower",
        left_out=groups.share_undecided(tally),
    )
