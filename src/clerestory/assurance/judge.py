"""Hold a measurement against a criterion. A failure stands; a pass needs everybody judged; the rest is INCONCLUSIVE."""

from dataclasses import dataclass

from clerestory.assurance.criterion import Criterion
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.terms.status import Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, why nothing could be concluded (None unless INCONCLUSIVE), and what the point rule alone would say."""

    verdict: Verdict
    reason: Reason | None
    point_rule: bool | None


def judge(measurement: Measurement, criterion: Criterion) -> Judged:
    """Judge by the interval rule: PASS if all of the 95 % interval is accepted, FAIL if none of it is.

    A measurement with a reason of its own is INCONCLUSIVE for that reason. One that would pass while more people than
    allowed are in groups too small to judge is INCONCLUSIVE too; one that fails, fails.
    """
    if measurement.value is None or measurement.low is None or measurement.high is None:
        return Judged(Verdict.INCONCLUSIVE, measurement.reason or Reason.INSUFFICIENT_DATA, None)
    point = criterion.holds(measurement.value)
    if measurement.reason is not None:
        return Judged(Verdict.INCONCLUSIVE, measurement.reason, point)
    verdict = criterion.judge(measurement.low, measurement.high)
    if verdict is Verdict.FAIL:
        return Judged(verdict, None, point)
    if measurement.share_unassessable > measurement.max_unjudged_share:
        return Judged(Verdict.INCONCLUSIVE, Reason.UNJUDGED_SHARE, point)
    if verdict is Verdict.INCONCLUSIVE:
        return Judged(verdict, Reason.CROSSES_LIMIT, point)
    return Judged(verdict, None, point)
