"""Tallies of a window of days, each day counted once: a day is counted again only when its data changed.

A day's state lies in a file beside the form that all days share (`assurance.tally.state`). It holds counts and no row.
"""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from clerestory.assurance.tally import Request, TallyUnreadable, request_document
from clerestory.assurance.tally.state import Form, State, form_of, merge_states, pack, read_form, read_state
from clerestory.store.engine.engine import Counted, Engine
from clerestory.store.engine.source import Source
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import Digest
from clerestory.terms.sentence import gettext as _


class DayRefused(ClerestoryError):
    """A day could not be counted for some request, so the window cannot either."""


@dataclass(frozen=True, slots=True)
class Day:
    """The data of one day, or the reference: its name (such as 2026-11-21), where it lies, and its digest.

    ``source`` may be what finds it: then nothing is opened of a day that was counted before.
    """

    name: str
    source: Source | Callable[[], Source]
    digest: Digest

    def open(self) -> Source:
        """Return where the data lies."""
        return self.source if isinstance(self.source, Source) else self.source()


@dataclass(frozen=True, slots=True)
class Window:
    """The tallies of all days together, and the names of the days that were counted for it now."""

    counted: Counted
    counted_now: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Each:
    """The state of each day in its order, the names of those counted now, and what could not be counted of some."""

    states: tuple[State, ...]
    counted_now: tuple[str, ...]
    refused: dict[Request, ClerestoryError]


class DailyStates:
    """A folder of states."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        """Keep states in a folder, count with an engine."""
        self._folder = folder
        self._engine = engine
        self._forms: dict[str, Form] = {}

    def window(self, days: Sequence[Day], requests: Sequence[Request], reference: Day | None = None) -> Window:
        """Count the requests over all days together.

        Raises:
            NotMergeable: the days have no common form, as where a column changed from numbers to texts.
            SourceUnreadable: the data of a day broke while it was read.
        """
        each = self.each(days, requests, reference)
        return Window(together(each.states, each.refused), each.counted_now)

    def each(self, days: Sequence[Day], requests: Sequence[Request], reference: Day | None = None) -> Each:
        """Return the state of each day, counted now only where its data changed; raise as `window` of unread data."""
        asked = tuple(dict.fromkeys(requests))
        place = self._folder / _key(asked, reference)
        place.mkdir(parents=True, exist_ok=True)
        now: list[str] = []
        states: list[State] = []
        refused: dict[Request, ClerestoryError] = {}
        for day in days:
            state = self._kept(place, day)
            if state is None:
                state, problems = self._counted(place, day, asked, reference)
                now.append(day.name)
                refused = problems | refused
            states.append(state)
        return Each(tuple(states), tuple(now), refused)

    def _kept(self, place: Path, day: Day) -> State | None:
        """Return the state of a day, if it was counted from the data that is there now."""
        try:
            body = _file(place, day).read_bytes()
            return read_state(body, self._form(place, form_of(body)))
        except (OSError, TallyUnreadable):
            return None

    def _form(self, place: Path, digest: str) -> Form:
        if digest not in self._forms:
            self._forms[digest] = read_form((place / f"{digest}.form").read_bytes())
        return self._forms[digest]

    def _counted(
        self, place: Path, day: Day, requests: Sequence[Request], reference: Day | None
    ) -> tuple[State, dict[Request, ClerestoryError]]:
        sources = {"current": day.open()} | ({} if reference is None else {"reference": reference.open()})
        counted = self._engine.tally(sources, requests)
        state = pack({request: counted.tallies[request] for request in requests if request in counted.tallies})
        if not counted.refused:
            _write(place / f"{state.form.digest}.form", state.form.body)
            for earlier in place.glob(f"{day.name}.*.state"):
                earlier.unlink()
            _write(_file(place, day), state.to_bytes())
        return state, {
            request: DayRefused(_("{name}: {problem}", name=day.name, problem=error.problem), error.remedy)
            for request, error in counted.refused.items()
        }


def together(states: Sequence[State], refused: dict[Request, ClerestoryError]) -> Counted:
    """Return the tallies of days as those of a window; raise NotMergeable where the days have no common form."""
    merged, unmerged = merge_states(states)
    every: dict[Request, ClerestoryError] = {**unmerged, **refused}
    return Counted({request: tally for request, tally in merged.items() if request not in every}, every)


def _key(requests: Sequence[Request], reference: Day | None) -> str:
    """Return what names states that can be added up: the same requests against the same reference."""
    asked = [request_document(request) for request in requests]
    text = json.dumps([asked, "" if reference is None else reference.digest], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _file(place: Path, day: Day) -> Path:
    return place / f"{day.name}.{day.digest.removeprefix('sha256:')[:32]}.state"


def _write(file: Path, body: bytes) -> None:
    """Write a file whole or not at all."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    beside.write_bytes(body)
    beside.replace(file)
