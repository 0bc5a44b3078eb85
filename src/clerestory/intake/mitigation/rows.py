"""The rows that mitigation learns from and those it is measured on: columns, labels, groups, and scores in use."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from clerestory.assurance.tally.value import MISSING, value_text
from clerestory.assurance.trial import Table
from clerestory.intake.data import Dataset, find_dataset
from clerestory.intake.manifest import Manifest
from clerestory.intake.manifest.section import nearest
from clerestory.intake.model import find_model
from clerestory.intake.model.scoring import Scoring, with_scores
from clerestory.intake.trial import array_of
from clerestory.store.engine.source import reading
from clerestory.terms.error import ClerestoryError

if TYPE_CHECKING:
    import polars as pl

_FEWEST = 100


class NotTried(ClerestoryError):
    """The manifest or its data do not hold what mitigation needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Labelled rows of known groups. ``train`` marks those that are learned from; the others are held out."""

    table: Table
    features: tuple[str, ...]
    positive: npt.NDArray[np.bool_]
    groups: npt.NDArray[np.str_]
    train: npt.NDArray[np.bool_]
    scores: npt.NDArray[np.float64] | None
    feature: str
    left_out: int
    data: Mapping[str, Dataset]


def rows_of(manifest: Manifest) -> Rows:
    """Return the rows of a manifest: its training data as reference, if there are, else a part of the current data.

    Raises:
        NotTried: label, sensitive feature or a column is missing, or too few rows are left.
        ClerestoryError: the data or the model cannot be used.
    """
    said, table = manifest.mitigation, manifest.data
    if said is None:
        raise NotTried(f"{manifest.file} has no [mitigation].", 'Add it: methods = ["reweighing"].')
    if table.label is None:
        raise NotTried(f"{manifest.file} names no label.", "Give label in [data]: what turned out true.")
    feature = said.sensitive_feature or (table.sensitive_features[0] if len(table.sensitive_features) == 1 else None)
    if feature is None:
        raise NotTried(
            f"{manifest.file} does not say between which groups.", "Give sensitive_feature in [mitigation]: one column."
        )
    with tempfile.TemporaryDirectory(prefix="clerestory-") as folder:
        data = _data(manifest, Path(folder))
        frames = [_frame(data[use], manifest, use) for use in data]
        for dataset in data.values():
            dataset.require_unchanged()
    whole = _together(frames, {feature, table.label, *said.features}, data)
    return _rows(manifest, whole, feature, data)


def _data(manifest: Manifest, folder: Path) -> dict[str, Dataset]:
    table = manifest.data
    named = {"current": (table.current, table.role)}
    if table.reference is not None and table.reference_role == "training":
        named["reference"] = (table.reference, table.reference_role)
    model = find_model(manifest)
    data = {}
    for use, (location, role) in named.items():
        dataset = find_dataset(location, manifest.folder, role=role, what=manifest.where("data", use))
        if model is not None and table.score is not None and table.score not in dataset.columns:
            dataset = with_scores(dataset, Scoring(model, table.score, None), (table.score,), folder)
        data[use] = dataset
    return data


def _frame(dataset: Dataset, manifest: Manifest, use: str) -> "pl.DataFrame":
    import polars as pl

    said = manifest.mitigation
    with reading(dataset.location):
        frame = dataset.source.scan().collect(engine="streaming")
    most = said.rows if said is not None else frame.height
    if frame.height > most:
        frame = frame.sample(most, seed=said.seed if said is not None else 0)
    return frame.with_columns(pl.lit(use).alias(_USE))


_USE = "clerestory:use"


def _together(frames: "list[pl.DataFrame]", needed: set[str], data: Mapping[str, Dataset]) -> "pl.DataFrame":
    import polars as pl

    for frame, dataset in zip(frames, data.values(), strict=True):
        for column in sorted(needed):
            if column not in frame.columns:
                raise NotTried(f"{dataset.location} has no column {column!r}.", nearest(column, frame.columns))
    shared = [name for name in frames[0].columns if all(name in frame.columns for frame in frames)]
    return pl.concat([frame.select(shared) for frame in frames], how="vertical_relaxed")


def _rows(manifest: Manifest, whole: "pl.DataFrame", feature: str, data: Mapping[str, Dataset]) -> Rows:
    import polars as pl

    said, table = manifest.mitigation, manifest.data
    if said is None or table.label is None:
        raise TypeError("rows are made of a manifest that asks for mitigation")
    known = whole.filter(pl.col(table.label).is_not_null() & pl.col(feature).is_not_null())
    wanted = None if table.positive is None else value_text(table.positive)
    labels = [value_text(item) for item in known[table.label].to_list()]
    positive = np.array([item == wanted if wanted is not None else item in ("true", "1") for item in labels])
    if not positive.any() or positive.all():
        raise NotTried(
            f"The label {table.label!r} has one value only, or none that is positive.", "Give positive in [data]."
        )
    groups = np.array([value_text(item) for item in known[feature].to_list()]).astype(str)
    scores = _scores(known, table.score)
    keep = np.isfinite(scores) if scores is not None else np.ones(len(groups), np.bool_)
    keep &= groups != MISSING
    apart = {
        _USE, feature, table.label, table.outcome, table.score, table.timestamp, *table.keys, *table.sensitive_features
    }  # fmt: skip
    model = manifest.model
    features = said.features or (model.features if model is not None else ())
    features = features or tuple(name for name in known.columns if name not in apart)
    missing = [name for name in features if name not in known.columns]
    if missing or not features:
        raise NotTried(
            f"There is no column {missing[0]!r} to train on." if missing else "There is no column to train on.",
            nearest(missing[0], known.columns) if missing else "Name features in [mitigation].",
        )
    kept = known.filter(pl.Series(keep))
    if kept.height < _FEWEST:
        raise NotTried(f"{kept.height} rows have a label and a group.", f"Give at least {_FEWEST}.")
    return Rows(
        table={name: array_of(kept[name]) for name in features},
        features=tuple(features),
        positive=positive[keep],
        groups=groups[keep],
        train=_trained(kept[_USE].to_numpy(), said.held_out, said.seed),
        scores=None if scores is None else scores[keep],
        feature=feature,
        left_out=whole.height - kept.height,
        data=data,
    )


def _scores(known: "pl.DataFrame", score: str | None) -> npt.NDArray[np.float64] | None:
    import polars as pl

    if score is None or score not in known.columns:
        return None
    return known[score].cast(pl.Float64).to_numpy().copy()


def _trained(use: npt.NDArray[Any], held_out: float, seed: int) -> npt.NDArray[np.bool_]:
    """Return which rows are learned from: those of the training data, or else a part drawn by the seed."""
    if (use == "reference").any():
        return np.asarray(use == "reference", dtype=np.bool_)
    order = np.random.default_rng(seed).permutation(len(use))
    train = np.ones(len(use), np.bool_)
    train[order[: round(held_out * len(use))]] = False
    return train
