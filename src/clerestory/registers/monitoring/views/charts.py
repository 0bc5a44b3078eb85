"""What the browser draws of a monitor: each check over its runs, and the evidence of a change over the days."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from clerestory.assurance.criterion import Criterion, CriterionUnreadable
from clerestory.desk.day import shown_here
from clerestory.registers.monitoring.queries import RunRecord
from clerestory.registers.monitoring.rules import CheckResult

SHORT = slice(len("sha256:"), len("sha256:") + 8)


@dataclass(frozen=True, slots=True)
class Line:
    """One check of a monitor over its runs, newest first."""

    key: str
    name: str
    slice: str
    criterion: str
    results: tuple[tuple[RunRecord, CheckResult], ...]

    @property
    def newest(self) -> CheckResult:
        """What it said last."""
        return self.results[0][1]


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One column: the evidence of a change after each day, oldest first, and whether it passed the threshold."""

    column: str
    values: tuple[tuple[str, float], ...]
    threshold: float

    @property
    def newest(self) -> float:
        """The evidence now."""
        return self.values[-1][1]

    @property
    def is_alarm(self) -> bool:
        """Whether it passed the threshold on some day."""
        return max(value for _day, value in self.values) >= self.threshold


def lines_of(runs: tuple[RunRecord, ...]) -> list[Line]:
    """Gather the checks of all runs; those of the newest run come first, the worst of them before."""
    gathered: dict[tuple[str, str, str], list[tuple[RunRecord, CheckResult]]] = {}
    for run in runs:
        for result in run.results:
            gathered.setdefault((result.name, result.slice, result.criterion), []).append((run, result))
    worst = {"FAIL": 0, "": 1, "INCONCLUSIVE": 2, "PASS": 3}
    lines = [Line(str(place), *key, tuple(found)) for place, (key, found) in enumerate(gathered.items())]
    newest = next((run.run_id for run in runs if run.results), "")
    return sorted(lines, key=lambda line: (line.results[0][0].run_id != newest, worst[line.newest.verdict]))


def chart_of(line: Line) -> Mapping[str, object]:
    """Return what the browser draws: values with their intervals over time, and the limits of the criterion."""
    try:
        read = Criterion.parse(line.criterion)
        limits = [limit for limit in (read.lower, read.upper) if limit is not None]
    except CriterionUnreadable:
        limits = []
    points = [
        {
            "at": int((run.ended_at or run.planned_at).timestamp() * 1000),
            "day": shown_here(run.ended_at or run.planned_at),
            "value": result.value,
            "low": result.low,
            "high": result.high,
            "verdict": result.verdict,
            "verdict_word": _(result.verdict.capitalize()),
            "label": _label(result),
        }
        for run, result in reversed(line.results)
        if result.value is not None and result.verdict
    ]
    label = _("criterion %(text)s") % {"text": line.criterion.replace(">=", "≥").replace("<=", "≤")}
    return {
        "points": points,
        "limits": [{"at": limit, "label": label} for limit in limits],
        "marks": [_mark(run) for run in new_models(run for run, _result in reversed(line.results))],
    }


def new_models(runs: Iterable[RunRecord]) -> list[RunRecord]:
    """Return the runs, oldest first, whose model is another than that of the run before them that names one."""
    named = [run for run in runs if run.model_digest]
    return [newer for older, newer in pairwise(named) if newer.model_digest != older.model_digest]


def change_lines(runs: tuple[RunRecord, ...]) -> list[ChangeLine]:
    """Return the evidence of a change by column as the newest run tells it, the strongest first."""
    told = next((run.counted["change"] for run in runs if run.counted.get("change")), None)
    if told is None:
        return []
    found = [
        ChangeLine(name, tuple(zip(told["days"], values, strict=True)), told["threshold"])
        for name, values in told["columns"].items()
        if values
    ]
    return sorted(found, key=lambda line: (-line.newest, line.column))


def change_chart(line: ChangeLine) -> Mapping[str, object]:
    """Return what the browser draws of one column: the evidence after each day against the threshold of the alarm."""
    points = [
        {
            "at": int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000),
            "day": day,
            "value": value,
            "low": None,
            "high": None,
            "verdict": "FAIL" if value >= line.threshold else "NONE",
            "verdict_word": _("alarm") if value >= line.threshold else _("below the threshold"),
            "label": f"{value:.3g}",
        }
        for day, value in line.values
    ]
    label = _("alarm from %(number)s") % {"number": f"{line.threshold:.3g}"}
    return {"points": points, "limits": [{"at": line.threshold, "label": label}]}


def _mark(run: RunRecord) -> dict[str, Any]:
    at = run.ended_at or run.planned_at
    return {"at": int(at.timestamp() * 1000), "label": _("model %(digest)s") % {"digest": run.model_digest[SHORT]}}


def _label(result: CheckResult) -> str:
    if result.low is None or result.high is None:
        return f"{result.value:.4g}"
    return f"{result.value:.4g} [{result.low:.4g}, {result.high:.4g}]"


def same_data(runs: tuple[RunRecord, ...]) -> frozenset[str]:
    """Return the runs that measured the same data and model as the run before them."""
    done = [run for run in runs if run.inputs]
    return frozenset(newer.run_id for newer, older in pairwise(done) if newer.inputs == older.inputs)
