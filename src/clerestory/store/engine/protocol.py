"""The narrow protocol of an engine, and how its counting is cut into steps that share passes."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.tally import Request, Tallies, Tally
from clerestory.store.engine.kind import Columns
from clerestory.store.engine.source import Source
from clerestory.terms.error import ClerestoryError

Lazy = nw.LazyFrame[Any]
Frame = nw.DataFrame[Any]
Asked = Sequence[Lazy]
Given = Sequence[Frame]
Answers = Mapping[Request, Tally | ClerestoryError]
Step = Generator[Asked, Given, Answers]
"""Yields lazy tables, is sent the collected ones in the same order, returns the tallies of its requests."""

Collect = Callable[[Sequence[Lazy]], Sequence[Frame]]
"""Collects lazy tables of one engine as Polars ones, in the same order."""

N = "clerestory:n"
"""Name of the column that holds how many rows a cell has."""

Progress = Callable[[int, int], None]
"""Told how many of how many requests are answered."""


class EngineMissing(ClerestoryError):
    """What an engine needs is not installed on this machine, or does not start."""


@dataclass(frozen=True, slots=True)
class Table:
    """A lazy table with what is known of its columns; beside each time column its seconds since 1970 (`SECONDS`).

    ``bare`` is the table without these seconds: Polars counts it in a third of the memory. ``numbers``: an engine's own
    way to bring numeric columns whole as arrays without a second copy, null as NaN, each with how many of its cells are
    null; the arrays are good until the next call for any table of the run. ``together``: how many columns it should
    bring so at a time. ``stream``: its own way to bring numeric columns in parts, in each the same rows of all columns;
    a part is good until the next. ``distinct``: its own way to count the distinct rows of a table without missing
    cells, given how many rows it has, in bounded memory. ``rows``: likewise its way to count rows and distinct rows,
    where a gap is equal to a gap.
    """

    columns: Columns
    frame: Lazy
    bare: Lazy
    numbers: Callable[[Sequence[str]], Sequence[tuple[NDArray[np.float64], int]]] | None = None
    together: Callable[[], int] | None = None
    stream: Callable[[Sequence[str]], Iterator[Sequence[tuple[NDArray[np.float64], int]]]] | None = None
    distinct: Callable[[Lazy, int], int] | None = None
    rows: Callable[[Lazy], tuple[int, int]] | None = None


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
