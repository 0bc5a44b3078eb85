"""Selection rates in the cells of several features, beside each cell what is plausible once all cells are seen."""

from dataclasses import replace
from math import exp, log

import numpy as np
import numpy.typing as npt

from clerestory.assurance import groups
from clerestory.assurance.measurement import GroupResult, Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.statistics.family import Rate, smallest_ratio
from clerestory.assurance.statistics.logistic import sigmoid
from clerestory.assurance.tally import Request, Tallies

NAME = "fairness.intersectional-selection-rate"
Floats = npt.NDArray[np.float64]
_RATIO = Parameter(
    name="practical_ratio",
    kind="share",
    default=0.8,
    meaning="Ratio to the highest cell below which the probability per cell is given.",
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    if len(parameters.texts("sensitive_features")) < 2:
        raise ParameterRefused(f"{NAME} needs two sensitive features.", "Name another one, or take the check out.")
    return groups.wants(parameters)


@check(
    NAME,
    subject=MODEL_VERSION,
    wants=_wants,
    needs=("outcome", "sensitive_features"),
    better="higher",
    parameters=(*(item for item in groups.SELECTION if item is not groups.INTERSECTIONS), _RATIO),
)
def intersectional_selection_rate(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure the lowest selection rate over the highest among all cells of all sensitive features together.

    Formula: min over cells of favourable / decided, over the max. Unit: ratio, 0 to 1. Interval: simultaneous over all
    pairs of cells (Katz et al. 1978; Koopman 1984 below 5 events). Each judged cell is noted with its rate shrunk
    towards the others, (x + a) / (n + a + b) with rates ~ Beta(a, b) fitted by maximum likelihood (Griffiths 1973), and
    with the posterior probability that its ratio to the cell with the highest shrunk rate is below ``practical_ratio``.
    The verdict rests on the interval alone: shrinkage understates what is unknown.

    Raises:
        ParameterRefused: there are fewer than two sensitive features.
        TallyMissing: through `Check.measure`, when the confusion counts are missing.
    """
    tally = groups.cells(tallies, parameters)
    features = groups.confusion(parameters).by
    family = groups.families(
        tally, features, groups.selection, minimum=parameters.count("min_group_size"), intersections=True
    )[-1]
    measured = groups.compare(
        NAME,
        "simultaneous log-normal ratio over all pairs",
        (family,),
        parameters,
        lambda rates, comparisons: smallest_ratio(rates, family=comparisons),
        better="higher",
        left_out=groups.share_undecided(tally),
    )
    if not family.judged or groups.too_many((family,)):
        return measured
    notes = _plausible(family.judged, parameters.number("practical_ratio"))
    return replace(measured, by_group=tuple(_noted(item, notes) for item in measured.by_group))


def _noted(item: GroupResult, notes: dict[str, str]) -> GroupResult:
    return replace(item, note=notes[item.group]) if item.group in notes else item


def _plausible(rates: tuple[Rate, ...], limit: float) -> dict[str, str]:
    """Per cell the shrunk rate and P(ratio to the highest shrunk cell < limit)."""
    from scipy.special import betainc, betaincinv

    events = np.array([rate.events for rate in rates], dtype=np.float64)
    n = np.array([rate.n for rate in rates], dtype=np.float64)
    a, b = fit_beta(events, n)
    shrunk = (events + a) / (n + a + b)
    top = int(np.argmax(shrunk))
    levels = (np.arange(512) + 0.5) / 512
    highest = betaincinv(events[top] + a, n[top] - events[top] + b, levels)
    notes = {}
    for at, rate in enumerate(rates):
        below = float(np.mean(betainc(events[at] + a, n[at] - events[at] + b, limit * highest))) if at != top else 0.0
        notes[rate.group] = f"shrunk rate {shrunk[at]:.4f}; P(ratio < {limit:g}) {below:.3f}"
    return notes


def fit_beta(events: Floats, n: Floats) -> tuple[float, float]:
    """Return a, b of the beta-binomial likelihood's maximum, with a + b from 0.1 to 1e6.

    Args:
        events: events per cell.
        n: cases per cell.
    """
    from scipy.optimize import minimize
    from scipy.special import betaln

    mean = min(max(float(events.sum() / n.sum()), 1e-6), 1 - 1e-6)

    def cost(point: Floats) -> float:
        share, size = float(sigmoid(point[0])), exp(float(point[1]))
        a, b = share * size, (1 - share) * size
        return -float(np.sum(betaln(events + a, n - events + b) - betaln(a, b)))

    found = minimize(
        cost, np.array([log(mean / (1 - mean)), log(20.0)]), method="L-BFGS-B", bounds=[(-14, 14), (log(0.1), log(1e6))]
    )
    share, size = float(sigmoid(found.x[0])), exp(float(found.x[1]))
    return share * size, (1 - share) * size
