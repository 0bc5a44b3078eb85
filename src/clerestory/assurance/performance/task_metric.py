"""The metric of the task: accuracy, area under the ROC curve, or Brier score."""

from dataclasses import replace

from clerestory.assurance import groups
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.performance import estimated, scores
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.statistics.area import roc_area
from clerestory.assurance.statistics.interval import Interval, bounded_mean
from clerestory.assurance.statistics.rate import wilson
from clerestory.assurance.tally import Confusion, ConfusionTally, Event, Request, Tallies

NAME = "performance.task-metric"
METRIC = Parameter(
    name="metric",
    kind="choice",
    default="accuracy",
    options=("accuracy", "roc_auc", "brier"),
    names_slice=True,
    meaning="accuracy (outcome equals label), roc_auc (score ranks labels) or brier (squared error of probabilities).",
)
_OUTCOME = Parameter(name="outcome", kind="column", from_data="outcome", meaning="Column predicted; for accuracy.")
_SCORE = Parameter(name="score", kind="column", from_data="score", meaning="Column of the score; for the others.")


def _request(parameters: Parameters) -> Request:
    metric = parameters.text("metric")
    column = "outcome" if metric == "accuracy" else "score"
    if column not in parameters:
        raise ParameterRefused(
            f"{NAME} with metric {metric} needs {column}.", f"Give {column} in [data] or in the check."
        )
    return _confusion(parameters) if metric == "accuracy" else scores.request(parameters)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    estimating = _is_estimated(parameters)
    if "label" not in parameters and not (estimating and "reference_label" in parameters):
        meaning = groups.LABEL_NEEDED.meaning
        raise ParameterRefused(f"{NAME}: label is missing.", f"Give label in [data], or label in this check: {meaning}")
    if not estimating:
        return (_request(parameters),)
    if parameters.text("metric") != "accuracy":
        raise ParameterRefused(f"{NAME} estimates accuracy alone.", "Ask for accuracy, or wait for labels.")
    for name in ("score", "threshold"):
        if name not in parameters:
            raise ParameterRefused(f"{NAME} estimates from {name}, and there is none.", f"Give {name}.")
    return estimated.requests(parameters)


def _is_estimated(parameters: Parameters) -> bool:
    return "estimated" in parameters and parameters.flag("estimated")


def _better(parameters: Parameters) -> str:
    return "lower" if parameters.text("metric") == "brier" else "higher"


def _confusion(parameters: Parameters) -> Confusion:
    at_least = parameters.number("favourable_from") if "favourable_from" in parameters else None
    return Confusion(
        outcome=Event(parameters.text("outcome"), parameters.optional("favourable"), at_least),
        label=Event(parameters.text("label"), parameters.optional("positive")),
    )


