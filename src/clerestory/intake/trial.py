"""Carries out the trials of a run: answers each move from data, model and files, and keeps what they counted."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from clerestory.assurance.tally import Request, Tally, Trial, TrialTally
from clerestory.assurance.trial import (
    Act,
    Audit,
    Batches,
    Chat,
    Find,
    Move,
    Predict,
    Probe,
    Read,
    Rows,
    Sample,
    Sampled,
    Table,
    Talk,
    Verify,
)
from clerestory.assurance.trial.move import scores_of
from clerestory.intake.data import Dataset
from clerestory.intake.manifest.declare import Declared
from clerestory.intake.proof.pack import audit
from clerestory.intake.proof.signature import holds
from clerestory.intake.running.batches import kept_days
from clerestory.intake.running.rows import bring
from clerestory.store.engine.source import reading
from clerestory.terms.error import ClerestoryError

if TYPE_CHECKING:
    import polars as pl

LARGEST_FILE = 2 * 1024**3
FILES = "files seen"
"""The note of a trial that says which files beside the manifest it saw, by one digest over names and contents."""
_GLOB = re.compile(r"(^|/)\.\.(/|$)")


class TrialImpossible(ClerestoryError):
    """A trial needs something that the manifest does not name, or that cannot be reached."""


Ask = Callable[[Any], Any]


@dataclass(slots=True, kw_only=True)
class Ground:
    """Where trials take place: the manifest's folder, its tables, and how to ask what is under test.

    ``predict`` and ``previous`` take a `Table` and return a score per row; ``chat`` answers a `Chat`, ``act`` an `Act`.
    None: there is nothing to ask.
    """

    folder: Path
    data: Mapping[str, Dataset]
    predict: Ask | None = None
    previous: Ask | None = None
    chat: Ask | None = None
    act: Ask | None = None
    probe: Ask | None = None
    _drawn: dict[Sample, Sampled] = field(default_factory=dict)

    def there(self) -> frozenset[str]:
        """Return what can be asked: ``model``, ``previous``, ``language_model``, ``agent``."""
        named = {"model": self.predict, "previous": self.previous, "language_model": self.chat, "agent": self.act}
        return frozenset(name for name, ask in named.items() if ask is not None)

    def features(self) -> tuple[str, ...]:
        """Return the columns that the model takes; none where there is no model to ask."""
        return tuple(getattr(self.predict, "features", ()))

    def asked_by_name(self, asked: set[type]) -> Mapping[str, str]:
        """Return which language model, judge and agent answer moves of these kinds, for the notes of a trial."""
        ways = {Chat: self.chat, Act: self.act}
        return {name: text for kind, way in ways.items() if kind in asked for name, text in _notes(way).items()}

    def answer(self, move: Move) -> object:
        """Answer one move.

        Raises:
            ClerestoryError: there is nothing that could answer it, or it did not.
        """
        if isinstance(move, Sample):
            if move not in self._drawn:
                self._drawn[move] = draw(self.data, move)
            return self._drawn[move]
        if isinstance(move, Predict):
            ask = _there(self.previous if move.previous else self.predict, "a model that can be asked", "[model]")
            return scores_of(ask(move.table), _rows(move.table))
        if isinstance(move, Read):
            return _read(self.folder, move.path)
        if isinstance(move, Find):
            return _find(self.folder, move.pattern)
        if isinstance(move, Rows):
            return bring(move, self.folder, _find(self.folder, move.pattern), array_of)
        if isinstance(move, Batches):
            return kept_days(self.folder, _find(self.folder, move.pattern))
        if isinstance(move, Probe):
            return _there(self.probe, "a service that can be asked: an entry or a url", "[model]")(move)
        if isinstance(move, Verify):
            return holds(move)
        if isinstance(move, Audit):
            return audit(move, lambda path: _inside(self.folder, path))
        if isinstance(move, Chat):
            return _there(self.chat, "a language model", "[language_model]")(move)
        return _there(self.act, "an agent", "[agent]")(move)


def carry_out(
    declared: Sequence[Declared],
    ground: Ground,
    tell: Callable[[int, int], None],
    moved: Callable[[int], None] | None = None,
) -> tuple[dict[Request, Tally], dict[Request, ClerestoryError]]:
    """Make every trial that checks ask for, equal ones once; return what they counted, and why others could not.

    ``tell`` is told of trials that ended, ``moved`` how often something was asked so far: one trial may take minutes.
    """
    counted: dict[Request, Tally] = {}
    refused: dict[Request, ClerestoryError] = {}
    wanted = {request: item for item in declared for request in item.requests if isinstance(request, Trial)}
    moves = 0

    def step() -> None:
        nonlocal moves
        moves += 1
        if moved is not None:
            moved(moves)

    for at, (request, item) in enumerate(wanted.items()):
        try:
            tally, asked, beside = _drive(item.check.begin(item.parameters), ground, step)
            counted[request] = _noted(tally, {**ground.asked_by_name(asked), **beside})
        except ClerestoryError as error:
            refused[request] = error
        tell(at + 1, len(wanted))
    return counted, refused


def _notes(way: Ask | None) -> Mapping[str, str]:
    notes: Mapping[str, str] = getattr(way, "notes", {})
    return notes


def _noted(tally: TrialTally, notes: Mapping[str, str]) -> TrialTally:
    """Add what answered to the notes of a trial, so that a result says which prompt, endpoint and files it is of."""
    return replace(tally, notes=tuple(sorted({**dict(tally.notes), **notes}.items()))) if notes else tally


def _drive(talk: Talk, ground: Ground, step: Callable[[], None]) -> tuple[TrialTally, set[type], Mapping[str, str]]:
    """Answer each move of a trial until it ends; what went wrong with a move is raised inside the trial.

    Return what it counted, the kinds of moves that it made, and a note of the files beside the manifest that it saw.
    """
    asked, seen = set[type](), hashlib.sha256()
    answer: object = None
    error: ClerestoryError | None = None
    while True:
        try:
            move = talk.send(answer) if error is None else talk.throw(error)
        except StopIteration as end:
            tally: TrialTally = end.value
            return tally, asked, {FILES: f"sha256:{seen.hexdigest()}"} if asked & {Read, Find} else {}
        asked.add(type(move))
        step()
        try:
            answer, error = ground.answer(move), None
            _see(seen, move, answer)
        except ClerestoryError as raised:
            answer, error = None, raised


def _see(seen: "hashlib._Hash", move: Move, answer: object) -> None:
    """Take in what a file held or which files there were: what lies beside the manifest is measured, too."""
    if isinstance(move, Read):
        held = hashlib.sha256(answer).hexdigest() if isinstance(answer, bytes) else "none"
        seen.update(f"read {move.path}\n{held}\n".encode())
    elif isinstance(move, Find):
        seen.update(
            "\n".join(("find", move.pattern, *map(str, answer if isinstance(answer, tuple) else ()), "")).encode()
        )


def draw(data: Mapping[str, Dataset], move: Sample) -> Sampled:
    """Draw rows of a table.

    Raises:
        TrialImpossible: there is no such table or column.
        SourceUnreadable: a file broke while it was read.
    """
    dataset = _there(data.get(move.data), f"{move.data} data", "[data]")
    for column in move.columns:
        if column not in dataset.columns:
            raise TrialImpossible(f"{dataset.location} has no column {column!r}.", "Give data that has it.")
    with reading(dataset.location):
        frame = dataset.source.scan().select(*move.columns) if move.columns else dataset.source.scan()
        import polars as pl

        total = int(frame.select(pl.len()).collect(engine="streaming").item())
        if total > move.rows:
            chosen = np.sort(np.random.default_rng(move.seed).choice(total, size=move.rows, replace=False))
            places = pl.LazyFrame({_PLACE: chosen.astype(np.uint32)})
            frame = frame.with_row_index(_PLACE).join(places, on=_PLACE, how="semi").sort(_PLACE).drop(_PLACE)
        rows = frame.collect(engine="streaming")
    return Sampled({name: array_of(rows[name]) for name in rows.columns}, total)


_PLACE = "clerestory:place"


def array_of(column: "pl.Series") -> np.ndarray:
    """Return a column as a trial sees it (`assurance.trial.move.Table`)."""
    import polars as pl

    if column.dtype == pl.Boolean:
        return column.to_numpy().astype(bool) if not column.null_count() else column.cast(pl.Float64).to_numpy()
    if column.dtype.is_numeric():
        return column.cast(pl.Float64).to_numpy().copy()
    if column.dtype in (pl.String, pl.Categorical, pl.Enum):
        return np.array(column.cast(pl.String).to_list(), dtype=object)
    return np.array(column.to_list(), dtype=object)


def frame_of(table: Table, kinds: Mapping[str, str]) -> "pl.DataFrame":
    """Return a trial's table as a frame with the types of the data it came from; ``kinds`` as `Dataset.columns`."""
    import polars as pl

    return pl.DataFrame([_series(name, values, kinds.get(name, "")) for name, values in table.items()])


