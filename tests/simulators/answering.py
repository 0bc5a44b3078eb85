"""Answers the moves of a trial from plain functions and tables, as `clerestory.intake.trial` does from real things."""

from collections.abc import Callable, Mapping
from fnmatch import fnmatch

import numpy as np

from clerestory.assurance.tally import TrialTally
from clerestory.assurance.trial import (
    Act,
    Acted,
    Batches,
    Brought,
    Chat,
    Find,
    KeptDay,
    Move,
    Predict,
    Probe,
    Probed,
    Read,
    Reply,
    Rows,
    Sample,
    Sampled,
    Table,
    Talk,
)
from clerestory.intake.running.rows import LogUnusable
from clerestory.terms.error import ClerestoryError


def drive(
    talk: Talk,
    *,
    tables: Mapping[str, Table] | None = None,
    predict: Callable[[Table], object] | None = None,
    previous: Callable[[Table], object] | None = None,
    files: Mapping[str, bytes] | None = None,
    chat: Callable[[Chat], Reply] | None = None,
    act: Callable[[Act], Acted] | None = None,
    logs: Mapping[str, Table] | None = None,
    days: tuple[KeptDay, ...] = (),
    probe: Callable[[Probe], Probed] | None = None,
) -> TrialTally:
    """Carry a trial to its end; an error of ours that a function raises is raised inside the trial."""

    def answer(move: Move) -> object:
        if isinstance(move, Sample):
            return _drawn((tables or {})[move.data], move)
        if isinstance(move, Predict):
            ask = previous if move.previous else predict
            assert ask is not None
            return ask(move.table)
        if isinstance(move, Read | Find):
            return _of_files(files or {}, move)
        if isinstance(move, Rows):
            return _brought(logs or {}, move)
        if isinstance(move, Probe):
            assert probe is not None
            return probe(move)
        if isinstance(move, Batches):
            return days
        if isinstance(move, Chat):
            assert chat is not None
            return chat(move)
        assert act is not None
        return act(move)

    said: object = None
    error: ClerestoryError | None = None
    while True:
        try:
            move = talk.send(said) if error is None else talk.throw(error)
        except StopIteration as end:
            tally: TrialTally = end.value
            return tally
        try:
            said, error = answer(move), None
        except ClerestoryError as raised:
            said, error = None, raised


def _of_files(files: Mapping[str, bytes], move: Read | Find) -> object:
    if isinstance(move, Read):
        return files.get(move.path)
    return tuple(sorted(name for name in files if fnmatch(name, move.pattern)))


def _brought(logs: Mapping[str, Table], move: Rows) -> Brought:
    if move.pattern not in logs:
        return Brought({}, ())
    table = logs[move.pattern]
    for column in move.columns:
        if column not in table:
            raise LogUnusable(f"{move.pattern} has no column {column!r}.", "Give it.")
    wanted = {name: table[name] for name in (*move.columns, *move.optional) if name in table}
    return Brought(wanted, (move.pattern,), "sha256:00")


def _drawn(table: Table, move: Sample) -> Sampled:
    total = len(next(iter(table.values())))
    chosen = np.arange(total)
    if total > move.rows:
        chosen = np.sort(np.random.default_rng(move.seed).choice(total, size=move.rows, replace=False))
    return Sampled({name: table[name][chosen] for name in move.columns or table}, total)
