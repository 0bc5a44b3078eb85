"""The window of a running system that a check measures: which rows lie in it, and its figures for the fact."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.running.columns import chosen, height, moments
from clerestory.assurance.tally import TrialTally
from clerestory.assurance.trial.files import FileUnusable
from clerestory.assurance.trial.move import Move, Rows, Table
from clerestory.terms.moment import moment_text, read_duration, read_moment

FROM, TO = "window from", "window to"
WRITTEN_MEANWHILE = 900.0
"""Seconds after the run that a row may be of, since logs go on while they are read; what is later is no moment."""
AS_OF = Parameter(
    name="as_of",
    kind="moment",
    from_data="as_of",
    meaning="Moment at which the window ends: the run; a push with another one is refused.",
)


def over(default: str) -> Parameter:
    """Return the parameter for the length of the window."""
    return Parameter(
        name="window",
        kind="duration",
        default=default,
        names_slice=True,
        meaning="How far back from the run is looked.",
    )


def log_of(default: str, holds: str) -> Parameter:
    """Return the parameter for the table that is read; ``holds`` says what stands in it."""
    return Parameter(
        name="log",
        kind="text",
        default=default,
        names_slice=True,
        meaning=f"Pattern of the tables (CSV, Parquet, JSON lines) below the manifest: {holds}.",
    )


def column(name: str, default: str, meaning: str) -> Parameter:
    """Return the parameter for the name of a column of the log."""
    return Parameter(name=name, kind="text", default=default, meaning=f"Column of the log: {meaning}.")


@dataclass(frozen=True, slots=True)
class Window:
    """The rows of a log within a window, their moments, and what is to be noted of them."""

    table: Table
    at: NDArray[np.float64]
    notes: Mapping[str, str]
    unreadable: int
    """Rows whose moment cannot be read or is still to come: nobody can say whether they belong to the window."""

    def __len__(self) -> int:
        return len(self.at)


def ends(parameters: Parameters) -> tuple[float, float]:
    """Return the ends of the window as seconds since 1970.

    Raises:
        FileUnusable: nobody said when it ends, or it has no length.
    """
    if "as_of" not in parameters:
        raise FileUnusable("Nobody said at which moment the window ends.", "Give as_of.")
    end = read_moment(parameters.text("as_of")).timestamp()
    length = read_duration(parameters.text("window")).total_seconds()
    if length <= 0:
        raise FileUnusable("The window has no length.", 'Give a duration, such as window = "P7D".')
    return end - length, end


def window_of(
    parameters: Parameters,
    moment: str,
    columns: tuple[str, ...],
    optional: tuple[str, ...] = (),
    older: Callable[[Table], NDArray[np.bool_]] | None = None,
) -> Generator[Move, Any, Window]:
    """Read the log and keep the rows whose ``moment`` lies in the window, and those before it that ``older`` names.

    Raises:
        FileUnusable: there is no log.
    """
    brought = yield Rows(parameters.text("log"), (moment, *columns), optional)
    if not brought.files:
        raise FileUnusable(
            f"No file matches {parameters.text('log')!r}.", "Lay the log below the manifest, or name it in log."
        )
    start, end = ends(parameters)
    at = moments(brought.table, moment)
    inside = (at > start) & (at <= end)
    if older is not None:
        inside |= (at <= start) & older(brought.table)
    notes = {"log": brought.digest, "rows": str(height(brought.table)), "rows in the window": str(int(inside.sum()))}
    for name, count in (("rows before the window", at <= start), ("rows after the run", at > end)):
        if count.any():
            notes[name] = str(int(count.sum()))
    unreadable, to_come = int(np.isnan(at).sum()), int((at > end + WRITTEN_MEANWHILE).sum())
    if unreadable:
        notes["rows without a readable moment"] = str(unreadable)
    return Window(chosen(brought.table, inside), at[inside], {**notes, **span(at[inside])}, unreadable + to_come)


def span(at: NDArray[np.float64]) -> Mapping[str, str]:
    """Return the notes that say from when to when something was seen; none where nothing was.

    It ends with the last thing seen and not with the run: an old log does not stay fresh by being measured again.
    """
    return {FROM: _text(float(at.min())), TO: _text(float(at.max()))} if len(at) else {}


def with_figures(
    found: Measurement,
    tally: TrialTally,
    figures: Mapping[str, str | int | bool] | None = None,
    covers: tuple[str, ...] = (),
) -> Measurement:
    """Return the measurement with the fields of its fact: the window, further figures, and what it covers."""
    notes = dict(tally.notes)
    window = {name: notes[note] for name, note in (("window_from", FROM), ("window_to", TO)) if note in notes}
    return replace(found, figures={**window, **(figures or {})}, covers=covers)


def _text(seconds: float) -> str:
    return moment_text(datetime.fromtimestamp(seconds, UTC))
