"""Shift of binned features, scores and labels."""

from clerestory.assurance.drift import bins, columns
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameters
from clerestory.assurance.registry import DATASET_VERSION, check
from clerestory.assurance.statistics.divergence import stability_index
from clerestory.assurance.tally import Request, Tallies, TwoSample

NAME = "drift.population-stability-index"


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return tuple(TwoSample(column, parameters.count("bins")) for column in parameters.texts("columns"))


@check(
    NAME,
    subject=DATASET_VERSION,
    wants=_wants,
    parameters=(columns.COLUMNS, columns.BINS),
    needs=("reference",),
    highest=None,
)
def population_stability_index(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure the population stability index of each column; the largest counts.

    Formula: sum over bins of (q - p) log(q / p), p the shares of the reference and q of the current data (Siddiqi 2006;
    the symmetrised divergence of Jeffreys 1946). Unit: nats, 0 and up. Bins: quantiles of the reference, closed above;
    categories as they are; missing and infinite values are bins of their own. Bins of which both tables together expect
    fewer than 5 rows in the smaller are merged, and the notes say how many; an empty bin counts half a row. Interval:
    noncentral chi-square (Yurdakul and Naranjo 2020), no narrower than the delta method's less the bias, which rare or
    many bins ask for; each column at 1 - 0.05 / columns. So a shift fails only when it
    is large and more than chance makes of samples of this size; "chance alone" in the notes is the mean of that, with
    the p-value. A column that so comes to a single bin, or with more than 1,000 categories, is not judged, and then the
    check cannot pass.

    Raises:
        TallyMissing: through `Check.measure`, when the tally of a column is missing.
    """
    return columns.compare(
        NAME,
        "quantile bins, wider of noncentral chi-square and delta",
        _wants(parameters),
        tallies,
        lambda column, tally, alpha: bins.compare(
            column, bins.bins_of(tally), stability_index, alpha=alpha, scale=float, called="bins"
        ),
    )
