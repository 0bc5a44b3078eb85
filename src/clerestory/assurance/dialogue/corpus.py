"""Corpora: the attacks, questions and documents that checks of language models use, shipped or beside the manifest.

A corpus is JSONL: one table per line with a ``kind``. The first line, of kind ``about``, says who wrote it and when.
"""

import hashlib
import json
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.trial import Move, Read
from clerestory.terms.error import ClerestoryError

LARGEST = 16 * 1024 * 1024
MOST_ROWS = 100_000
OWN = Parameter(
    name="corpus",
    kind="text",
    names_slice=True,
    meaning="Own file in JSONL below the manifest's folder; kinds that it lacks come from the shipped one.",
)
Row = Mapping[str, Any]


class CorpusUnusable(ClerestoryError):
    """A corpus is not there, is no JSONL, or a line lacks what its kind needs."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """The rows of a corpus by their kind, and what it is called with version and digest."""

    name: str
    rows: tuple[Row, ...]

    def of(self, kind: str) -> tuple[Row, ...]:
        """Return the rows of one kind in their order."""
        return tuple(row for row in self.rows if row["kind"] == kind)


@cache
def shipped(name: str) -> Corpus:
    """Return a corpus that ships with this version."""
    body = files("clerestory.assurance.language_models").joinpath("data", f"{name}.jsonl").read_bytes()
    return read(name, body)


def read(name: str, body: bytes) -> Corpus:
    """Read the bytes of a corpus.

    Raises:
        CorpusUnusable: naming the line that is no table with a kind.
    """
    if len(body) > LARGEST:
        raise CorpusUnusable(f"The corpus {name} is larger than 16 MiB.", "Take a sample of it.")
    rows: list[Row] = []
    known: dict[str, int] = {}
    try:
        lines = body.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise CorpusUnusable(f"The corpus {name} is no text in UTF-8.", "Save it as UTF-8.") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise CorpusUnusable(f"{name}, line {number} is no JSON.", "Write one table per line.") from error
        if not isinstance(row, dict) or not isinstance(row.get("kind"), str):
            raise CorpusUnusable(f"{name}, line {number} has no kind.", 'Write it like {"kind": "attack", ...}.')
        if (first := known.setdefault(json.dumps(row, sort_keys=True), number)) != number:
            raise CorpusUnusable(f"{name}, line {number} repeats line {first}.", "One case counts once: take it out.")
        rows.append({**row, "line": number})
    if len(rows) > MOST_ROWS:
        raise CorpusUnusable(f"The corpus {name} has more than {MOST_ROWS:,} lines.", "Take a sample of it.")
    about = next((row for row in rows if row["kind"] == "about"), {})
    digest = hashlib.sha256(body).hexdigest()
    return Corpus(f"{name} {about.get('version', '')} sha256:{digest}".replace("  ", " "), tuple(rows))


def chosen(name: str, parameters: Parameters) -> Generator[Move, Any, tuple[Corpus, Corpus]]:
    """Return the user's own corpus, where the parameters name one, and the shipped one that fills in what it lacks.

    Raises:
        CorpusUnusable: the user's own is not there or cannot be read.
    """
    path = parameters.optional("corpus")
    if path is None:
        return shipped(name), shipped(name)
    body: bytes | None = yield Read(path)
    if body is None:
        raise CorpusUnusable(f"There is no corpus {path!r}.", "Name a file below the folder of the manifest.")
    return read(path, body), shipped(name)


def rows_of(corpora: Iterable[Corpus], kind: str, needs: Mapping[str, Callable[[object], bool]]) -> tuple[Row, ...]:
    """Return the rows of a kind from the first corpus that has any; each must have what its kind needs.

    Raises:
        CorpusUnusable: naming line and key of the first row that lacks something.
    """
    for corpus in corpora:
        rows = corpus.of(kind)
        for row in rows:
            for key, holds in needs.items():
                if not holds(row.get(key)):
                    raise CorpusUnusable(
                        f"{corpus.name.split(' ')[0]}, line {row['line']}: {key} of this {kind} is {row.get(key)!r}.",
                        f"A {kind} needs: {', '.join(needs)}.",
                    )
        if rows:
            return rows
    return ()


def is_text(value: object) -> bool:
    """Return whether a value is a text with something in it."""
    return isinstance(value, str) and bool(value.strip())


def are_texts(value: object) -> bool:
    """Return whether a value is a list of at least one text."""
    return isinstance(value, list) and bool(value) and all(is_text(item) for item in value)
