"""Shift of binned features, scores and labels."""

import numpy as np
import numpy.typing as npt

from clerestory.assurance.drift import columns
from clerestory.assurance.drift.columns import Compared
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import DATASET_VERSION, check
from clerestory.assurance.statistics.distance import stability_index
from clerestory.assurance.statistics.interval import ALPHA
from clerestory.assurance.tally import Request, Spread, Tallies, Tally, TwoCategoryTally, TwoSample, TwoSampleTally

NAME = "drift.population-stability-index"
ROWS_PER_BIN = 5
Floats = npt.NDArray[np.float64]
_BINS = Parameter(
    name="bins",
    kind="count",
    default=10,
    names_slice=True,
    meaning="Bins of a numeric column: equal shares of the reference.",
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return tuple(TwoSample(column, parameters.count("bins")) for column in parameters.texts("columns"))


@check(
    NAME, subject=DATASET_VERSION, wants=_wants, parameters=(columns.COLUMNS, _BINS), needs=("reference",), highest=None
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
    asked = _wants(parameters)
    alpha = ALPHA / max(len(asked), 1)
    compared = tuple(
        _compare(request.column, tallies[request], alpha) for request in asked if isinstance(request, TwoSample)
    )
    return columns.measured(
        NAME, "quantile bins, wider of noncentral chi-square and delta", compared, {"columns": str(len(compared))}
    )


def _compare(column: str, tally: Tally, alpha: float) -> Compared:
    if isinstance(tally, TwoCategoryTally):
        if tally.reference_other or tally.current_other:
            return Compared(column, None, sum(tally.current) + tally.current_other, columns.TOO_MANY)
        reference = np.array([*tally.reference, tally.reference_missing], dtype=np.float64)
        current = np.array([*tally.current, tally.current_missing], dtype=np.float64)
    elif isinstance(tally, TwoSampleTally):
        reference, current = binned(tally.reference), binned(tally.current)
    else:
        raise TypeError(f"a {type(tally).__name__} answers a request for two samples")
    rows, filled = int(current.sum()), int(np.count_nonzero(reference + current))
    reference, current = merged(reference, current)
    if min(reference.sum(), current.sum()) < ROWS_PER_BIN or len(reference) < min(filled, 2):
        return Compared(column, None, rows, f"fewer than {ROWS_PER_BIN} rows expected per bin")
    distance, chance, p_value = stability_index(reference, current, alpha=alpha)
    fewer = f" of {filled}, those with fewer than {ROWS_PER_BIN} rows expected merged" if len(current) < filled else ""
    return Compared(column, distance, rows, f"{len(current)} bins{fewer}; chance alone {chance:.4f}; p {p_value:.3g}")


def merged(reference: Floats, current: Floats) -> tuple[Floats, Floats]:
    """Return the bins that hold a row; those of which too few are expected become one, and that joins the next rarest.

    Expected: the bin's share of both tables together, times the rows of the smaller table.
    """
    filled = (reference + current) > 0
    reference, current = reference[filled], current[filled]
    both = reference + current
    expected = both / max(both.sum(), 1.0) * min(reference.sum(), current.sum())
    rare = expected < ROWS_PER_BIN
    if expected[rare].sum() < ROWS_PER_BIN and not rare.all() and rare.any():
        rare[np.where(rare, np.inf, expected).argmin()] = True
    if not rare.any():
        return reference, current
    parts = [np.append(counts[~rare], counts[rare].sum()) for counts in (reference, current)]
    return parts[0], parts[1]


def binned(spread: Spread) -> Floats:
    """Return the rows per bin closed above, then missing and infinite ones."""
    closed = [within + at for within, at in zip(spread.between, (*spread.at, 0), strict=True)]
    return np.array([*closed, spread.missing, spread.infinite], dtype=np.float64)
