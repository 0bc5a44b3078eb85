"""Whether a version is not worse than the one that it replaces, or than a simple rule where there is none."""

from dataclasses import dataclass, replace

from clerestory.assurance import groups
from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.performance import scores
from clerestory.assurance.performance.task_metric import METRIC, brier
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.statistics import paired
from clerestory.assurance.statistics.area import paired_area_difference, roc_area
from clerestory.assurance.statistics.interval import Interval
from clerestory.assurance.statistics.rate import wilson
from clerestory.assurance.tally import (
    MISSING,
    Confusion,
    ConfusionTally,
    Event,
    Request,
    ScorePair,
    ScorePairTally,
    Tallies,
)
from clerestory.assurance.tally.request import REFERENCE

NAME = "performance.version-comparison"
NOW, BEFORE = "this version", "version compared with"
PAIRED_PER_CLASS = 30
_AGAINST = Parameter(
    name="against",
    kind="choice",
    default="previous",
    options=("previous", "reference"),
    names_slice=True,
    meaning="previous: a column of the same rows holds the other version; reference: its rows are the reference data.",
)
_OUTCOME = Parameter(name="outcome", kind="column", from_data="outcome", meaning="Column predicted; for accuracy.")
_SCORE = Parameter(name="score", kind="column", from_data="score", meaning="Column of the score; for the others.")
_PREVIOUS_OUTCOME = Parameter(
    name="previous_outcome",
    kind="column",
    from_data="previous_outcome",
    names_slice=True,
    meaning="Column of what the other version decides for the same rows; for accuracy.",
)
_PREVIOUS_SCORE = Parameter(
    name="previous_score",
    kind="column",
    from_data="previous_score",
    names_slice=True,
    meaning="Column of its score for the same rows; for the others.",
)
_PREVIOUS_MODEL = Parameter(
    name="previous_model",
    kind="text",
    from_data="previous_model",
    names_slice=True,
    meaning="Digest of the artefact of the other version; the run fills it in.",
)


@dataclass(frozen=True, slots=True)
class _Compared:
    """Both versions and the gain, why nothing can be concluded, the share of rows lost, and further figures."""

    gain: Interval | None
    now: Interval | None
    before: Interval | None
    n: int
    n_before: int
    reason: Reason | None
    lost: float
    method: str
    details: dict[str, str]


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    accuracy, previous = parameters.text("metric") == "accuracy", parameters.text("against") == "previous"
    asked = ["outcome" if accuracy else "score"]
    asked += [f"previous_{asked[0]}"] if previous else []
    for name in asked:
        if name not in parameters:
            where = "[model.previous]" if name.startswith("previous_") else "[data]"
            key = name.removeprefix("previous_")
            raise ParameterRefused(
                f"{NAME} with metric {parameters.text('metric')} needs {name}.",
                f"Give {key} in {where}, or {name} in the check.",
            )
    if not previous:
        one = _confusion(parameters) if accuracy else scores.request(parameters)
        return one, replace(one, data=REFERENCE)
    if accuracy:
        return (_confusion(parameters, parameters.text("previous_outcome")),)
    return (_pair(parameters),)


def _confusion(parameters: Parameters, *by: str) -> Confusion:
    at_least = parameters.number("favourable_from") if "favourable_from" in parameters else None
    return Confusion(
        by=by,
        outcome=Event(parameters.text("outcome"), parameters.optional("favourable"), at_least),
        label=Event(parameters.text("label"), parameters.optional("positive")),
    )


def _pair(parameters: Parameters) -> ScorePair:
    label = Event(parameters.text("label"), parameters.optional("positive"))
    return ScorePair(parameters.text("score"), parameters.text("previous_score"), label)


