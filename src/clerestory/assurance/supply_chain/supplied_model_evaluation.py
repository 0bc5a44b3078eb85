"""Own evaluation of a supplied model: how far it stays behind what its card claims, on data of one's own."""

import re
from collections.abc import Generator, Mapping
from typing import Any

import numpy as np

from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.statistics.rate import wilson
from clerestory.assurance.tally import Request, Tallies, TrialCell, TrialTally
from clerestory.assurance.tally.value import value_text
from clerestory.assurance.trial import Move, Predict, Sample, Sampled, Talk, Unanswered, trial_of, trial_tally
from clerestory.assurance.trial.asking import FEATURES, THRESHOLD
from clerestory.assurance.trial.cells import MINIMUM_CASES
from clerestory.assurance.trial.files import FileUnusable, json_of, needed, text_of

NAME = "supply_chain.supplied-model-evaluation"
METRICS = ("accuracy", "recall", "specificity", "precision")
_ALL, _CLAIM = ("all",), ("claim",)
_FRONT = re.compile(r"\A---\n(.*?)\n---", re.S)
_PARAMETERS = (
    FEATURES,
    Parameter(name="label", kind="column", from_data="label", required=True, meaning="Column of the true outcome."),
    Parameter(
        name="positive", kind="text", from_data="positive", meaning="Value of the label that means yes; true or 1."
    ),
    THRESHOLD,
    Parameter(
        name="metric",
        kind="choice",
        options=METRICS,
        default="accuracy",
        names_slice=True,
        meaning="What the card claims.",
    ),
    Parameter(
        name="claimed", kind="share", names_slice=True, meaning="The figure that the supplier claims, without a card."
    ),
    Parameter(
        name="card",
        kind="text",
        names_slice=True,
        meaning="The supplier's card: CycloneDX as JSON, or Markdown with a model-index.",
    ),
    Parameter(
        name="by", kind="columns", from_data="sensitive_features", meaning="Columns whose groups are shown apart."
    ),
    Parameter(name="rows", kind="count", default=10_000, meaning="Rows that are tried at most."),
    Parameter(name="seed", kind="seed", default=0, meaning="Seed of the sample."),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Read the claim, ask the model about own rows, and count what it got right, in all and by group."""
    claim = yield from _claim(parameters)
    features, by, label = parameters.texts("features"), parameters.texts("by"), parameters.text("label")
    wanted = tuple(dict.fromkeys((*features, *by, label)))
    sampled: Sampled = yield Sample(wanted, parameters.count("rows"), parameters.count("seed"))
    rows = len(sampled.table[label])
    notes = (("rows", f"{rows} of {sampled.total}"), ("seed", str(parameters.count("seed"))))
    truth, known = _truth(sampled.table[label], parameters.optional("positive"))
    claimed = TrialCell(kind=_CLAIM, n=1, total=claim, squares=claim * claim)
    try:
        scores = yield Predict({name: sampled.table[name] for name in features})
    except Unanswered:
        return TrialTally(cells=(claimed,), unanswered=rows, notes=notes)
    yes = np.asarray(scores) >= parameters.number("threshold")
    asked, right = _counted(parameters.text("metric"), yes, truth)
    asked &= known
    cells = [claimed, _cell(_ALL, asked, right)]
    for column in by:
        groups = np.array([value_text(value) for value in sampled.table[column].tolist()], dtype=object)
        cells += [_cell((column, str(group)), asked & (groups == group), right) for group in sorted(set(groups))]
    ordered = tuple(sorted(cells, key=lambda cell: cell.kind))
    return TrialTally(cells=ordered, unanswered=int(np.count_nonzero(~known)), notes=notes)


def _claim(parameters: Parameters) -> Generator[Move, Any, float]:
    path = parameters.optional("card")
    if path is None:
        if "claimed" not in parameters:
            raise FileUnusable("There is no claim to hold the model against.", "Give claimed or card.")
        return parameters.number("claimed")
    body = yield from needed(path)
    metric = parameters.text("metric")
    found = _of_markdown(text_of(path, body), metric) if path.endswith(".md") else _of_bom(json_of(path, body), metric)
    if found is None or not 0 <= found <= 1:
        raise FileUnusable(f"{path} claims no {metric} from 0 to 1.", "Give claimed, or another metric.")
    return found


def _of_bom(document: Any, metric: str) -> float | None:
    for component in document.get("components", ()) if isinstance(document, Mapping) else ():
        analysis = (component.get("modelCard") or {}).get("quantitativeAnalysis") or {}
        for item in analysis.get("performanceMetrics") or ():
            if str(item.get("type", "")).lower() == metric and not item.get("slice"):
                return _share(str(item.get("value", "")))
    return None


def _of_markdown(text: str, metric: str) -> float | None:
    """Return the first such metric of a model-index; its YAML is plain enough to be read line by line."""
    front = _FRONT.match(text)
    lines = front[1].splitlines() if front else []
    for at, line in enumerate(lines):
        if re.fullmatch(rf"\s*-?\s*type:\s*['\"]?{metric}['\"]?\s*", line, re.I):
            for near in (*lines[at + 1 : at + 4], *reversed(lines[max(at - 3, 0) : at])):
                if value := re.fullmatch(r"\s*-?\s*value:\s*['\"]?([0-9.]+)%?['\"]?\s*", near):
                    return _share(value[1])
    return None


def _share(text: str) -> float | None:
    try:
        number = float(text.rstrip("%"))
    except ValueError:
        return None
    return number / 100 if "%" in text or 1 < number <= 100 else number


def _truth(values: Any, positive: str | None) -> tuple[Any, Any]:
    """Return what is true per row, and whether it is known."""
    written = np.array([value_text(value) for value in values.tolist()], dtype=object)
    known = np.array([value is not None and value == value for value in values.tolist()], dtype=bool)
    yes = {positive} if positive is not None else {"true", "1"}
    return np.isin(written, list(yes)), known


def _counted(metric: str, yes: Any, truth: Any) -> tuple[Any, Any]:
    """Return which rows a metric is about, and which of them count for it."""
    about = {"accuracy": np.ones_like(truth), "recall": truth.copy(), "specificity": ~truth, "precision": yes.copy()}
    return about[metric], yes == truth


def _cell(kind: tuple[str, ...], asked: Any, right: Any) -> TrialCell:
    return TrialCell(kind=kind, n=int(np.count_nonzero(asked)), hits=int(np.count_nonzero(asked & right)))


@check(NAME, subject=MODEL_VERSION, wants=_wants, parameters=_PARAMETERS, needs=("model",), lowest=-1.0, trial=perform)
def supplied_model_evaluation(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure how far a supplied model stays behind its supplier's claim on own data.

    Formula: claimed - measured, where measured is a share of own labelled rows: accuracy (of all, decided right),
    recall (of positives), specificity (of negatives) or precision (of those decided yes); 0 is as claimed, above 0 is
    worse. The claim is ``claimed``, or the metric without slice of a card: CycloneDX 1.5 or later, or the model-index
    of a Markdown card (model cards: Mitchell et al. 2019). Unit: share, from -1 to 1. Interval: claim less the ends of
    the Wilson (1927) interval of the measured share; the claim is taken as it stands. INCONCLUSIVE below 30 rows that
    the metric is about, or where too many labels are missing. Groups of ``by`` are shown, each with its own interval.
    Misleads where own data are another population than the supplier's: then the claim may be true and of no use, which
    is the point of measuring here.

    Raises:
        ParameterRefused: through `Check.complete`, when there is no model to ask.
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    cells = {cell.kind: cell for cell in tally.cells}
    claim, whole = cells[_CLAIM].total, cells.get(_ALL, TrialCell(kind=_ALL, n=0))
    groups = tuple(_shown(cell, claim) for cell in tally.cells if cell.kind not in (_CLAIM, _ALL))
    found = _shown(whole, claim)
    left = tally.unanswered / (whole.n + tally.unanswered) if whole.n + tally.unanswered else 1.0
    return Measurement(
        check=NAME,
        method=f"claimed less measured {parameters.text('metric')}, Wilson",
        method_version="1",
        value=found.value,
        low=found.low,
        high=found.high,
        n=whole.n,
        by_group=groups,
        share_unassessable=left,
        max_unjudged_share=0.05,
        reason=None if whole.n >= MINIMUM_CASES else Reason.INSUFFICIENT_DATA,
        details={**dict(tally.notes), "claimed": f"{claim:g}", "right": f"{whole.hits} of {whole.n}"},
    )


def _shown(cell: TrialCell, claim: float) -> GroupResult:
    name, enough = " = ".join(cell.kind), cell.n >= MINIMUM_CASES
    if not cell.n:
        return GroupResult(group=name, value=None, low=None, high=None, n=0, assessed=False, note="no case")
    rate = wilson(cell.hits, cell.n)
    return GroupResult(
        group=name,
        value=claim - rate.value,
        low=claim - rate.high,
        high=claim - rate.low,
        n=cell.n,
        assessed=enough,
        note=f"{cell.hits} of {cell.n} right" + ("" if enough else ": too few cases to judge"),
    )
