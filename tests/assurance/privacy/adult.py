"""People of the Adult data: 1,000 that a model is trained on and 1,200 that it never saw, drawn by chance."""

from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from clerestory.assurance.trial import Table
from clerestory.intake.trial import array_of

FILE = Path(__file__).parents[3] / "src/clerestory/demo/data/adult_train.parquet"
FEATURES = ("age", "fnlwgt", "education_num", "capital_gain", "capital_loss", "hours_per_week", "marital_status")
LABEL = "income_over_50k"


@cache
def people() -> tuple[Table, Table]:
    """Return members and non-members."""
    drawn = pl.read_parquet(FILE).sample(2_200, seed=5)
    both = {name: array_of(drawn[name]) for name in (*FEATURES, "sex", LABEL)}
    return ({name: values[:1_000] for name, values in both.items()}, {n: values[1_000:] for n, values in both.items()})


def matrix(table: Table) -> np.ndarray:
    """Return what scikit-learn takes."""
    married = np.array([str(item).startswith("Married") for item in table["marital_status"]], dtype=np.float64)
    return np.column_stack([*(table[name].astype(np.float64) for name in FEATURES[:-1]), married])
