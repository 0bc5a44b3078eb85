"""Scoring rows with an ONNX model through onnxruntime, which is imported here and nowhere else."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from clerestory.intake.model import Model, ModelRefused

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

_NUMBERS = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(bool)": "bool",
}
_TEXT = "tensor(string)"


class OnnxScorer:
    """A loaded model that gives each row of a table one score: the probability of the positive class."""

    def __init__(self, model: Model) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise ModelRefused(
                "Scoring rows with a model needs onnxruntime, which is not installed.",
                "Install it with `pip install clerestory[onnx]`, or give data that has a score column.",
            ) from error
        onnxruntime.set_default_logger_severity(4)
        try:
            self._session: Any = onnxruntime.InferenceSession(str(model.file), providers=["CPUExecutionProvider"])
        except _errors() as error:
            raise ModelRefused(
                f"{model.name} is no ONNX model that can be run: {_first_line(error)}.",
                "Export the model again, or give data that has a score column.",
            ) from error
        self._name, self._table = model.name, model.table
        self.inputs = {item.name: item.type for item in self._session.get_inputs()}
        self.features = self._features()
        self._output = self._find_output()

    def score(self, rows: "pl.DataFrame") -> "NDArray[np.float64]":
        """Return the scores of rows that have all features.

        Raises:
            ModelRefused: a feature is missing or of another type, or the model gave no finite score.
        """
        import numpy as np

        try:
            (given,) = self._session.run([self._output], self._feed(rows))
        except _errors() as error:
            raise ModelRefused(
                f"{self._name} could not score the data: {_first_line(error)}.",
                "Check that the features have the types that the model was trained on.",
            ) from error
        scores = np.asarray(_positive(given), dtype=np.float64)
        if scores.shape != (rows.height,) or not np.isfinite(scores).all():
            raise ModelRefused(
                f"{self._name} did not give one finite score per row.",
                'Name the output with the probability: [model] output = "...".',
            )
        return scores

    def _features(self) -> tuple[str, ...]:
        if len(self.inputs) > 1 or self._table.features == tuple(self.inputs):
            return tuple(self.inputs)
        if not self._table.features:
            (name,) = self.inputs
            raise ModelRefused(
                f"{self._name} takes one input {name!r} with all features in a row, and their order is not known.",
                "Name the columns in their order: [model] features = [...].",
            )
        return self._table.features

    def _find_output(self) -> str:
        names = [item.name for item in self._session.get_outputs()]
        if self._table.output is not None:
            if self._table.output not in names:
                raise ModelRefused(
                    f"{self._name} has no output {self._table.output!r}.", f"It has: {', '.join(names)}."
                )
            return self._table.output
        likely = [name for name in names if "prob" in name.lower() or "score" in name.lower()]
        return str((likely or names)[-1])

    def _feed(self, rows: "pl.DataFrame") -> dict[str, Any]:
        missing = [name for name in self.features if name not in rows.columns]
        if missing:
            raise ModelRefused(
                f"The data has no column {missing[0]!r}, which {self._name} takes.",
                "Give data with all features of the model.",
            )
        if self.features == tuple(self.inputs):
            return {name: self._column(rows, name, kind).reshape(-1, 1) for name, kind in self.inputs.items()}
        ((name, kind),) = self.inputs.items()
        import numpy as np

        return {name: np.column_stack([self._column(rows, feature, kind) for feature in self.features])}

    def _column(self, rows: "pl.DataFrame", name: str, kind: str) -> Any:
        import polars as pl

        if kind == _TEXT:
            return rows[name].cast(pl.String).fill_null("").to_numpy().astype(object)
        if kind not in _NUMBERS or not (rows[name].dtype.is_numeric() or rows[name].dtype == pl.Boolean):
            raise ModelRefused(
                f"Column {name!r} is {rows[name].dtype}, and {self._name} takes {kind} there.",
                "Give the feature as the model was trained on it.",
            )
        return rows[name].to_numpy().astype(_NUMBERS[kind])


def _positive(given: Any) -> Any:
    """Return the probability of the positive class from a tensor of one or two columns, or from a list of maps."""
    import numpy as np

    if isinstance(given, list) and given and isinstance(given[0], dict):
        keys: Sequence[Any] = sorted(given[0])
        return np.asarray([row[keys[-1]] for row in given])
    scores = np.asarray(given)
    if scores.ndim == 2 and scores.shape[1] in (1, 2):
        return scores[:, -1]
    return scores


def _errors() -> tuple[type[Exception], ...]:
    """Return what onnxruntime raises; its errors have no base of their own."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    found = [item for item in vars(state).values() if isinstance(item, type) and issubclass(item, Exception)]
    return (*found, ValueError, RuntimeError)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")[:300]
