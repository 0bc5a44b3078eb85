"""The narrow protocol of an engine, and the choice of one by name."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import narwhals as nw

from clerestory.assurance.tally import Request, Tallies, Tally
from clerestory.store.engine.source import Source
from clerestory.terms.error import ClerestoryError

Lazy = nw.LazyFrame[Any]
Frame = nw.DataFrame[Any]
Asked = Sequence[Lazy]
Given = Sequence[Frame]
Answers = Mapping[Request, Tally | ClerestoryError]
Step = Generator[Asked, Given, Answers]
"""Yields lazy tables, is sent the collected ones in the same order, returns the tallies of its requests."""

N = "clerestory:n"
"""Name of the column that holds how many rows a cell has."""

Progress = Callable[[int, int], None]
"""Told how many of how many requests are answered."""


class EngineUnknown(ClerestoryError):
    """No engine has the name that was asked for."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The tallies of all requests that could be answered, and why the others could not."""

    tallies: Tallies
    refused: Mapping[Request, ClerestoryError]


class Engine(Protocol):
    """Counts; the same integers whatever the engine."""

    name: str
    version: str

    def tally(
        self, sources: Mapping[str, Source], requests: Sequence[Request], progress: Progress | None = None
    ) -> Counted:
        """Answer requests about the tables ``current`` and ``reference``.

        Raises:
            SourceUnreadable: a file broke while it was read.
        """


def open_engine(name: str = "polars") -> Engine:
    """Return the engine with a name.

    Raises:
        EngineUnknown: this version has no such engine.
    """
    if name != "polars":
        raise EngineUnknown(f"There is no engine {name!r} in this version.", "Use polars (CLERESTORY_ENGINE=polars).")
    from clerestory.store.engine.polars_engine import PolarsEngine

    return PolarsEngine()
