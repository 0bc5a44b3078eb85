"""Evidence that columns changed since the reference, gathered day by day and kept; alarms hold over all of them.

What is kept is how many rows fell where on each day, per column, so a day whose rows changed replaces its counts and
no other day is looked at again. See `assurance.statistics.sequential` for what the evidence means and its proof.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np

from clerestory.assurance.drift.bins import binned
from clerestory.assurance.statistics.sequential import change_evidence, threshold
from clerestory.assurance.tally import Tally, TwoCategoryTally, TwoSample, TwoSampleTally

BINS = 10
_FORMAT = "clerestory-change-1"


@dataclass(frozen=True, slots=True)
class Change:
    """The log evidence of each column after each day, the threshold that all share, and the columns beyond it."""

    days: tuple[str, ...]
    columns: Mapping[str, tuple[float, ...]]
    threshold: float
    left_out: tuple[str, ...]

    @property
    def alarms(self) -> tuple[str, ...]:
        """Columns whose evidence reached the threshold on some day, the strongest first.

        What was reached once stays reached: the alarm is about having looked on all days.
        """
        reached = {name: max(found) for name, found in self.columns.items() if found and max(found) >= self.threshold}
        return tuple(sorted(reached, key=lambda name: (-reached[name], name)))

    def document(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "days": list(self.days),
            "columns": {name: [round(value, 6) for value in found] for name, found in self.columns.items()},
            "threshold": round(self.threshold, 6),
            "left_out": list(self.left_out),
        }


def requests_for(columns: Iterable[str]) -> tuple[TwoSample, ...]:
    """Return what is to be counted of each column on each day."""
    return tuple(TwoSample(column, BINS) for column in columns)


class Gathered:
    """What one monitor gathered so far: a file beside its states, of counts alone."""

    def __init__(self, file: Path, *, since: str, reference: str) -> None:
        """Read the file; begin anew where it is of another reference or begins on another day."""
        self._file = file
        self._head = {"format": _FORMAT, "since": since, "reference": reference}
        self._days: dict[str, dict[str, Any]] = {}
        try:
            kept = json.loads(file.read_bytes())
            if kept["head"] == self._head:
                self._days = kept["days"]
        except (OSError, ValueError, KeyError, TypeError):
            pass

    def take(self, day: str, digest: str, tallies: Mapping[TwoSample, Tally]) -> bool:
        """Keep the counts of a day, in the place of those that it had; return whether anything changed."""
        if self._days.get(day, {}).get("digest") == digest:
            return False
        counted = {request.column: _counts(tally) for request, tally in tallies.items()}
        self._days[day] = {"digest": digest, "columns": counted}
        return True

    def keep(self) -> None:
        """Write the file whole or not at all."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        beside = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        beside.write_text(json.dumps({"head": self._head, "days": self._days}), encoding="utf-8")
        beside.replace(self._file)

    def change(self) -> Change:
        """Return the evidence after each day. A column that cannot be told on every day is left out, and named.

        Its evidence up to the first such day stands: an alarm does not go away because a column did.
        """
        days = sorted(self._days)
        named = sorted({name for day in days for name in self._days[day]["columns"]})
        whole = {name: [self._days[day]["columns"].get(name) for day in days] for name in named}
        fits = {name: fit for name, found in whole.items() if (fit := _fit(found))}
        evidence = {
            name: tuple(change_evidence(np.array(found[0][0]), np.array([now for _, now in found])).tolist())
            for name, found in fits.items()
        }
        padded = {name: found + found[-1:] * (len(days) - len(found)) for name, found in evidence.items()}
        left = tuple(name for name in named if len(fits.get(name, ())) < len(days))
        return Change(tuple(days), padded, threshold(len(fits)), left)


def _fit(found: Sequence[Any]) -> Sequence[Any]:
    """Return the first days on which a column was counted along the same reference, up to one on which it was not."""
    return list(takewhile(lambda one: one is not None and one[0] == found[0][0], found))


def _counts(tally: Tally) -> tuple[list[int], list[int]] | None:
    """Return the rows of reference and day per bin or category; None where there are too many categories.

    Categories that the reference lacks are one, so that how many there are does not depend on what came.
    """
    if isinstance(tally, TwoSampleTally):
        if tally.reference.at or sum(tally.reference.between):
            return _whole(binned(tally.reference)), _whole(binned(tally.current))
        return None
    if not isinstance(tally, TwoCategoryTally) or tally.reference_other:
        return None
    known = [place for place, n in enumerate(tally.reference) if n]
    new = sum(tally.current) - sum(tally.current[place] for place in known) + tally.current_other
    before = [*(tally.reference[place] for place in known), 0, tally.reference_missing]
    return before, [*(tally.current[place] for place in known), new, tally.current_missing]


def _whole(counts: Any) -> list[int]:
    return [int(count) for count in counts]
