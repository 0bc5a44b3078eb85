"""Entries of the decision log against the form that was declared: every field is there and is what it says."""

from datetime import date

import numpy as np

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import DEPLOYMENT, check
from clerestory.assurance.running.columns import moments, numbers, texts, truths
from clerestory.assurance.running.window import AS_OF, column, log_of, over, window_of, with_figures
from clerestory.assurance.tally import Request, Tallies, TrialCell, TrialTally
from clerestory.assurance.trial import Table, Talk, Tried, trial_of, trial_tally, worst_cell

NAME = "logging.schema"
_PARAMETERS = (
    log_of("decisions/**/*.parquet", "one decision a row"),
    column("at", "ended_at", "moment of the decision"),
    Parameter(
        name="fields",
        kind="table of type",
        default={"decision_id": "text", "model_version": "text", "status": "text"},
        meaning="The fields that every entry must hold, each with its type.",
    ),
    over("P30D"),
    AS_OF,
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Count for each field the entries of the window that lack it or hold something else."""
    declared = {name: str(kind) for name, kind in parameters.table("fields").items()}
    window = yield from window_of(parameters, parameters.text("at"), (), tuple(declared))
    cells = []
    for name in sorted(declared):
        there = _holds(window.table, name, declared[name]) if name in window.table else [False] * len(window)
        cells.append(TrialCell(kind=(f"{name} ({declared[name]})",), n=len(there), hits=there.count(False)))
    return TrialTally(
        cells=tuple(sorted(cells, key=lambda cell: cell.kind)),
        unanswered=window.unreadable,
        notes=tuple(sorted({**window.notes, "entries": str(len(window))}.items())),
    )


def _holds(table: Table, name: str, kind: str) -> list[bool]:
    """Return for each entry whether a field is filled and of its type."""
    written = [bool(text) for text in texts(table, name)]
    if kind in ("number", "integer"):
        found = numbers(table, name)
        fine = np.isfinite(found) & ((kind == "number") | (found == np.round(found)))
        return [bool(item) for item in fine]
    if kind == "boolean":
        return [item is not None for item in truths(table, name)]
    if kind == "moment":
        return [bool(item) for item in np.isfinite(moments(table, name))]
    if kind == "date":
        return [_is_day(text) for text in texts(table, name)]
    return written


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


@check(NAME, subject=DEPLOYMENT, wants=_wants, parameters=_PARAMETERS, trial=perform)
def schema(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Share of entries in which a declared field is empty, missing or of another type, for the worst field.

    Formula: entries of the window that lack the field or hold something that is not of its type / entries, for each of
    ``fields``; a column that is not there lacks in all. Unit: share. The value is the largest, with Wilson intervals
    (1927) at 1 - 0.05 / fields (Bonferroni). INCONCLUSIVE with fewer than 30 entries, or more than 5 % without a
    readable moment. What a log must hold: Article 12 (2) and (3) of the EU AI Act (2024).
    Misleads where a field is filled and wrong; that is for checks of data quality.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    found = worst_cell(Tried(check=NAME, method="entries without the field, worst field"), tally)
    entries = int(dict(tally.notes).get("entries", "0"))
    return with_figures(found, tally, {"expected": entries, "recorded": entries})
