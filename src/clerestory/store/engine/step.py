"""How counting is cut into steps: a step asks for lazy tables, gets them collected, and ends with tallies.

All steps ask at the same time, so that an engine can answer many of them in one pass.
"""

from collections.abc import Generator, Mapping, Sequence
from typing import Any

import narwhals as nw

from clerestory.assurance.tally import Request, Tally
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
