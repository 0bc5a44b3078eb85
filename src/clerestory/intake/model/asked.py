"""Models that can be asked in a trial: an ONNX file; each takes a trial's table and returns a score per row."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from clerestory.assurance.trial import Table
from clerestory.intake.model import Model

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BATCH = 50_000


class AskedModel(Protocol):
    """A model that scores rows. ``features`` are the columns it takes, in its order."""

    @property
    def features(self) -> tuple[str, ...]: ...

    def __call__(self, table: Table) -> "NDArray[np.float64]":
        """Return one score per row.

        Raises:
            ModelRefused: the rows do not fit the model.
            Unanswered: it did not answer, or not in the form asked for.
        """
        ...


class AskedOnnx:
    """An ONNX model, run in this process by onnxruntime."""

    def __init__(self, model: Model, kinds: Mapping[str, str]) -> None:
        from clerestory.intake.model.onnx import OnnxScorer

        self._scorer, self._kinds = OnnxScorer(model), kinds

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that the model takes."""
        return self._scorer.features

    def __call__(self, table: Table) -> "NDArray[np.float64]":
        """Return one score per row."""
        import numpy as np

        from clerestory.intake.trial import frame_of

        rows = frame_of({name: table[name] for name in self.features if name in table}, self._kinds)
        parts = [self._scorer.score(rows[start : start + _BATCH]) for start in range(0, rows.height, _BATCH)]
        return np.concatenate(parts) if parts else np.empty(0)


def can_be_asked(model: Model | None) -> bool:
    """Return whether a model can be asked: it is of a kind that is run here."""
    return model is not None and model.file.name.lower().endswith(".onnx")


def asked(model: Model, kinds: Mapping[str, str]) -> AskedModel:
    """Return the model as it is asked; ``kinds`` are the types of the data's columns.

    Raises:
        ModelRefused: it cannot be run.
    """
    return AskedOnnx(model, kinds)
