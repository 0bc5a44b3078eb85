"""Largest distance of two distribution functions."""

import numpy as np
import numpy.typing as npt

from clerestory.assurance.drift import columns
from clerestory.assurance.drift.columns import Compared
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import DATASET_VERSION, check
from clerestory.assurance.statistics.distance import kolmogorov_margin, kolmogorov_p_value
from clerestory.assurance.statistics.interval import Interval
from clerestory.assurance.tally import Request, Spread, Tallies, Tally, TwoSample, TwoSampleTally

NAME = "drift.kolmogorov-smirnov"
MINIMUM_ROWS = 30
Floats = npt.NDArray[np.float64]
_POINTS = Parameter(
    name="points",
    kind="count",
    default=1_000,
    names_slice=True,
    meaning="Points of the reference to compare at: all of its values while there are no more, else quantiles.",
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return tuple(TwoSample(column, parameters.count("points")) for column in parameters.texts("columns"))


@check(NAME, subject=DATASET_VERSION, wants=_wants, needs=("reference",), parameters=(columns.NUMERIC_COLUMNS, _POINTS))
def kolmogorov_smirnov(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure the distance max |F - G| of the distribution functions of each numeric column; the largest counts.

    Unit: difference of shares, 0 to 1. With all values of the reference as points it is exactly the two-sample
    statistic of Smirnov (1939); with quantiles the value is what the points show and the interval certifies what lies
    between them. Interval: the distance of the populations, for all sample sizes and distributions (Massart 1990, see
    `kolmogorov_margin`), each column at 1 - 0.05 / columns. The p-value in the notes says whether anything shifted, not
    how much. Missing and infinite values are left out and counted in the notes.

    Raises:
        TallyMissing: through `Check.measure`, when the tally of a column is missing.
    """
    return columns.compare(NAME, "counts at the reference's points, Massart", _wants(parameters), tallies, _compare)


def _compare(column: str, tally: Tally, alpha: float) -> Compared:
    if not isinstance(tally, TwoSampleTally):
        return Compared(column, None, 0, "not numeric")
    n, m = _rows(tally.reference), _rows(tally.current)
    left = tally.current.missing + tally.current.infinite
    note = f"{left} missing or infinite; " if left else ""
    if min(n, m) < MINIMUM_ROWS:
        return Compared(column, None, m, f"{note}fewer than {MINIMUM_ROWS} rows")
    value, most = sample_distance(tally)
    margin = kolmogorov_margin(n, m, alpha=alpha)
    distance = Interval.around(value, max(value - margin, 0.0), min(most + margin, 1.0))
    exact = "exact" if most == value else f"certified to {most - value:.2g}"
    return Compared(column, distance, m, f"{note}{exact}; p {kolmogorov_p_value(value, n, m):.3g}")


def sample_distance(tally: TwoSampleTally) -> tuple[float, float]:
    """Return the largest distance seen at the points, and a bound of the largest anywhere.

    Between two points each function lies between its values just after the first and just before the second. Where all
    values of one sample are points that sample is flat between them, and the bound is what is seen.
    """
    first_before, first_at = functions_of(tally.reference)
    second_before, second_at = functions_of(tally.current)
    seen = max(float(np.abs(first_before - second_before).max()), float(np.abs(first_at - second_at).max()))
    between = max(float((first_before - second_at).max()), float((second_before - first_at).max()))
    return seen, max(seen, min(between, 1.0))


def functions_of(spread: Spread) -> tuple[Floats, Floats]:
    """Return the distribution function just before each point and after the one before it: both per open interval."""
    within, at = np.array(spread.between, dtype=np.float64), np.array((*spread.at, 0), dtype=np.float64)
    rows = float(within.sum() + at.sum())
    before = np.cumsum(within) + np.concatenate(([0.0], np.cumsum(at)[:-1]))
    after = before - within
    return before / rows, after / rows


def _rows(spread: Spread) -> int:
    return sum(spread.at) + sum(spread.between)