@check(
    NAME,
    subject=MODEL_VERSION,
    wants=_wants,
    needs=("label",),
    better=_better,
    parameters=(
        METRIC,
        _OUTCOME,
        groups.FAVOURABLE,
        groups.FAVOURABLE_FROM,
        replace(groups.LABEL_NEEDED, required=False),
        groups.POSITIVE,
        _SCORE,
        groups.UNJUDGED,
        groups.UNLABELLED,
        estimated.ESTIMATED,
        estimated.REFERENCE_LABEL,
        estimated.THRESHOLD,
    ),
)
def task_metric(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure accuracy, area under the ROC curve or Brier score.

    accuracy: (tp + tn) / labelled and decided rows; interval of Wilson (1927). Higher is better.
    roc_auc: P(score of a positive > score of a negative) + half the ties; each end of the interval is the farther of
    DeLong et al. (1988) on the logit scale and the score interval of Hanley and McNeil (1982), which does not trust the
    spread of a few cases; moved by what bins leave open when there are more than 10,000 scores. Higher is better.
    brier: mean (score - label)^2, label 0 or 1 (Brier 1950); normal interval after adding z^2/2 losses of 0 and of 1.
    Lower is better.
    ``estimated``: accuracy before labels are there. Per bin of the score (half a unit of its logit, cut at the
    threshold too) what the current scores promise is corrected by how far promised and real positives were apart in the
    labelled reference (confidence-based performance estimation: Kivimaki et al. 2025). It assumes that a score still
    means what it meant there, which labels alone can show (`drift.concept`, `performance.calibration`): an estimate
    replaces no measurement. Interval: normal, with the noise of the reference's labels and of those to come. Rows in
    bins of which the reference has fewer than 10 are unjudged. Simulated with boasting scores and other cases, 150
    runs: it holds the accuracy that comes true in 95 and 93 % at n = 300 and 500 with 1,000 and 2,000 labels before.
    Unit: shares, 0 to 1. INCONCLUSIVE below 30 rows, for roc_auc below 5 rows of either label.

    Raises:
        ParameterRefused: the metric needs an outcome or a score and none is given.
        TallyMissing: through `Check.measure`, when its tally is missing.
    """
    if _is_estimated(parameters):
        return _estimated(tallies, parameters)
    if parameters.text("metric") == "accuracy":
        return _accuracy(tallies, parameters)
    found = scores.overall(tallies, scores.request(parameters))
    area = parameters.text("metric") == "roc_auc"
    reason = scores.obstacle(found, parameters, classes=area, probabilities=not area)
    value = None
    if area and min(found.positive, found.negative):
        value = roc_area(found.cell.positive, found.cell.negative, exact=found.tally.exact)
    elif not area and found.n and found.are_probabilities:
        value = brier(found)
    details = scores.left_out(found) | {"positives": str(found.positive), "negatives": str(found.negative)}
    if not found.tally.exact:
        details["scores"] = f"binned at {len(found.tally.points)} points"
    method = "wider of DeLong on the logit scale and Hanley-McNeil score" if area else "normal with added losses"
    return _measured(value, found.n, method, reason, found.share_unscored, parameters, details)


def _estimated(tallies: Tallies, parameters: Parameters) -> Measurement:
    before, now = (scores.overall(tallies, asked) for asked in estimated.requests(parameters))
    found = estimated.estimate(before, now, parameters)
    method = "estimated from scores, normal"
    left = found.unknown + (1 - found.unknown) * now.share_unscored
    return _measured(found.accuracy, found.n, method, found.reason, left, parameters, found.details)


def _accuracy(tallies: Tallies, parameters: Parameters) -> Measurement:
    tally = tallies[_confusion(parameters)]
    if not isinstance(tally, ConfusionTally):
        raise TypeError(f"a {type(tally).__name__} answers a request for confusion counts")
    right = sum(cell.tp + cell.tn for cell in tally.cells)
    n = right + sum(cell.fp + cell.fn for cell in tally.cells)
    reason = groups.labels_missing(tally, parameters)
    if n < scores.MINIMUM_CASES:
        reason = Reason.INSUFFICIENT_DATA
    value = wilson(right, n) if n else None
    return _measured(value, n, "Wilson", reason, groups.share_undecided(tally), parameters, {"right": str(right)})


def brier(found: scores.Scores) -> Interval:
    """Return the Brier score: losses are s^2 for negatives, (1 - s)^2 for positives; squares need fourth powers."""
    first, second, third, fourth = found.powers(positive=True)
    other = found.powers(positive=False)
    ones = found.positive
    total = ones - 2 * first + second + other[1]
    squares = ones - 4 * first + 6 * second - 4 * third + fourth + other[3]
    return bounded_mean(found.n, total, squares)


def _measured(
    value: Interval | None,
    n: int,
    method: str,
    reason: Reason | None,
    unjudged: float,
    parameters: Parameters,
    details: dict[str, str],
) -> Measurement:
    return Measurement(
        check=NAME,
        method=f"{parameters.text('metric')}: {method}",
        method_version="1",
        value=value.value if value else None,
        low=value.low if value else None,
        high=value.high if value else None,
        n=n,
        share_unassessable=unjudged,
        max_unjudged_share=parameters.number("max_unjudged_share"),
        reason=reason or (None if value else Reason.INSUFFICIENT_DATA),
        details=details,
    )
