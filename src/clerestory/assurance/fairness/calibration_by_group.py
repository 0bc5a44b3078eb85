"""Whether a score means the same for every group: calibration of each, and the gaps between them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from clerestory.assurance import groups
from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.performance import scores
from clerestory.assurance.performance.calibration import binned, error_interval, in_the_large
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.statistics.family import pairs, worst
from clerestory.assurance.statistics.interval import Interval, critical
from clerestory.assurance.statistics.paired import separate_difference
from clerestory.assurance.statistics.recalibration import STEEPEST, recalibration_slope
from clerestory.assurance.tally import MISSING, Request, ScoreHistogram, Tallies

NAME = "fairness.calibration-by-group"
Floats = npt.NDArray[np.float64]
_MEASURE = Parameter(
    name="measure",
    kind="choice",
    default="error",
    options=("error", "in_the_large", "slope"),
    names_slice=True,
    meaning="error: the highest error of a group; in_the_large, slope: the largest gap of these between two groups.",
)
_BINS = Parameter(
    name="bins", kind="count", default=scores.BINS, meaning="Number of equal bins of 0 to 1.", names_slice=True
)


@dataclass(frozen=True, slots=True)
class _Member:
    """One group: its scores, its bins that hold a row, and why it is not judged, if it is not."""

    group: str
    found: scores.Scores
    bins: tuple[Floats, Floats, Floats]
    obstacle: str

    def error(self, z: float) -> Interval:
        """Return its expected calibration error."""
        return error_interval(*self.bins, z=z)[0]

    def large(self, z: float) -> Interval:
        """Return its calibration in the large."""
        return in_the_large(*self.bins, z=z)

    def slope(self, z: float) -> Interval | None:
        """Return its slope of recalibration; scores of 0 and 1 have no logit and are left out."""
        cell = self.found.cell
        up = np.array(cell.positive, dtype=np.float64)
        both = up + np.array(cell.negative, dtype=np.float64)
        held = both > 0
        first, second = self.found.sums()
        mean = (first + second)[held] / both[held]
        inside = (mean > 0) & (mean < 1)
        up, both = up[held][inside], both[held][inside]
        return recalibration_slope(mean[inside], up, both - up, z=z)


def _request(parameters: Parameters) -> ScoreHistogram:
    """The histogram of each group; coarser than that of all rows, since the bins of the error are cut exactly."""
    asked = scores.request(parameters, by=parameters.texts("sensitive_features"), bins=parameters.count("bins"))
    return replace(asked, exact_up_to=1_000, bins=100)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (_request(parameters),)


def _highest(parameters: Parameters) -> float:
    return 2 * STEEPEST if parameters.text("measure") == "slope" else 1.0 if _is_error(parameters) else 2.0


def _is_error(parameters: Parameters) -> bool:
    return parameters.text("measure") == "error"


@check(
    NAME,
    subject=MODEL_VERSION,
    wants=_wants,
    needs=("label", "score", "sensitive_features"),
    highest=_highest,
    parameters=(
        _MEASURE,
        groups.SENSITIVE,
        scores.SCORE,
        groups.LABEL_NEEDED,
        groups.POSITIVE,
        _BINS,
        groups.INTERSECTIONS,
        groups.MINIMUM,
        groups.UNJUDGED,
        groups.UNLABELLED,
    ),
)
def calibration_by_group(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure how far scores are from what happened in each group and intersection, and how far groups are apart.

    error: expected calibration error of a group, sum over bins of (n_b / n) |share of positives - mean score| (Naeini,
    Cooper and Hauskrecht 2015); the highest counts. It is biased upward the more, the fewer rows and the more bins
    there are, so errors of groups of different size cannot be compared as they stand: each group has the interval of
    `performance.calibration`, which takes the noise into account, and shows its "noise alone". in_the_large: mean label
    - mean score; the largest gap between two groups counts. slope: that of a logistic regression of the label on the
    logit of the score (Cox 1958) by maximum likelihood, interval by profile likelihood; the largest gap counts; scores
    of exactly 0 and 1 are left out of it. Unit: differences of probabilities, 0 to 1 (error) or 0 to 2; slopes as they
    are. All three of every group, with intervals, stand in the notes. Intervals hold at once for all groups (error) or
    all pairs of all families (gaps; recovery of variances, Zou and Donner 2008), by Bonferroni.
    Calibration in every group and equal error rates cannot both be had where base rates differ (Kleinberg, Mullainathan
    and Raghavan 2016).
    Groups below the declared size, unknown ones, and those in which fewer than 5 of either label are expected at the
    pooled rate, are shown and counted, not judged; with fewer than two judged groups, or missing labels, INCONCLUSIVE.
    Simulated with perfect calibration, 10 bins, criterion "<= 0.05", 1,000 runs each: with two groups of 100, 300 and
    1,000 the point rule fails 100, 92 and 5.8 % for error and 41, 17 and 1.0 % for in_the_large, this check 0.0 %, but
    0.1 % for in_the_large at 100; with six groups of 100 the point rule fails 100 and 97 %, this check 0.0 %.

    Raises:
        TallyMissing: through `Check.measure`, when its tally is missing.
    """
    request = _request(parameters)
    answered = scores.answer(tallies, request)
    reason, lost = scores.late(answered, parameters)
    low, high = answered.minimum, answered.maximum
    if low is not None and high is not None and not 0 <= low <= high <= 1:
        return _measured(parameters, [], None, reason or Reason.ASSUMPTION_BROKEN, lost)
    families = [
        _family(names, members, parameters)
        for names, members in scores.by_group(answered, request.by, intersections=parameters.flag("intersections"))
    ]
    judged = [[member for member in family if not member.obstacle] for family in families]
    judged = [family if len(family) > 1 else [] for family in judged]
    if any(len(family) > groups.MOST_GROUPS for family in judged):
        return _measured(parameters, families, None, Reason.TOO_MANY_GROUPS, lost)
    return _measured(parameters, families, _overall(judged, parameters), reason, lost)


