"""The sample is real: its model is what scikit-learn fits, and its scores are of rows that the model never saw."""

import json
from io import BytesIO

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression

from clerestory.intake.manifest import read
from clerestory.intake.model import find_model
from clerestory.intake.model.asked import asked
from clerestory.intake.sample import sample_files
from clerestory.intake.trial import array_of

FILES = sample_files()


def table(name: str) -> pl.DataFrame:
    """Return one part of the sample's data."""
    return pl.read_parquet(BytesIO(FILES[f"data/{name}.parquet"]))


def features(rows: pl.DataFrame, model: dict[str, dict[str, list[object]]]) -> np.ndarray:
    """Build the features as the model's document describes them."""
    numbers = [(rows[name].to_numpy() - mean) / deviation for name, (mean, deviation) in model["numbers"].items()]  # type: ignore[operator]
    words = [(rows[name] == value).to_numpy() * 1.0 for name, values in model["categories"].items() for value in values]
    return np.column_stack([*numbers, *words])


def test_the_model_is_the_one_that_scikit_learn_fits() -> None:
    model = json.loads(FILES["model.json"])
    reference = table("reference")
    expected = LogisticRegression(C=1 / model["ridge"], tol=1e-10, max_iter=10_000)
    expected.fit(features(reference, model), reference["good_credit"].to_numpy())
    assert model["weights"] == pytest.approx([*expected.intercept_, *expected.coef_[0]], abs=1e-5)
    chance = expected.predict_proba(features(table("decisions"), model))[:, 1]
    assert table("decisions")["score"].to_numpy() == pytest.approx(chance, abs=1e-5)


def test_no_case_is_in_both_parts_and_none_is_lost() -> None:
    reference, decisions = table("reference")["case_id"].to_list(), table("decisions")["case_id"].to_list()
    assert sorted(reference + decisions) == list(range(1, 1001))


def test_the_model_rests_on_no_sensitive_column() -> None:
    model = json.loads(FILES["model.json"])
    used = {*model["numbers"], *model["categories"]}
    assert not used & {"sex", "age", "age_group", "personal_status_sex", "foreign_worker", "good_credit", "case_id"}
    assert len(used) == 17


def test_the_sample_is_the_same_every_time() -> None:
    assert sample_files() == FILES


def test_the_function_beside_the_model_gives_the_scores_that_the_data_hold(tmp_path) -> None:
    for name, body in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(body)
    manifest = read(tmp_path)
    model = find_model(manifest)
    assert model is not None
    rows = table("decisions")
    kinds = {name: "text" if dtype == pl.String else "number" for name, dtype in rows.schema.items()}
    said = asked(model, kinds)({name: array_of(rows[name]) for name in model.table.features})
    assert np.round(said, 6) == pytest.approx(rows["score"].to_numpy(), abs=1e-9)
    assert set(model.table.features) == {*json.loads(FILES["model.json"])["numbers"], *_categories()}


def _categories() -> set[str]:
    return set(json.loads(FILES["model.json"])["categories"])
