"""Counts what a question asks for, exactly and in whole numbers; nothing that leaves here may be shown to anybody."""

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.privacy.released.answer import step_of
from clerestory.intake.manifest.section import ManifestUnusable, nearest
from clerestory.intake.release.request import Question, Wanted

if TYPE_CHECKING:
    import polars as pl

Codes = NDArray[np.int64]


def columns_of(wanted: Wanted, kinds: dict[str, str]) -> tuple[str, ...]:
    """Return the columns that a request needs.

    Raises:
        ManifestUnusable: one is not there, or holds no numbers where numbers are asked for.
    """
    names = {} if wanted.person is None else {wanted.person: f"{wanted.file}: [release] person"}
    for question in wanted.questions:
        asked = [*question.by, *([question.column] if question.column else [])]
        names |= dict.fromkeys(asked, question.where)
        if question.column and kinds.get(question.column, "number") not in ("integer", "number"):
            raise ManifestUnusable(
                f"{question.where}: {question.column!r} holds {kinds[question.column]}, no numbers.",
                "Count texts with what = count and by.",
            )
    for name, where in names.items():
        if name not in kinds:
            raise ManifestUnusable(f"{where}: there is no column {name!r}.", nearest(name, kinds))
    return tuple(names)


def bounded(frame: "pl.DataFrame", wanted: Wanted) -> "pl.DataFrame":
    """Return at most so many rows of each person, drawn by chance; a row of nobody is left out."""
    import polars as pl

    if wanted.person is None:
        return frame
    draw = np.random.Generator(np.random.PCG64(secrets.randbits(256)))
    mixed = frame.drop_nulls(wanted.person)
    mixed = mixed[draw.permutation(mixed.height)]
    return mixed.filter(pl.int_range(pl.len()).over(wanted.person) < wanted.rows_per_person)


def cells_of(frame: "pl.DataFrame", question: Question) -> Codes:
    """Return for each row the number of its cell; -1 where a value is none of those declared."""
    import polars as pl

    place = np.zeros(frame.height, dtype=np.int64)
    outside = np.zeros(frame.height, dtype=bool)
    for name, values in question.by.items():
        texts = frame[name].cast(pl.String)
        numbered = texts.replace_strict(list(values), list(range(len(values))), default=-1, return_dtype=pl.Int64)
        own = numbered.fill_null(-1).to_numpy()
        outside |= own < 0
        place = place * len(values) + own
    return np.where(outside, -1, place)


def counted(frame: "pl.DataFrame", question: Question) -> list[list[int]]:
    """Return the vectors of whole numbers that a question asks for, one after the other for all cells.

    A count has one vector; a mean two, of the distances to the middle in steps and of the rows; a histogram and
    quantiles one with as many numbers per cell as there are bins. Values are cut to the bounds, missing ones left out.
    """
    place, cells = cells_of(frame, question), len(question.cells())
    if question.what == "count":
        return [_per_cell(place[place >= 0], cells)]
    values = np.asarray(frame[str(question.column)].cast(float).fill_null(np.nan).to_numpy(), dtype=np.float64)
    known = (place >= 0) & np.isfinite(values)
    place, values = place[known], values[known]
    if question.what in ("histogram", "quantiles"):
        bins = len(question.edges) - 1
        at = np.clip(np.searchsorted(question.edges, values, side="right") - 1, 0, bins - 1)
        return [_per_cell(place * bins + at, cells * bins)]
    middle = (question.lowest + question.highest) / 2 if question.what == "mean" else 0.0
    step = step_of(question.lowest - middle, question.highest - middle)
    steps = np.rint((np.clip(values, question.lowest, question.highest) - middle) / step).astype(np.int64)
    sums = np.zeros(cells, dtype=np.int64)
    np.add.at(sums, place, steps)
    return [sums.tolist(), *([_per_cell(place, cells)] if question.what == "mean" else [])]


def _per_cell(place: Codes, cells: int) -> list[int]:
    counts: Sequence[int] = np.bincount(place, minlength=cells).tolist()
    return list(counts)
