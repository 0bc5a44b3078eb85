"""Decisions that have a whole entry in the log, against counters of its writers and counts from elsewhere."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import pairwise

import numpy as np

from clerestory.assurance.logging.days import EXPECTED, expected_by_day, is_over
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import DEPLOYMENT, check
from clerestory.assurance.running.columns import moments, numbers, texts
from clerestory.assurance.running.window import AS_OF, column, ends, log_of, over, span, with_figures
from clerestory.assurance.tally import Request, Tallies, TrialCell, TrialTally
from clerestory.assurance.trial import Brought, Rows, Talk, Tried, pooled, trial_of, trial_tally
from clerestory.assurance.trial.files import FileUnusable

NAME = "logging.completeness"
_LAST = 2.0**53 - 1
"""The largest counter that is read: beyond it neighbours look alike."""
_PARAMETERS = (
    log_of("decisions/**/*.parquet", "one decision a row"),
    column("at", "ended_at", "moment of the decision"),
    column("sequence", "seq", "counter of the writer, one more each time; may be missing"),
    column("writer", "writer_id", "who wrote the entry, each with a counter of its own; may be missing"),
    Parameter(
        name="whole",
        kind="texts",
        default=("decision_id",),
        names_slice=True,
        meaning="Columns that an entry must fill to be whole.",
    ),
    EXPECTED,
    over("P7D"),
    AS_OF,
)


@dataclass(slots=True)
class _Day:
    """What a day has: entries, whole ones, and entries that its counters miss."""

    recorded: int = 0
    whole: int = 0
    missed: int = 0


@dataclass(slots=True)
class _Found:
    days: dict[date, _Day] = field(default_factory=lambda: defaultdict(_Day))
    gaps: int = 0
    twice: int = 0
    restarted: int = 0
    uncounted: int = 0


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Follow the counter of each writer through the log, and compare each day with what was counted elsewhere."""
    names = {key: parameters.text(key) for key in ("at", "sequence", "writer")}
    brought: Brought = yield Rows(
        parameters.text("log"), (names["at"], *parameters.texts("whole")), (names["sequence"], names["writer"])
    )
    expected = yield from expected_by_day(parameters)
    if expected is None and (not brought.files or names["sequence"] not in brought.table):
        raise FileUnusable(
            f"Neither a counter {names['sequence']!r} in the log nor {parameters.text('expected')!r} says how many "
            "decisions there were.",
            "Write a counter with each entry, or count at the gateway: day,expected.",
        )
    start, end = ends(parameters)
    at = moments(brought.table, names["at"]) if brought.files else np.zeros(0)
    found = _count(brought, at.tolist(), expected, parameters)
    cells = list[TrialCell]()
    for day in sorted({*found.days, *(day for day in expected or () if is_over(day, parameters))}):
        cells += _cell(day, found.days[day], expected, parameters)
    notes = {
        "log": brought.digest,
        "entries": str(sum(day.recorded for day in found.days.values())),
        "gaps": str(found.gaps),
        "entries with a counter that was there already": str(found.twice),
        "entries whose counter another entry has": str(found.restarted),
        "entries that nothing counts": str(found.uncounted),
        "counted elsewhere": "no" if expected is None else "yes",
    }
    seen = span(at[(at > start) & (at <= end)])
    unreadable = int(np.isnan(at).sum())
    left = unreadable + found.uncounted
    return TrialTally(cells=tuple(cells), unanswered=left, notes=tuple(sorted({**notes, **seen}.items())))


def _count(
    brought: Brought, at: Sequence[float], expected: Mapping[date, int] | None, parameters: Parameters
) -> _Found:
    """Count entries and gaps by day; a gap belongs to the day of the entry behind it, also where it began before."""
    found, (start, end) = _Found(), ends(parameters)
    table, sequence = brought.table, parameters.text("sequence")
    filled = [texts(table, name) for name in parameters.texts("whole")]
    writers = texts(table, parameters.text("writer"))
    counters = numbers(table, sequence) if sequence in table else np.full(len(at), np.nan)
    usable = (counters >= 0) & (counters <= _LAST) & (counters == np.round(counters))
    by_writer: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row, moment in enumerate(at):
        if moment != moment or moment > end:
            continue
        if usable[row]:
            by_writer[writers[row]].append((float(counters[row]), moment))
        if moment > start:
            on = _day(moment)
            if not usable[row] and (expected is None or on not in expected or not is_over(on, parameters)):
                found.uncounted += expected is None or is_over(on, parameters)
                continue
            day = found.days[on]
            day.recorded += 1
            day.whole += all(values[row] for values in filled)
    for entries in by_writer.values():
        _follow(sorted(entries), start, found)
    return found


def _follow(entries: list[tuple[float, float]], start: float, found: _Found) -> None:
    """Look at the counter of one writer: what is left out between two entries, and what was used twice."""
    for (before, earlier), (now, moment) in pairwise(entries):
        if moment <= start:
            continue
        day = found.days[_day(moment)]
        if now == before and moment != earlier:
            found.restarted += 1
            day.whole -= 1  # two decisions under one number: what lies between them cannot be told any more
        elif now == before:
            found.twice += 1
            day.recorded -= 1
            day.whole -= 1
        elif now > before + 1:
            found.gaps += 1
            day.missed += int(now - before - 1)


def _cell(day: date, found: _Day, expected: Mapping[date, int] | None, parameters: Parameters) -> list[TrialCell]:
    """Return the cell of a day: how many entries there must be, and how many whole ones there are."""
    due = found.recorded + found.missed
    if expected is not None and day in expected and is_over(day, parameters):
        due = max(due, expected[day])
    return [TrialCell(kind=(day.isoformat(),), n=due, hits=max(min(found.whole, due), 0))] if due else []


def _day(moment: float) -> date:
    return datetime.fromtimestamp(moment, UTC).date()


@check(NAME, subject=DEPLOYMENT, wants=_wants, parameters=_PARAMETERS, better="higher", trial=perform)
def completeness(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Share of decisions that have a whole entry in the log; ``>= 0.999`` asks that nearly all have.

    Formula: whole entries / max(entries + entries that counters miss, count from elsewhere), over the days of the
    window. Each writer counts its entries; what lies between two counters is missing, on the day of the later one. A
    counter that stands there twice at one moment counts once; at two moments (a writer that began anew under its name)
    the later one is not whole. An entry of which neither a counter nor a day counted elsewhere tells is left out and
    shown. An entry is whole when every column of ``whole`` is filled. Counts from elsewhere are taken for days that are
    over. Unit: share. Interval: Wilson (1927); each day is shown. It covers the days of which every decision has its
    entry, by date. INCONCLUSIVE with fewer than 30 decisions, or more than 5 % of the rows without a readable moment or
    a count. Automatic recording over the lifetime: Article 12 of the EU AI Act (2024).
    Misleads without counts from elsewhere: entries that are lost at the end of the log, or of a writer that never
    wrote, leave no gap.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    found = pooled(Tried(check=NAME, method="whole of expected", better="higher"), tally)
    figures = {
        "expected": sum(cell.n for cell in tally.cells),
        "recorded": sum(cell.hits for cell in tally.cells),
        "gaps": int(dict(tally.notes).get("gaps", "0")),
    }
    return with_figures(found, tally, figures, tuple(cell.kind[0] for cell in tally.cells if cell.hits == cell.n))
