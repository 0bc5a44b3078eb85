"""Asks a scikit-learn model about rows: runs only in a process of its own, as the entry that `asked` starts.

A skops file is opened with scikit-learn's types alone. A pickle runs whatever stands in it, so it is opened only where
the manifest says ``allow_pickle = true``.
"""

from functools import cache
from pathlib import Path
from typing import Any


def predict(document: dict[str, Any]) -> dict[str, Any]:
    """Return the scores of rows: the probability of the last class, or the predicted number."""
    import polars as pl

    model = _opened(document["path"], bool(document["allow_pickle"]))
    rows = pl.DataFrame(document["columns"], strict=False)
    given: Any = rows if hasattr(model, "feature_names_in_") else rows.to_numpy()
    scores = model.predict_proba(given)[:, -1] if hasattr(model, "predict_proba") else model.predict(given)
    return {"scores": [float(score) for score in scores]}


@cache
def _opened(path: str, allow_pickle: bool) -> Any:
    if path.endswith(".skops"):
        import skops.io

        return skops.io.load(path, trusted=[])
    if not allow_pickle:
        raise PermissionError("a pickle is opened only where the manifest allows it")
    import joblib

    with Path(path).open("rb") as stream:
        return joblib.load(stream)