def _series(name: str, values: np.ndarray, kind: str) -> "pl.Series":
    import polars as pl

    if values.dtype == object:
        return pl.Series(name, values.tolist(), dtype=pl.String if kind == "text" else None, strict=False)
    series = pl.Series(name, values)
    if kind == "integer" and np.isfinite(values).all() and (values == np.round(values)).all():
        return series.cast(pl.Int64)
    if kind == "boolean" and not np.isnan(values.astype(np.float64)).any():
        return series.cast(pl.Boolean)
    return series


def _rows(table: Table) -> int:
    return len(next(iter(table.values()), ()))


def _there(thing: Any, what: str, where: str) -> Any:
    if thing is None:
        raise TrialImpossible(f"The check needs {what}, and there is none.", f"Name it in {where} of the manifest.")
    return thing


def _read(folder: Path, path: str) -> bytes | None:
    file = _inside(folder, path)
    if not file.is_file():
        return None
    if file.stat().st_size > LARGEST_FILE:
        raise TrialImpossible(f"{path} is larger than 2 GiB.", "Check its parts one by one.")
    try:
        return file.read_bytes()
    except OSError as error:
        raise TrialImpossible(
            f"{path} cannot be read: {error.strerror}.", "Give yourself the right to read it."
        ) from error


def _find(folder: Path, pattern: str) -> tuple[str, ...]:
    _inside(folder, pattern)
    root = folder.resolve()
    found = (file for file in root.glob(pattern) if file.is_file() and file.resolve().is_relative_to(root))
    return tuple(sorted(file.relative_to(root).as_posix() for file in found))


def _inside(folder: Path, path: str) -> Path:
    """Refuse a path that leads out of the manifest's folder: a manifest is no way to read what lies elsewhere."""
    if (
        not path
        or Path(path).is_absolute()
        or _GLOB.search(path)
        or not (folder / path).resolve().is_relative_to(folder.resolve())
    ):
        raise TrialImpossible(f"{path!r} leads out of the folder of the manifest.", "Name a file below it.")
    return folder / path