@check(
    NAME,
    subject=MODEL_VERSION,
    wants=_wants,
    needs=("label",),
    better="higher",
    lowest=-1.0,
    parameters=(
        METRIC,
        _AGAINST,
        _OUTCOME,
        groups.FAVOURABLE,
        groups.FAVOURABLE_FROM,
        groups.LABEL_NEEDED,
        groups.POSITIVE,
        _SCORE,
        _PREVIOUS_OUTCOME,
        _PREVIOUS_SCORE,
        _PREVIOUS_MODEL,
        groups.UNJUDGED,
        groups.UNLABELLED,
    ),
)
def version_comparison(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure by how much a version is better than another one; a criterion such as ">= -0.02" is the margin.

    Value: gain in accuracy or area under the ROC curve, or decrease of the Brier score. Unit: difference of shares, -1
    to 1; above 0 is better.
    PASS says with 95 % confidence that the version is not worse than the margin allows (non-inferiority), FAIL that it
    is worse; equal figures of few rows say neither.
    Against "previous", both versions decided the same rows: accuracy has the paired interval of Newcombe (1998, method
    10) and the mid-p value of McNemar's test in the details; the area that of `paired_area_difference` (DeLong et al.
    1988), with 30 rows of either label at least; the Brier score the interval of the mean difference of squared errors
    after adding z^2/2 differences of +1 and of -1. Against "reference", the other version decided other rows, which are
    the reference data with the same columns: Newcombe (1998, method 10 for independent rates) for accuracy, and the
    same recovery of variances (Zou and Donner 2008) from both intervals of `performance.task-metric` for the others.
    Simulated, paired accuracy of 0.85 with 10 % of the decisions changed, margin 0.02, 4,000 runs each: equal versions
    FAIL in 0.3, 0.2 and 0.0 % at n = 100, 300 and 1,000, where the point rule fails 21, 12 and 2.0 %, and PASS in 7, 19
    and 51 %; a version worse by exactly the margin PASSes in 1.7, 2.5 and 2.3 %.
    Rows without one of the decisions or scores are left out of both and counted as unjudged. INCONCLUSIVE below 30
    rows, and where labels are missing.

    Raises:
        ParameterRefused: a column that the metric needs is not named, or the other version's decision is unreadable.
        TallyMissing: through `Check.measure`, when its tally is missing.
    """
    same = parameters.text("against") == "previous"
    if parameters.text("metric") == "accuracy":
        found = _decisions(tallies, parameters) if same else _separate_decisions(tallies, parameters)
    else:
        found = _scores(tallies, parameters) if same else _separate_scores(tallies, parameters)
    return Measurement(
        check=NAME,
        method=f"{parameters.text('metric')}: {found.method}",
        method_version="1",
        value=found.gain.value if found.gain else None,
        low=found.gain.low if found.gain else None,
        high=found.gain.high if found.gain else None,
        n=found.n,
        by_group=_shown(found),
        share_unassessable=found.lost,
        max_unjudged_share=parameters.number("max_unjudged_share"),
        reason=found.reason or (None if found.gain else Reason.INSUFFICIENT_DATA),
        details=found.details,
    )


def _shown(found: _Compared) -> tuple[GroupResult, ...]:
    both = ((NOW, found.now, found.n), (BEFORE, found.before, found.n_before))
    return tuple(
        GroupResult(group=name, value=item.value, low=item.low, high=item.high, n=n) for name, item, n in both if item
    )


def _decisions(tallies: Tallies, parameters: Parameters) -> _Compared:
    request = _confusion(parameters, parameters.text("previous_outcome"))
    tally = _confused(tallies, request)
    both = now = before = neither = lost = 0
    for cell in tally.cells:
        lost += cell.undecided_positive + cell.undecided_negative
        favourable = _is_favourable(cell.group[0], request.outcome)
        if favourable is None:
            lost += cell.tp + cell.fp + cell.fn + cell.tn
            continue
        both += cell.tp if favourable else cell.tn
        now += cell.tn if favourable else cell.tp
        before += cell.fn if favourable else cell.fp
        neither += cell.fp if favourable else cell.fn
    n = both + now + before + neither
    details = {
        "right only now": str(now),
        "right only before": str(before),
        "p of no difference (McNemar, mid-p)": f"{paired.mcnemar(now, before):.3g}",
    }
    return _Compared(
        gain=paired.paired_difference(both, now, before, neither) if n else None,
        now=wilson(both + now, n) if n else None,
        before=wilson(both + before, n) if n else None,
        n=n,
        n_before=n,
        reason=groups.labels_missing(tally, parameters) if n >= scores.MINIMUM_CASES else Reason.INSUFFICIENT_DATA,
        lost=lost / (lost + n) if lost else 0.0,
        method="paired, Newcombe",
        details=details,
    )


def _separate_decisions(tallies: Tallies, parameters: Parameters) -> _Compared:
    sides = [_confused(tallies, request) for request in _wants(parameters) if isinstance(request, Confusion)]
    right = [sum(cell.tp + cell.tn for cell in tally.cells) for tally in sides]
    n = [hit + sum(cell.fp + cell.fn for cell in tally.cells) for hit, tally in zip(right, sides, strict=True)]
    rates = [wilson(hit, size) if size else None for hit, size in zip(right, n, strict=True)]
    late = [groups.labels_missing(tally, parameters) for tally in sides]
    return _Compared(
        gain=paired.separate_difference(rates[0], rates[1]) if rates[0] and rates[1] else None,
        now=rates[0],
        before=rates[1],
        n=n[0],
        n_before=n[1],
        reason=(late[0] or late[1]) if min(n) >= scores.MINIMUM_CASES else Reason.INSUFFICIENT_DATA,
        lost=max(groups.share_undecided(tally) for tally in sides),
        method="separate rows, Newcombe",
        details={"rows compared with": str(n[1])},
    )


def _scores(tallies: Tallies, parameters: Parameters) -> _Compared:
    tally = tallies[_pair(parameters)]
    if not isinstance(tally, ScorePairTally):
        raise TypeError(f"a {type(tally).__name__} answers a request for two scores")
    area, cases = parameters.text("metric") == "roc_auc", (tally.positive, tally.negative)
    n = sum(cases)
    rows = n + tally.unscored + tally.unlabelled
    reason = Reason.INSUFFICIENT_DATA if n < scores.MINIMUM_CASES else None
    if reason is None and tally.unlabelled > rows * parameters.number("max_unlabelled_share"):
        reason = Reason.LABELS_MISSING
    gain = None
    details = {"positives": str(tally.positive), "negatives": str(tally.negative)}
    if area:
        reason = Reason.INSUFFICIENT_DATA if min(cases) < PAIRED_PER_CLASS else reason
        if min(cases) > 1:
            spread = (tally.positive_spread, tally.negative_spread)
            gain = paired_area_difference(tally.area, tally.other_area, spread, cases)
            details |= {"area now": f"{tally.area:.6g}", "area before": f"{tally.other_area:.6g}"}
    elif tally.minimum is None or tally.maximum is None or tally.minimum < 0 or tally.maximum > 1:
        reason = reason or Reason.ASSUMPTION_BROKEN
    else:
        gain = paired.paired_mean(n, tally.loss, tally.loss_squares)
    return _Compared(
        gain=gain,
        now=None,
        before=None,
        n=n,
        n_before=n,
        reason=reason,
        lost=tally.unscored / (tally.unscored + n) if tally.unscored else 0.0,
        method="paired, DeLong" if area else "paired, mean difference with added losses",
        details=details,
    )


def _separate_scores(tallies: Tallies, parameters: Parameters) -> _Compared:
    area = parameters.text("metric") == "roc_auc"
    asked = scores.request(parameters)
    sides = [scores.overall(tallies, request) for request in (asked, replace(asked, data=REFERENCE))]
    reasons = [scores.obstacle(side, parameters, classes=area, probabilities=not area) for side in sides]
    found: list[Interval | None] = [None, None]
    for at, side in enumerate(sides):
        if area and min(side.positive, side.negative):
            found[at] = roc_area(side.cell.positive, side.cell.negative, exact=side.tally.exact)
        elif not area and side.n and side.are_probabilities:
            found[at] = brier(side)
    now, before = found
    gain = None
    if now and before:
        gain = paired.separate_difference(now, before) if area else paired.separate_difference(before, now)
    return _Compared(
        gain=gain,
        now=now,
        before=before,
        n=sides[0].n,
        n_before=sides[1].n,
        reason=reasons[0] or reasons[1],
        lost=max(side.share_unscored for side in sides),
        method="separate rows, recovery of variances",
        details={"rows compared with": str(sides[1].n)},
    )


def _confused(tallies: Tallies, request: Confusion) -> ConfusionTally:
    tally = tallies[request]
    if not isinstance(tally, ConfusionTally):
        raise TypeError(f"a {type(tally).__name__} answers a request for confusion counts")
    return tally


def _is_favourable(text: str, event: Event | None) -> bool | None:
    """Read what the other version decided as the event that this version's decision is read as."""
    if text == MISSING or event is None:
        return None
    if event.at_least is not None:
        try:
            return float(text) >= event.at_least
        except ValueError:
            pass
    elif event.equals is not None:
        return text == event.equals
    elif text in ("true", "1", "false", "0"):
        return text in ("true", "1")
    raise ParameterRefused(
        f"{NAME}: the other version's decision {text!r} is neither yes nor no.",
        "Give favourable in [data], with one value that means yes in both columns.",
    )
