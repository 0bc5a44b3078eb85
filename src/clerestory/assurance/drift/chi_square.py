"""Shift of categories: how strong it is, and whether chance alone makes it."""

from math import sqrt

from clerestory.assurance.drift import bins, columns
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import DATASET_VERSION, check
from clerestory.assurance.statistics.divergence import squared_association
from clerestory.assurance.tally import Request, Tallies, TwoSample

NAME = "drift.chi-square"
_NUMBERS = Parameter(
    name="numbers",
    kind="count",
    default=50,
    names_slice=True,
    meaning="A numeric column counts as categories while the reference has no more different numbers than this.",
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return tuple(TwoSample(column, parameters.count("numbers")) for column in parameters.texts("columns"))


@check(
    NAME,
    subject=DATASET_VERSION,
    wants=_wants,
    parameters=(columns.CATEGORY_COLUMNS, _NUMBERS),
    needs=("reference",),
)
def chi_square(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure the association of category and table, by chi-square, of each column; the largest counts.

    Formula: square root of half the sum of (p - q)^2 / (p + q), p the share of a category in the reference, q in the
    current data. It is V of Cramer (1946) of two tables of equal size, and unlike V does not shrink because one table
    is much larger. Unit: 0 (the same shares) to 1 (no category in common). The p-value in the notes is that of
    Pearson's chi-square test (1900) of the counts: it says whether anything shifted, not how much, and with many rows
    a trivial shift is significant; so the criterion limits the association and the interval knows the sample sizes:
    noncentral chi-square of 4 / (1/n + 1/m) times its square, no narrower than the delta method's less the bias, each
    column at 1 - 0.05 / columns. Small expected counts: categories of which fewer than 5 rows are expected in the
    smaller table are pooled (Cochran 1954), and the notes say how many; where only one category is left the column is
    not judged. Rows in categories that the reference lacks are counted in the notes. Missing is a category. Numbers
    that the reference lacks are one category together.
    Simulated without shift, 5 equal categories, criterion "< 0.1", 20,000 runs each: at n = m = 100, 300 and 500 the
    point rule fails 74, 20 and 4.1 %, this check 0.00 % of runs; p < 0.05 in 4.9, 4.9 and 5.1 %.

    Raises:
        TallyMissing: through `Check.measure`, when the tally of a column is missing.
    """
    return columns.compare(
        NAME,
        "categories, wider of noncentral chi-square and delta",
        _wants(parameters),
        tallies,
        lambda column, tally, alpha: bins.compare(
            column, bins.categories_of(tally), squared_association, alpha=alpha, scale=sqrt, called="categories"
        ),
    )
