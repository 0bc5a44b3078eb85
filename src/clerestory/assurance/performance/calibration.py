"""Whether predicted probabilities agree with what happened."""

from math import pi, sqrt

import numpy as np
import numpy.typing as npt

from clerestory.assurance import groups
from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.performance import scores
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.statistics.interval import Interval, critical
from clerestory.assurance.statistics.rate import wilson
from clerestory.assurance.tally import Request, Tallies

NAME = "performance.calibration"
Floats = npt.NDArray[np.float64]
_BINS = Parameter(
    name="bins", kind="count", default=scores.BINS, meaning="Number of equal bins of 0 to 1.", names_slice=True
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (scores.request(parameters, bins=parameters.count("bins")),)


@check(
    NAME,
    subject=MODEL_VERSION,
    wants=_wants,
    needs=("label", "score"),
    parameters=(scores.SCORE, groups.LABEL_NEEDED, groups.POSITIVE, _BINS, groups.UNJUDGED, groups.UNLABELLED),
)
def calibration(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure the expected calibration error of the scores as probabilities of the positive label.

    Formula: sum over bins of (n_b / n) |share of positives - mean score|, bins equal and closed above (Naeini, Cooper
    and Hauskrecht 2015). Unit: difference of probabilities, 0 to 1. The sum of absolute values is biased upward: with
    perfect calibration its mean is "noise alone" in the details. The 95 % interval, given the scores, takes that into
    account: with e_b the errors of the shares, truth <= value + z sd(sum +-w_b e_b) because |d + e| >= |d| +- e, and
    truth >= value - sum w_b |e_b|, of which mean + z sd is taken. Calibration in the large is mean label - mean score.

    Raises:
        TallyMissing: through `Check.measure`, when its tally is missing.
    """
    bins = parameters.count("bins")
    found = scores.overall(tallies, scores.request(parameters, bins=bins))
    reason = scores.obstacle(found, parameters, classes=False, probabilities=True)
    if not found.n or not found.are_probabilities:
        return _measured(None, found, parameters, reason or Reason.INSUFFICIENT_DATA, (), {})
    positive, n, total = binned(found, bins)
    filled = n > 0
    value, noise = error_interval(positive[filled], n[filled], total[filled])
    large = in_the_large(positive[filled], n[filled], total[filled])
    details = {
        "noise alone": f"{noise:.6g}",
        "calibration in the large": f"{large.value:.6g} [{large.low:.6g}, {large.high:.6g}]",
    }
    shown = tuple(_shown(at, bins, positive[at], n[at], total[at]) for at in range(bins) if n[at])
    return _measured(value, found, parameters, reason, shown, details)


def in_the_large(positive: Floats, n: Floats, total: Floats, *, z: float | None = None) -> Interval:
    """Return mean label - mean score with its normal interval given the scores; arguments as in `error_interval`."""
    z = critical() if z is None else z
    rows = float(n.sum())
    value = float(positive.sum() - total.sum()) / rows
    half = z * sqrt(float(np.sum(n * _variance(positive, n)))) / rows
    return Interval(value, max(value - half, -1.0), min(value + half, 1.0))


def error_interval(positive: Floats, n: Floats, total: Floats, *, z: float | None = None) -> tuple[Interval, float]:
    """Return the expected calibration error with its interval, and its mean under perfect calibration.

    Args:
        positive: positives per bin.
        n: rows per bin, each at least 1.
        total: sum of the scores per bin.
        z: critical value; 1.96 (95 %) unless given.
    """
    weight = n / n.sum()
    value = float(np.abs(positive - total).sum() / n.sum())
    spread = _variance(positive, n) / n
    z = critical() if z is None else z
    up = z * sqrt(float(np.sum(weight**2 * spread)))
    noise = sqrt(2 / pi) * float(np.sum(weight * np.sqrt(spread)))
    down = noise + z * sqrt((1 - 2 / pi) * float(np.sum(weight**2 * spread)))
    return Interval.around(value, max(value - down, 0.0), min(value + up, 1.0)), noise


def _variance(positive: Floats, n: Floats) -> Floats:
    """p (1 - p) of each bin after adding two of each label, so that a bin of one label is not taken as certain."""
    share = (positive + 2) / (n + 4)
    return share * (1 - share)


def binned(found: scores.Scores, bins: int) -> tuple[Floats, Floats, Floats]:
    """Return positives, rows and sum of scores in each of the equal bins of 0 to 1."""
    cuts = np.array([at / bins for at in range(1, bins)])
    place = np.searchsorted(cuts, np.array(found.tally.points), side="left")
    if not found.tally.exact:
        place = np.append(place, bins - 1)
    up = np.array(found.cell.positive, dtype=np.float64)
    both = up + np.array(found.cell.negative)
    first, second = found.sums()
    filled = [np.bincount(place, what, bins).astype(np.float64) for what in (up, both, first + second)]
    return filled[0], filled[1], filled[2]


def _shown(at: int, bins: int, positive: float, n: float, total: float) -> GroupResult:
    share = wilson(int(positive), int(n))
    return GroupResult(
        group=f"score {at / bins:g} to {(at + 1) / bins:g}",
        value=share.value,
        low=share.low,
        high=share.high,
        n=int(n),
        note=f"mean score {total / n:.4f}",
    )


def _measured(
    value: Interval | None,
    found: scores.Scores,
    parameters: Parameters,
    reason: Reason | None,
    shown: tuple[GroupResult, ...],
    details: dict[str, str],
) -> Measurement:
    return Measurement(
        check=NAME,
        method="expected calibration error, equal bins",
        method_version="1",
        value=value.value if value else None,
        low=value.low if value else None,
        high=value.high if value else None,
        n=found.n,
        by_group=shown,
        share_unassessable=found.share_unscored,
        max_unjudged_share=parameters.number("max_unjudged_share"),
        reason=reason,
        details=details | scores.left_out(found),
    )
