"""Largest gap of true and false positive rates between groups."""

from clerestory.assurance import groups
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameters
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.statistics.family import largest_gap
from clerestory.assurance.tally import Tallies

NAME = "fairness.equalized-odds"


@check(
    NAME,
    subject=MODEL_VERSION,
    wants=groups.wants,
    parameters=groups.ERRORS,
    needs=("outcome", "label", "sensitive_features"),
)
def equalized_odds(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure the larger of the gaps of true and of false positive rates, per feature and intersection.

    Formula: max(max tp / (tp + fn) - min, max fp / (fp + tn) - min) over groups (Hardt, Price and Srebro 2016). Unit:
    difference of shares, 0 to 1. Both gaps stand in the details with their intervals. Interval: simultaneous over all
    pairs of groups and both rates, hybrid score interval per pair (Newcombe 1998, method 10). fairlearn's
    ``equalized_odds_difference`` is the same value.

    Raises:
        TallyMissing: through `Check.measure`, when the confusion counts are missing.
    """
    tally = groups.cells(tallies, parameters)
    compared = tuple(
        family
        for prefix, pick in (
            ("true positive rate: ", groups.true_positives),
            ("false positive rate: ", groups.false_positives),
        )
        for family in groups.families(
            tally,
            groups.confusion(parameters).by,
            pick,
            minimum=parameters.count("min_group_size"),
            intersections=parameters.flag("intersections"),
            prefix=prefix,
        )
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
