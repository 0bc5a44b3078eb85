"""Trains the demo's second system on the published Adult data: whom the bank offers a higher card limit.

Nothing is invented: rows are the published ones, and which month a row belongs to is a seeded choice that is told here.
October is drawn from people under 28 to seven tenths, as after a campaign among students: its drift is real.
"""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from clerestory.demo.training import exported

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sklearn.compose import ColumnTransformer

SEED = 42001
LABEL = "income_over_50k"
OFFER_FROM = 0.5
MONTH = 6000
"""Rows of each month, of 16,281 published test rows."""
YOUNG, YOUNG_SHARE = 28, 0.7
NOT_USED = ("person_id", "age_group", "sex", "race", "native_country", "fnlwgt", LABEL)


@dataclass(frozen=True, slots=True)
class Offers:
    """Where training left its files; the corrected model comes later."""

    model: Path
    training: Path
    september: Path
    october: Path
    whole: Path


def adult(part: str) -> pl.DataFrame:
    """Return the published rows of ``train`` or ``test`` with an id and an age group; what is missing says unknown."""
    source = files("clerestory.demo").joinpath("data", f"adult_{part}.parquet")
    with source.open("rb") as file:
        data = pl.read_parquet(file)
    grouped = pl.when(pl.col("age") < YOUNG).then(pl.lit(f"under {YOUNG}")).otherwise(pl.lit(f"{YOUNG} and over"))
    offset = 0 if part == "train" else 1_000_000
    return data.with_row_index("person_id", offset=offset).with_columns(
        pl.col(pl.String).fill_null("unknown"), grouped.alias("age_group")
    )


def train_offers(folder: Path) -> Offers:
    """Fit a logistic regression that sees neither sex nor race; write it, its training rows, two months and all rows.

    A month may hold too few rows to decide on a correction; the whole then has to say it.
    """
    training, columns, features = _prepared()
    folder.mkdir(parents=True, exist_ok=True)
    made = Offers(
        *(
            folder / name
            for name in ("model.onnx", "training.parquet", "september.parquet", "october.parquet", "all_rows.parquet")
        )
    )
    made.model.write_bytes(_fitted(training, columns, features, even=False))
    training.write_parquet(made.training)
    adult("test").write_parquet(made.whole)
    for month, path in zip(_months(), (made.september, made.october), strict=True):
        month.write_parquet(path)
    return made


def train_corrected(folder: Path) -> Path:
    """Fit the model anew so that its score has the same mean for women and men; return the file of the new version.

    The weights are held orthogonal to the difference of the groups' mean features, so that sex is not needed to decide.
    The price is accuracy, and the checks of the new version say how much.
    """
    training, columns, features = _prepared()
    file = folder / "model_2.onnx"
    file.write_bytes(_fitted(training, columns, features, even=True))
    return file


def _prepared() -> tuple[pl.DataFrame, "ColumnTransformer", list[str]]:
    from sklearn.compose import ColumnTransformer
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    training = adult("train")
    features = [name for name in training.columns if name not in NOT_USED]
    words = [name for name in features if training.schema[name] == pl.String]
    columns = ColumnTransformer(
        [
            ("words", OneHotEncoder(handle_unknown="ignore", sparse_output=False), words),
            ("numbers", StandardScaler(), [name for name in features if name not in words]),
        ]
    )
    columns.fit(training.select(features))
    return training, columns, features


def _fitted(training: pl.DataFrame, columns: "ColumnTransformer", features: list[str], *, even: bool) -> bytes:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline

    seen: NDArray[np.float64] = columns.transform(training.select(features))
    label = training[LABEL].to_numpy()
    gap = _gap(seen, (training["sex"] == "Female").to_numpy()) if even else np.zeros(seen.shape[1])
    model = LogisticRegression(C=0.1, max_iter=1000).fit(seen - np.outer(seen @ gap, gap), label)
    model.coef_ = model.coef_ - np.outer(model.coef_ @ gap, gap)
    words = [name for name in features if training.schema[name] == pl.String]
    return exported(Pipeline([("columns", columns), ("model", model)]), features, words)


def _gap(seen: "NDArray[np.float64]", group: "NDArray[np.bool_]") -> "NDArray[np.float64]":
    """Return the direction, of length one, between the mean features of a group and of everybody else."""
    gap: NDArray[np.float64] = seen[group].mean(axis=0) - seen[~group].mean(axis=0)
    return gap / np.linalg.norm(gap)


def _months() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return September, drawn evenly, and October, drawn mostly from the young; no row stands in both."""
    test, random = adult("test"), np.random.default_rng(SEED)
    young = (test["age"] < YOUNG).to_numpy()
    order = random.permutation(test.height)
    september, rest = order[:MONTH], order[MONTH:]
    wanted = min(int(MONTH * YOUNG_SHARE), int(young[rest].sum()))
    others = round(wanted * (1 - YOUNG_SHARE) / YOUNG_SHARE)
    october = np.concatenate((rest[young[rest]][:wanted], rest[~young[rest]][:others]))
    return test[np.sort(september).tolist()], test[np.sort(october).tolist()]