def _family(
    names: Sequence[str], members: dict[tuple[str, ...], scores.Scores], parameters: Parameters
) -> list[_Member]:
    minimum, bins = parameters.count("min_group_size"), parameters.count("bins")
    known = [found for key, found in members.items() if MISSING not in key and found.n >= minimum]
    rows, positive = sum(found.n for found in known), sum(found.positive for found in known)
    rarer = min(positive, rows - positive) / rows if rows else 0.0
    family = []
    for key, found in members.items():
        obstacle = ""
        if MISSING in key:
            obstacle = "group unknown"
        elif found.n < minimum:
            obstacle = f"fewer than {minimum} cases"
        elif found.n * rarer < groups.MINIMUM_EVENTS:
            obstacle = f"fewer than {groups.MINIMUM_EVENTS} of either label expected"
        positives, n, total = binned(found, bins)
        filled = n > 0
        parts = (positives[filled], n[filled], total[filled])
        family.append(_Member(scores.named(names, key), found, parts, obstacle))
    return family


def _overall(judged: Sequence[Sequence[_Member]], parameters: Parameters) -> Interval | None:
    """The worst of all families, each group or pair paying its share of the error."""
    if _is_error(parameters):
        z = critical(family=sum(len(family) for family in judged))
        errors = [member.error(z) for family in judged for member in family]
        return worst(errors, better="lower") if errors else None
    slope = parameters.text("measure") == "slope"
    z = critical(family=pairs([len(family) for family in judged]))
    gaps = []
    for family in judged:
        found = [member.slope(z) if slope else member.large(z) for member in family]
        known = [item for item in found if item is not None]
        gaps += [_gap(one, other) for at, one in enumerate(known) for other in known[:at]]
    return worst(gaps, better="lower") if gaps else None


def _gap(one: Interval, other: Interval) -> Interval:
    """The size of a difference: its interval folded at 0."""
    found = separate_difference(one, other, lowest=-2 * STEEPEST, highest=2 * STEEPEST)
    low = 0.0 if found.low <= 0 <= found.high else min(abs(found.low), abs(found.high))
    return Interval(abs(found.value), low, max(abs(found.low), abs(found.high)))


def _measured(
    parameters: Parameters,
    families: Sequence[Sequence[_Member]],
    overall: Interval | None,
    reason: Reason | None,
    lost: float,
) -> Measurement:
    unjudged = max((_share_unjudged(family, parameters) for family in families), default=1.0)
    return Measurement(
        check=NAME,
        method=f"{parameters.text('measure')}: simultaneous over groups",
        method_version="1",
        value=overall.value if overall else None,
        low=overall.low if overall else None,
        high=overall.high if overall else None,
        n=max((sum(member.found.n for member in family) for family in families), default=0),
        by_group=tuple(_shown(member, parameters) for family in families for member in family),
        share_unassessable=lost + (1 - lost) * unjudged,
        max_unjudged_share=parameters.number("max_unjudged_share"),
        reason=reason or (None if overall else Reason.INSUFFICIENT_DATA),
        details={"groups judged": str(sum(not member.obstacle for family in families for member in family))},
    )


def _share_unjudged(family: Sequence[_Member], parameters: Parameters) -> float:
    total = sum(member.found.n for member in family)
    judged = [member for member in family if not member.obstacle]
    if parameters.text("measure") == "slope":
        judged = [member for member in judged if member.slope(critical()) is not None]
    if len(judged) < 2:
        return 1.0
    return 1 - sum(member.found.n for member in judged) / total


def _shown(member: _Member, parameters: Parameters) -> GroupResult:
    """A group with the three measures at its own 95 %: the one that is judged as its value, the others as notes."""
    n = member.found.n
    if not n:
        return GroupResult(group=member.group, value=None, low=None, high=None, n=0, assessed=False, note="no scores")
    z = critical()
    noise = error_interval(*member.bins)[1]
    found = {"error": member.error(z), "in_the_large": member.large(z), "slope": member.slope(z)}
    value = found.pop(parameters.text("measure"))
    notes = [member.obstacle] if member.obstacle else []
    notes += [f"noise alone {noise:.4f}"]
    notes += [f"{name.replace('_', ' ')} {_text(item)}" for name, item in found.items()]
    return GroupResult(
        group=member.group,
        value=value.value if value else None,
        low=value.low if value else None,
        high=value.high if value else None,
        n=n,
        assessed=not member.obstacle and value is not None,
        note="; ".join(notes),
    )


def _text(item: Interval | None) -> str:
    return "unknown" if item is None else f"{item.value:.4f} [{item.low:.4f}, {item.high:.4f}]"
