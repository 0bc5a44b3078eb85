"""Gap of true positive rates between groups."""

from clerestory.assurance import groups
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameters
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.statistics.family import largest_gap
from clerestory.assurance.tally import Tallies

NAME = "fairness.equal-opportunity"


@check(
    NAME,
    subject=MODEL_VERSION,
    wants=groups.wants,
    parameters=groups.ERRORS,
    needs=("outcome", "label", "sensitive_features"),
)
def equal_opportunity(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure the largest difference of true positive rates, per feature and intersection; the largest counts.

    Formula: max over groups of tp / (tp + fn) - min over groups (Hardt, Price and Srebro 2016). Unit: difference of
    shares, 0 to 1. Cases are the decided people with a positive label. Interval: simultaneous over all pairs of groups,
    hybrid score interval per pair (Newcombe 1998, method 10). fairlearn's ``equal_opportunity_difference`` is the same.

    Raises:
        TallyMissing: through `Check.measure`, when the confusion counts are missing.
    """
    tally = groups.cells(tallies, parameters)
    compared = groups.families(
        tally,
        groups.confusion(parameters).by,
        groups.true_positives,
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
        reason=groups.labels_missing(tally, parameters),
    )
