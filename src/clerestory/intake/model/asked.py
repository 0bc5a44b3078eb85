"""Models that can be asked: ONNX in this process; a scikit-learn file, a Python entry or an endpoint outside of it."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

from clerestory.assurance.trial import Table, Unanswered
from clerestory.assurance.trial.move import scores_of
from clerestory.intake.asking.endpoint import Endpoint
from clerestory.intake.asking.entry import Entry
from clerestory.intake.asking.key import bearer
from clerestory.intake.model import Model, ModelRefused, is_pickle
from clerestory.intake.trial import frame_of

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

_BATCH, _BATCH_OUTSIDE = 50_000, 2_000
_ESTIMATOR = "clerestory.intake.model.estimator:predict"


class Scorer(Protocol):
    """Gives rows that have all features a score each."""

    @property
    def features(self) -> tuple[str, ...]: ...

    def score(self, rows: "pl.DataFrame") -> "NDArray[np.float64]": ...


class AskedModel:
    """A model that scores rows; ``features`` are the columns it takes, in its order."""

    def __init__(self, scorer: Scorer, kinds: Mapping[str, str], batch: int) -> None:
        self._scorer, self._kinds, self._batch = scorer, kinds, batch

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that the model takes."""
        return self._scorer.features

    def __call__(self, table: Table) -> "NDArray[np.float64]":
        """Return one score per row of a trial's table.

        Raises:
            ModelRefused: the rows do not fit the model.
            Unanswered: it did not answer, or not in the form asked for.
        """
        return self.of_rows(frame_of({name: table[name] for name in self.features if name in table}, self._kinds))

    def of_rows(self, rows: "pl.DataFrame") -> "NDArray[np.float64]":
        """Return one score per row, asked in parts; raise as a call does."""
        import numpy as np

        parts = [self._scorer.score(part) for part in self._parts(rows)]
        return np.concatenate(parts) if parts else np.empty(0)

    def _parts(self, rows: "pl.DataFrame") -> Iterator["pl.DataFrame"]:
        for start in range(0, rows.height, self._batch):
            yield rows[start : start + self._batch]


class OutsideScorer:
    """A model that is asked by documents: columns by name in, ``{"scores": [...]}`` out."""

    def __init__(self, model: Model, outside: Entry | Endpoint, more: Mapping[str, object]) -> None:
        if not model.table.features:
            raise ModelRefused(
                f"Which columns {model.name} takes is not known.", "Name them in their order: [model] features = [...]."
            )
        self.features, self._name, self._outside, self._more = model.table.features, model.name, outside, more

    def score(self, rows: "pl.DataFrame") -> "NDArray[np.float64]":
        """Return the scores of rows."""
        columns = {name: rows[name].to_list() for name in self.features}
        document = {**self._more, "columns": columns}
        answer = self._outside.ask(document)
        scores = answer.get("scores") if isinstance(answer, dict) else answer
        try:
            return scores_of(scores, rows.height)
        except (TypeError, ValueError) as error:
            raise Unanswered(
                f"{self._name} answered with no list of numbers.", 'Answer {"scores": [0.1, ...]}.'
            ) from error


def can_be_asked(model: Model | None) -> bool:
    """Return whether a model can be asked: an ONNX or scikit-learn file, an entry or an endpoint."""
    if model is None:
        return False
    return model.table.url is not None or model.table.entry is not None or _is_onnx(model) or _is_estimator(model)


def runs_inside(model: Model) -> bool:
    """Return whether asking a model runs no code of its own and calls nobody: it is an ONNX file without an entry."""
    return model.table.url is None and model.table.entry is None and _is_onnx(model)


def asked(model: Model, kinds: Mapping[str, str]) -> AskedModel:
    """Return the model as it is asked; ``kinds`` are the types of the data's columns.

    Raises:
        ModelRefused, EntryUnusable, EndpointUnusable: it cannot be asked.
    """
    table = model.table
    if table.url is not None:
        endpoint = Endpoint(
            table.url, bearer(table.key_env), timeout_s=table.timeout_s, per_minute=table.requests_per_minute
        )
        return AskedModel(OutsideScorer(model, endpoint, {}), kinds, _BATCH_OUTSIDE)
    if model.file is None:
        raise TypeError("a model without a url has a file")
    if table.entry is not None:
        entry = Entry(model.folder, table.entry, timeout_s=table.timeout_s)
        return AskedModel(OutsideScorer(model, entry, {}), kinds, _BATCH_OUTSIDE)
    if _is_estimator(model):
        opened = {"path": str(model.file.resolve()), "allow_pickle": table.allow_pickle}
        entry = Entry(model.folder, _ESTIMATOR, timeout_s=table.timeout_s)
        return AskedModel(OutsideScorer(model, entry, opened), kinds, _BATCH_OUTSIDE)
    from clerestory.intake.model.onnx import OnnxScorer

    return AskedModel(OnnxScorer(model), kinds, _BATCH)


def _is_onnx(model: Model) -> bool:
    return model.file is not None and model.file.name.lower().endswith(".onnx")


def _is_estimator(model: Model) -> bool:
    if model.file is None or _is_onnx(model):
        return False
    with model.file.open("rb") as stream:
        head = stream.read(4096)
    return model.file.name.lower().endswith(".skops") or is_pickle(head)
