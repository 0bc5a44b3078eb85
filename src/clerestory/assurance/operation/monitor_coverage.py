"""Declared monitors against the runs that took place: what was silent, and for how long."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import DEPLOYMENT, check
from clerestory.assurance.running.columns import plain_word, texts
from clerestory.assurance.running.window import AS_OF, column, ends, log_of, over, window_of, with_figures
from clerestory.assurance.tally import Request, Tallies, TrialCell, TrialTally
from clerestory.assurance.trial import Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import counted
from clerestory.assurance.trial.files import FileUnusable, needed, structured, tables
from clerestory.terms.moment import MomentUnreadable, read_duration

NAME = "operation.monitor-coverage"
_PARAMETERS = (
    Parameter(
        name="monitors",
        kind="text",
        default="monitors.toml",
        names_slice=True,
        meaning='The declared monitors as TOML or JSON: [[monitor]] with name and every ("P1D").',
    ),
    log_of("monitor_runs.*", "one run of a monitor a row"),
    column("monitor", "monitor", "the monitor that ran"),
    column("ran", "ran_at", "moment at which it ran"),
    column("outcome", "outcome", "what came of the run"),
    Parameter(
        name="not_run",
        kind="texts",
        default=("COULD_NOT_RUN", "error"),
        names_slice=True,
        meaning="Outcomes that say that nothing was measured: they are no run. An empty outcome is none either.",
    ),
    over("P7D"),
    AS_OF,
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Count for each declared monitor the runs that took place and those that are missing between them."""
    path = parameters.text("monitors")
    declared = _declared(path, structured(path, (yield from needed(path))))
    monitor, outcome = parameters.text("monitor"), parameters.text("outcome")
    window = yield from window_of(parameters, parameters.text("ran"), (monitor, outcome))
    start, end = ends(parameters)
    runs: dict[str, list[float]] = {name: [] for name in declared}
    not_run = {_word(text) for text in parameters.texts("not_run")}
    other = 0
    for name, said, at in zip(texts(window.table, monitor), texts(window.table, outcome), window.at, strict=True):
        if name not in runs:
            other += 1
        elif said and _word(said) not in not_run:
            runs[name].append(float(at))
    cells = []
    for name in sorted(declared):
        missing = missed(sorted(runs[name]), declared[name], start, end)
        cells.append(TrialCell(kind=(name,), n=len(runs[name]) + missing, hits=missing))
    notes = dict(window.notes) | {"runs of monitors that are not declared": str(other)}
    return TrialTally(cells=tuple(cells), unanswered=window.unreadable, notes=tuple(sorted(notes.items())))


def _word(outcome: str) -> str:
    return plain_word(outcome.replace("_", " "))


def missed(runs: list[float], every: timedelta, start: float, end: float) -> int:
    """Return how many runs are missing from ``start`` to ``end``: for each silence its length in intervals, less one.

    The silence is rounded to whole intervals, so that a run may come half an interval late. ``runs`` are ascending.
    Where nothing ran at all every interval counts, and one at least.
    """
    step = every.total_seconds()
    if not runs:
        return max(int((end - start) / step + 1e-9), 1)
    places = [start, *runs, end]
    gaps = (later - earlier for earlier, later in pairwise(places))
    return sum(max(int(gap / step + 0.5) - 1, 0) for gap in gaps)


def _declared(path: str, document: Mapping[str, Any]) -> Mapping[str, timedelta]:
    found: dict[str, timedelta] = {}
    for item in tables(path, document, "monitor", ("name", "every")):
        try:
            every = read_duration(str(item["every"]))
        except MomentUnreadable as error:
            raise FileUnusable(f"{path}: monitor {item['name']!r}: {error.problem}", error.remedy) from error
        if item["name"] in found or every <= timedelta(0):
            raise FileUnusable(f"{path}: monitor {item['name']!r} stands there twice or never runs.", "Name each once.")
        found[str(item["name"])] = every
    if not found:
        raise FileUnusable(f"{path} declares no monitor.", 'Write [[monitor]] with name and every = "P1D".')
    return found


@check(NAME, subject=DEPLOYMENT, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def monitor_coverage(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count the runs of declared monitors that did not take place; ``<= 0`` asks that all did.

    Formula: per monitor the sum over its silences of round(silence / every) - 1, where a silence lies between two runs,
    before the first or after the last of the window; where nothing ran, window / every, and one at least. A run that
    could measure nothing is none. So a monitor may come half an interval late, and a silent one counts itself. Unit:
    number of runs. The interval is from those counted to those plus runs whose moment cannot be read. It covers the
    monitors of which no run is missing, by name. INCONCLUSIVE never: without monitors or runs the check is refused.
    Heartbeats of watchdogs: ISO/IEC 42001 (2023), 9.1, asks that what is planned is done.
    Misleads where a monitor runs on data that no longer come: look at its window too.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    found = counted(NAME, "silences of each monitor", tally)
    ran = sum(cell.n - cell.hits for cell in tally.cells)
    kept = tuple(cell.kind[0] for cell in tally.cells if not cell.hits)
    found = replace(found, high=None if found.high is None else found.high + tally.unanswered)
    return with_figures(found, tally, {"monitors_run": ran}, kept)
