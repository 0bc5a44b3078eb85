"""Scores and decisions that the data lacks, made by the model and laid beside the rows in a temporary file."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from clerestory.intake.data import Dataset
from clerestory.intake.model import Model, ModelRefused
from clerestory.intake.model.asked import asked, runs_inside
from clerestory.intake.outside import REMEDY, OutsideRefused
from clerestory.store.engine.source import reading

if TYPE_CHECKING:
    import polars as pl

_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Scoring:
    """A model and the columns that it stands behind."""

    model: Model
    score: str | None
    outcome: str | None
    outside: bool = True
    """Whether a function, a pickle or an endpoint may be asked for scores."""

    def lacks(self, dataset: Dataset) -> tuple[str, ...]:
        """Return what the data lacks and the model can make: score, and outcome by threshold."""
        made = [self.score] + ([self.outcome] if self.model.table.threshold is not None else [])
        return tuple(column for column in made if column is not None and column not in dataset.columns)


def with_scores(dataset: Dataset, scoring: Scoring, made: tuple[str, ...], folder: Path) -> Dataset:
    """Return the data set with the made columns beside others; its digest stays that of the files.

    Raises:
        ModelRefused: the model cannot be run on this data.
        OutsideRefused: only code or a call could score it, and neither is allowed here.
        SourceUnreadable: a file broke while it was read.
    """
    import polars as pl

    model = scoring.model
    with reading(dataset.location):
        if scoring.score in dataset.columns:
            scores = dataset.source.scan().select(scoring.score).collect().to_series()
        else:
            if not scoring.outside and not runs_inside(model):
                raise OutsideRefused(
                    f"{dataset.location} lacks scores, and {model.name} is neither run nor called by a server.", REMEDY
                )
            scores = _scores(dataset, model)
        earlier = [] if dataset.source.beside is None else pl.read_parquet(dataset.source.beside).get_columns()
    columns = [(scores if name == scoring.score else scores >= model.table.threshold).alias(name) for name in made]
    beside = folder / f"{dataset.role}-scores-{len(earlier)}.parquet"
    pl.DataFrame([*earlier, *columns]).write_parquet(beside)
    kinds = {name: "boolean" if name == scoring.outcome else "number" for name in made}
    return replace(dataset, source=replace(dataset.source, beside=beside), columns={**dataset.columns, **kinds})


def _scores(dataset: Dataset, model: Model) -> "pl.Series":
    import polars as pl

    scorer = asked(model, dataset.columns)
    missing = [name for name in scorer.features if name not in dataset.columns]
    if missing:
        raise ModelRefused(
            f"{dataset.location} has no column {missing[0]!r}, which {model.name} takes.",
            "Give data with all features of the model, or with a score column.",
        )
    return pl.concat([pl.Series("score", scorer.of_rows(rows)) for rows in _batches(dataset, scorer.features)])


def _batches(dataset: Dataset, features: tuple[str, ...]) -> Iterator["pl.DataFrame"]:
    """Yield the rows in their order; Parquet piece by piece, CSV read once."""
    frame = dataset.source.scan().select(features)
    whole = frame.collect(engine="streaming") if dataset.source.format == "csv" else None
    start = 0
    while True:
        rows = frame.slice(start, _ROWS).collect(engine="streaming") if whole is None else whole[start : start + _ROWS]
        if rows.height or not start:
            yield rows
        if rows.height < _ROWS:
            return
        start += _ROWS
