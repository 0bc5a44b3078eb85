"""Requests that failed or were too slow, and how injected faults were answered, from the log of requests."""

from collections import Counter
from dataclasses import replace
from fnmatch import fnmatchcase

import numpy as np

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.operation.faults import inject
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import DEPLOYMENT, check
from clerestory.assurance.running.columns import Floats, numbers, plain_word, texts
from clerestory.assurance.running.window import AS_OF, Window, column, log_of, over, window_of, with_figures
from clerestory.assurance.statistics.quantile import quantile
from clerestory.assurance.statistics.rate import wilson
from clerestory.assurance.tally import Request, Tallies, TrialCell, TrialTally
from clerestory.assurance.trial import Talk, Tried, trial_of, trial_tally, worst_cell

NAME = "operation.availability"
ALL = "requests"
_QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_PARAMETERS = (
    log_of("requests.*", "one request a row, those that failed too"),
    column("at", "at", "moment of the request"),
    column("outcome", "status", "what came of it, such as a status of HTTP"),
    column("seconds", "seconds", "time until the answer, in seconds"),
    column("fault", "fault", "fault that was injected on purpose, empty for real use; may be missing"),
    Parameter(
        name="by",
        kind="texts",
        names_slice=True,
        meaning="Columns of the log that split requests, such as environment.",
    ),
    Parameter(
        name="failures",
        kind="texts",
        default=("5??", "error", "timeout", "failed"),
        names_slice=True,
        meaning="Patterns of outcomes that are failures of the service.",
    ),
    Parameter(
        name="safe",
        kind="texts",
        default=("4??", "refused", "withheld", "fallback", "pending_review"),
        names_slice=True,
        meaning="Patterns of outcomes that are a safe answer to an injected fault: a declared refusal or fallback.",
    ),
    Parameter(
        name="limit_seconds",
        kind="number",
        default=1.0,
        names_slice=True,
        meaning="A request that takes longer counts as failed.",
    ),
    Parameter(
        name="inject",
        kind="texts",
        names_slice=True,
        meaning="Faults to send to the service behind [model] now: missing column, missing value, wrong type, wrong "
        "length, malformed. It must refuse each.",
    ),
    Parameter(name="features", kind="columns", meaning="Columns that a request has, where faults are sent."),
    Parameter(name="probes", kind="count", default=40, meaning="Requests that are sent with each fault."),
    Parameter(name="minimum_cases", kind="count", default=30, meaning="Fewer requests of a kind are not judged."),
    over("P7D"),
    AS_OF,
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Sort each request of the window into kept or failed, by slice and by injected fault."""
    names = {name: parameters.text(name) for name in ("at", "outcome", "seconds", "fault")}
    split = parameters.texts("by")
    window = yield from window_of(
        parameters, names["at"], (names["outcome"], names["seconds"], *split), (names["fault"],)
    )
    outcomes, seconds = texts(window.table, names["outcome"]), numbers(window.table, names["seconds"])
    faults = texts(window.table, names["fault"])
    timely = _timely(seconds, parameters.number("limit_seconds"))
    places = [texts(window.table, name) for name in split]
    # Rows that are alike in all that counts are judged once, so that a log of millions takes seconds.
    alike = Counter(zip(outcomes, faults, timely, *places, strict=True))
    tried, hits, unanswered = Counter[tuple[str, ...]](), Counter[tuple[str, ...]](), window.unreadable
    for (outcome, fault, kept, *slices), n in alike.items():
        kind: tuple[str, ...] = (f"fault: {fault}",) if fault else (ALL,)
        kind += tuple(f"{name}={value or 'missing'}" for name, value in zip(split, slices, strict=True))
        bad = _is_bad(outcome, kept, bool(fault), parameters)
        if bad is None:
            unanswered += n
            continue
        tried[kind] += n
        hits[kind] += n * bad
    sent, unsent, said = yield from inject(parameters)
    cells = [TrialCell(kind=kind, n=tried[kind], hits=hits[kind]) for kind in tried]
    return TrialTally(
        cells=tuple(sorted([*cells, *sent], key=lambda cell: cell.kind)),
        unanswered=unanswered + unsent,
        notes=tuple(sorted({**window.notes, **_latency(window, seconds, faults), **said}.items())),
    )


def _timely(seconds: Floats, limit: float) -> list[str]:
    """Return for each request whether it was in time: ``yes``, ``no``, or empty where its time is none."""
    known = np.isfinite(seconds) & (seconds >= 0)
    said = np.where(known, np.where(seconds > limit, "no", "yes"), "")
    return [str(item) for item in said.tolist()]


def _is_bad(outcome: str, timely: str, injected: bool, parameters: Parameters) -> bool | None:
    """Return whether a request failed or was too slow; None where the log does not tell."""
    word = plain_word(outcome)
    if not word:
        return None
    found = any(
        fnmatchcase(word, plain_word(pattern)) for pattern in parameters.texts("safe" if injected else "failures")
    )
    kept = found if injected else not found
    if not kept:
        return True
    return None if not timely else timely == "no"


def _latency(window: Window, seconds: Floats, faults: list[str]) -> dict[str, str]:
    """Return the quantiles of latency of real use with their intervals, for people."""
    real = np.array([not fault for fault in faults], dtype=np.bool_)
    ordered = np.sort(seconds[real & np.isfinite(seconds)]).tolist()
    found = {name: quantile(ordered, share) for name, share in _QUANTILES.items()}
    return {
        f"latency {name} (s)": f"{item.value:.6g} [{item.low:.6g}, {item.high:.6g}]"
        for name, item in found.items()
        if item is not None and len(window)
    }


@check(NAME, subject=DEPLOYMENT, wants=_wants, parameters=_PARAMETERS, trial=perform)
def availability(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Share of requests that failed or were slower than the limit, in the worst slice; the error budget is the limit.

    Formula: (failed + too slow) / requests of the window, for each slice of ``by`` and for each injected fault apart;
    a request with a fault is kept when its answer is a safe one and in time (graceful failure), so that a refusal of
    a malformed input counts well and a score for it does not. Faults of ``inject`` are sent now to the service
    itself, behind a request that it must answer. Unit: share. The value is the largest, with Wilson intervals (1927)
    at 1 - 0.05 / slices (Bonferroni). Simulated coverage (3,000 draws, five slices): 92.7 to 93.8 % where all five
    are alike and hold 200 requests, 96 % and more with 2,000 or unlike ones. Error budgets: Beyer et al., Site
    Reliability Engineering (2016), chapters 3 and 4. Shown: p50, p95 and p99 of latency with the interval between
    order statistics (Conover 1999). The upper end counts each row without outcome, moment or time as failed.
    A slice with fewer than ``minimum_cases`` is not judged; INCONCLUSIVE where that
    leaves too much out, or more than 5 % of the rows have no outcome, moment or time.
    Misleads where the log is written by the service itself: what never reached it failed too, so log at the entrance;
    and where requests come in bursts, since the interval takes them as independent.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    how = Tried(check=NAME, method="failed or too slow, worst slice", minimum_cases=parameters.count("minimum_cases"))
    return with_figures(_with_untold(worst_cell(how, tally), tally), tally)


def _with_untold(found: Measurement, tally: TrialTally) -> Measurement:
    """Return the measurement with its upper end where every request that the log tells nothing of had failed."""
    if found.high is None or not tally.unanswered:
        return found
    hits, n = sum(cell.hits for cell in tally.cells), sum(cell.n for cell in tally.cells)
    return replace(found, high=max(found.high, wilson(hits + tally.unanswered, n + tally.unanswered).high))
