"""Quality per group and intersection: the worst group counts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from clerestory.assurance import groups
from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.performance import scores
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.statistics.area import roc_area
from clerestory.assurance.statistics.family import worst
from clerestory.assurance.statistics.interval import Interval, critical
from clerestory.assurance.statistics.rate import wilson
from clerestory.assurance.tally import MISSING, ConfusionCell, Request, ScoreHistogram, ScoreTally, Tallies

NAME = "performance.subgroup"
_METRIC = Parameter(
    name="metric",
    kind="choice",
    default="accuracy",
    options=("accuracy", "roc_auc"),
    names_slice=True,
    meaning="accuracy (outcome equals label) or roc_auc (score ranks labels).",
)
_OUTCOME = Parameter(name="outcome", kind="column", from_data="outcome", meaning="Column predicted; for accuracy.")
_SCORE = Parameter(name="score", kind="column", from_data="score", meaning="Column of the score; for roc_auc.")


@dataclass(frozen=True, slots=True)
class _Member:
    """One group: its cases, why it is not judged, and its quality at a critical value."""

    group: str
    n: int
    obstacle: str
    quality: Callable[[float], Interval] | None


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    column = "outcome" if parameters.text("metric") == "accuracy" else "score"
    if column not in parameters:
        raise ParameterRefused(
            f"{NAME} with metric {parameters.text('metric')} needs {column}.",
            f"Give {column} in [data] or in the check.",
        )
    if column == "outcome":
        return groups.wants(parameters)
    return (scores.request(parameters, by=parameters.texts("sensitive_features")),)


@check(
    NAME,
    subject=MODEL_VERSION,
    wants=_wants,
    needs=("label", "sensitive_features"),
    better="higher",
    parameters=(
        _METRIC,
        groups.SENSITIVE,
        _OUTCOME,
        groups.FAVOURABLE,
        groups.FAVOURABLE_FROM,
        groups.LABEL_NEEDED,
        groups.POSITIVE,
        _SCORE,
        groups.INTERSECTIONS,
        groups.MINIMUM,
        groups.UNJUDGED,
        groups.UNLABELLED,
    ),
)
def subgroup(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure accuracy or area under the ROC curve in every group and intersection; the lowest counts.

    Unit: share, 0 to 1. Interval: Wilson (1927), or that of `roc_area` per group, each at 1 - 0.05 / groups
    (Bonferroni), so that all hold at once; the lowest lower and lowest upper end bound the lowest quality. Groups below
    the declared size, and for roc_auc with fewer than 5 cases of either label, are shown and counted, not judged.

    Raises:
        ParameterRefused: the metric needs an outcome or a score and none is given.
        TallyMissing: through `Check.measure`, when its tally is missing.
    """
    if parameters.text("metric") == "accuracy":
        tally = groups.cells(tallies, parameters)
        reason, lost = groups.labels_missing(tally, parameters), groups.share_undecided(tally)
        found = groups.families(
            tally,
            groups.confusion(parameters).by,
            _right,
            minimum=_minimum(parameters),
            intersections=parameters.flag("intersections"),
        )
        families = [[_of_rate(item) for item in family.groups] for family in found]
    else:
        answer = scores.answer(tallies, _histogram(parameters))
        reason, lost = scores.late(answer, parameters)
        families = _by_score(answer, parameters)
    return _worst(families, parameters, reason, lost)


def _worst(
    families: Sequence[Sequence[_Member]], parameters: Parameters, reason: Reason | None, lost: float
) -> Measurement:
    judged = [member for family in families for member in family if not member.obstacle]
    z = critical(family=len(judged))
    parts = [member.quality(z) for member in judged if member.quality]
    overall = worst(parts, better="higher") if parts else None
    unjudged = max((_share_unjudged(family) for family in families), default=1.0)
    return Measurement(
        check=NAME,
        method=f"{parameters.text('metric')}: simultaneous over groups",
        method_version="1",
        value=overall.value if overall else None,
        low=overall.low if overall else None,
        high=overall.high if overall else None,
        n=max((sum(m.n for m in family) for family in families), default=0),
        by_group=tuple(_shown(member) for family in families for member in family),
        share_unassessable=lost + (1 - lost) * unjudged,
        max_unjudged_share=parameters.number("max_unjudged_share"),
        reason=reason or (None if overall else Reason.INSUFFICIENT_DATA),
        details={"groups judged": str(len(judged))},
    )


def _shown(member: _Member) -> GroupResult:
    found = member.quality(critical()) if member.quality else None
    return GroupResult(
        group=member.group,
        value=found.value if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
        n=member.n,
        assessed=not member.obstacle,
        note=member.obstacle,
    )


def _share_unjudged(family: Sequence[_Member]) -> float:
    total = sum(member.n for member in family)
    return 1 - sum(member.n for member in family if not member.obstacle) / total if total else 1.0


def _right(cell: ConfusionCell) -> tuple[int, int]:
    return cell.tp + cell.tn, cell.tp + cell.tn + cell.fp + cell.fn


def _of_rate(item: groups.Counted) -> _Member:
    obstacle = "" if "events" in item.obstacle else item.obstacle
    return _Member(item.group, item.n, obstacle, (lambda z: wilson(item.events, item.n, z=z)) if item.n else None)


def _histogram(parameters: Parameters) -> ScoreHistogram:
    return scores.request(parameters, by=parameters.texts("sensitive_features"))


def _minimum(parameters: Parameters) -> int:
    return parameters.count("min_group_size")


def _by_score(answer: ScoreTally, parameters: Parameters) -> list[list[_Member]]:
    families = scores.by_group(answer, _histogram(parameters).by, intersections=parameters.flag("intersections"))
    return [
        [_of_scores(scores.named(names, key), MISSING in key, found, parameters) for key, found in members.items()]
        for names, members in families
    ]


def _of_scores(group: str, unknown: bool, found: scores.Scores, parameters: Parameters) -> _Member:
    fewest, minimum = min(found.positive, found.negative), parameters.count("min_group_size")
    obstacle = ""
    if unknown:
        obstacle = "group unknown"
    elif found.n < minimum:
        obstacle = f"fewer than {minimum} cases"
    elif fewest < scores.MINIMUM_PER_CLASS:
        obstacle = f"fewer than {scores.MINIMUM_PER_CLASS} cases of one label"
    cell, exact = found.cell, found.tally.exact
    quality = (lambda z: roc_area(cell.positive, cell.negative, exact=exact, z=z)) if fewest else None
    return _Member(group, found.n, obstacle, quality)
