"""Carries out one explainability check over plain tables, and drives a generator that only asks a model."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Layout
from clerestory.assurance.registry import find
from clerestory.assurance.trial import Predict, Table, Unanswered, trial_of
from tests.simulators.answering import drive

Model = Callable[[Table], np.ndarray]
GERMAN = Path(__file__).parents[3] / "src/clerestory/demo/data/german_credit.parquet"
TRAINED = {
    "duration_months": (-0.02614, 20.903),
    "credit_amount": (-7.006e-5, 3_271.258),
    "age": (0.02072, 35.546),
    "installment_rate": (-0.1994, 2.973),
    "existing_credits": (0.1487, 1.407),
    "residence_since": (-0.04149, 2.845),
}
"""Weight and mean by column of a logistic regression trained with scikit-learn on these data, standardised."""
NUMBERS = list(TRAINED)


def ask(talk: Generator[Any, Any, Any], model: Model) -> Any:
    """Answer every question of a generator from a model; return what it returns."""
    answer: object = None
    error: Unanswered | None = None
    while True:
        try:
            move = talk.send(answer) if error is None else talk.throw(error)
        except StopIteration as end:
            return end.value
        assert isinstance(move, Predict)
        try:
            answer, error = model(move.table), None
        except Unanswered as raised:
            answer, error = None, raised


def layout_of(table: Table, features: tuple[str, ...], **more: Any) -> Layout:
    """Return the layout of a manifest whose model takes the features."""
    columns = {name: "text" if values.dtype == object else "number" for name, values in table.items()}
    return Layout(columns=columns, features=features, asked=frozenset({"model"}), **({"threshold": 0.5} | more))


def measured(
    name: str, model: Model | None, table: Table, features: tuple[str, ...], layout: Any = None, **given: Any
) -> Measurement:
    """Complete the parameters of a check, carry out its trial and measure."""
    check = find(name)
    parameters = check.complete(given, layout_of(table, features, **(layout or {})))
    tables = {"current": table, "reference": table}
    tally = drive(check.begin(parameters), tables=tables, predict=model)
    return check.measure({trial_of(name, parameters): tally}, parameters)


def credit() -> tuple[Table, Model]:
    """Return the numbers of the German credit data, and a logistic model of good credit trained on them."""
    data = pl.read_parquet(GERMAN)
    table = {name: data[name].to_numpy().astype(np.float64) for name in NUMBERS}
    table["sex"] = np.array(data["sex"].to_list(), dtype=object)

    def model(rows: Table) -> np.ndarray:
        terms = sum(w * (rows[name] - m) for name, (w, m) in TRAINED.items())
        return np.asarray(1 / (1 + np.exp(-(0.9032 + terms))))

    return table, model
