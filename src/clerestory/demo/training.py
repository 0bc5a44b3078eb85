"""Trains the demo's credit model on the published German credit data and exports it to ONNX. Nothing is invented here.

The rows are split once, by a fixed seed, into halves for training and testing. The model never sees the test half, nor
the columns that hold sex, marital status or nationality.
"""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

SEED = 42001
LABEL = "good_credit"
APPROVE_FROM = 0.6
"""Applications with at least this probability of being repaid are approved: above one half, since a loss costs more."""
NOT_USED = ("personal_status_sex", "sex", "age_group", "foreign_worker", LABEL, "application_id")


@dataclass(frozen=True, slots=True)
class Trained:
    """Where training left its files, and the scores of the test half."""

    model: Path
    training: Path
    test: Path
    score: pl.Series


def german_credit() -> pl.DataFrame:
    """Return the 1,000 published applications with an id and the age group derived from the age in years."""
    source = files("clerestory.demo").joinpath("data", "german_credit.parquet")
    with source.open("rb") as file:
        data = pl.read_parquet(file)
    return data.with_row_index("application_id").with_columns(
        pl.when(pl.col("age") < 26).then(pl.lit("under 26")).otherwise(pl.lit("26 and over")).alias("age_group")
    )


def halves() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the published applications in two halves, for training and for testing: always the same."""
    data = german_credit()
    order = np.random.default_rng(SEED).permutation(data.height)
    return data[order[: data.height // 2].tolist()], data[order[data.height // 2 :].tolist()]


def train(folder: Path) -> Trained:
    """Split the data, fit a logistic regression, export it and write both halves as Parquet.

    The test half also holds what the model decided: ``approved``, from the score of the exported model's own pipeline.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    training, test = halves()
    features = [name for name in training.columns if name not in NOT_USED]
    words = [name for name in features if training.schema[name] == pl.String]
    numbers = [name for name in features if name not in words]
    columns = ColumnTransformer(
        [
            ("words", OneHotEncoder(handle_unknown="ignore", sparse_output=False), words),
            ("numbers", StandardScaler(), numbers),
        ]
    )
    pipeline = make_pipeline(columns, LogisticRegression(C=0.1, max_iter=2000))
    pipeline.fit(training.select(features), training[LABEL].to_numpy())
    score = pipeline.predict_proba(test.select(features))[:, 1]
    folder.mkdir(parents=True, exist_ok=True)
    trained = Trained(folder / "model.onnx", folder / "training.parquet", folder / "test.parquet", pl.Series(score))
    trained.model.write_bytes(exported(pipeline, features, words))
    training.write_parquet(trained.training)
    test.with_columns(pl.Series("approved", score >= APPROVE_FROM)).write_parquet(trained.test)
    return trained


def exported(pipeline: "Pipeline", features: list[str], words: list[str]) -> bytes:
    """Return the fitted pipeline as ONNX with one input per column, so that it takes applications as they are."""
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    inputs = [(n, StringTensorType([None, 1]) if n in words else FloatTensorType([None, 1])) for n in features]
    exported: bytes = to_onnx(
        pipeline, initial_types=inputs, options={"zipmap": False}, target_opset=17
    ).SerializeToString()
    return exported
