"""The sample that `clerestory init --sample` writes: real loan applications, really scored by a trained model.

The model is a logistic regression with a ridge penalty, fitted to the reference part alone; the current part is scored
out of sample. Nothing is drawn by hand: the split is by seed, the same on every machine.
"""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clerestory.intake.manifest import FILE_NAME
from clerestory.intake.manifest.write import FOUR_FIFTHS, check_text
from clerestory.store.engine.source import kinds_of

if TYPE_CHECKING:
    import polars as pl

Numbers = NDArray[np.float64]
LABEL = "good_credit"
THRESHOLD = 0.6
"""Probability of a good credit from which on the sample approves."""
_OWN = "own limit of the sample"
_SYSTEM = """\
# The sample: German credit data, 400 applications to train on and 600 to test on; see data/README.md.

[system]
id = "credit-scoring"
name = "Credit scoring"
purpose = "Rank consumer loan applications for an officer's decision"
owner = {owner}
stage = "verification and validation"
ai_role = "provider"
affects_people = true
use_areas = "credit"
autonomy_level = 2

[data]
current = "data/decisions.parquet"
reference = "data/reference.parquet"
reference_role = "training"
outcome = "approved"
label = "good_credit"
score = "score"
keys = ["case_id"]
sensitive_features = ["sex", "age_group"]
origin = "public"
sources = ["UCI Machine Learning Repository, doi 10.24432/C5NC77"]
about_people = true

[model]
path = "model.json"
entry = "scoring:scores"                    # checks that try something out ask this function in a process of its own
features = {features}
threshold = {threshold}
origin = "own"

"""
_SEED, _REFERENCE_ROWS, _RIDGE = 20261121, 400, 3.0
_LEFT_OUT = ("case_id", LABEL, "sex", "age", "age_group", "personal_status_sex", "foreign_worker")
"""Columns that are no features: the label, the key, and what the model must not rest on."""


def sample_files(owner: str = "credit-risk@example.org") -> Mapping[str, bytes]:
    """Return the files of the sample by their path: manifest, both parts of the data, the model with its function.

    ``owner`` is the address of who answers for the system.
    """
    applications = _applications()
    order = np.random.default_rng(_SEED).permutation(applications.height)
    reference, current = applications[order[:_REFERENCE_ROWS].tolist()], applications[order[_REFERENCE_ROWS:].tolist()]
    model = _train(reference)
    decided = _decided(current, model)
    return {
        FILE_NAME: _manifest(applications, decided, owner).encode(),
        "data/reference.parquet": _parquet(_decided(reference, model)),
        "data/decisions.parquet": _parquet(decided),
        "data/README.md": (files("clerestory") / "demo" / "data" / "README.md").read_bytes(),
        "model.json": (json.dumps(model, indent=1, ensure_ascii=False) + "\n").encode(),
        "scoring.py": (files("clerestory.intake") / "sample_scoring.txt").read_bytes(),
    }


def _manifest(applications: "pl.DataFrame", decided: "pl.DataFrame", owner: str) -> str:
    """Return the manifest; the population is all applications that were published."""
    columns = kinds_of(decided)
    sexes = applications["sex"].value_counts(normalize=True).sort("sex")
    population = {"sex": dict(zip(sexes["sex"].to_list(), sexes["proportion"].to_list(), strict=True))}
    limits: list[tuple[str, str, str, str, Mapping[str, object]]] = [
        ("fairness.selection-rate-ratio", ">= 0.8", FOUR_FIFTHS, "Lowest over highest approval rate.", {}),
        ("fairness.equalized-odds", "<= 0.2", _OWN, "Gap of error rates between groups.", {"intersections": False}),
        ("performance.task-metric", ">= 0.65", _OWN, "Share of right decisions.", {"metric": "accuracy"}),
        ("performance.task-metric", ">= 0.7", _OWN, "How well the score ranks.", {"metric": "roc_auc"}),
        ("performance.calibration", "<= 0.15", _OWN, "Do scores mean what they say?", {}),
        ("data_quality.schema", "<= 0", _OWN, "Columns and their types.", {"columns": columns}),
        (
            "data_quality.contract", "<= 0", _OWN, "Nothing missing, amounts in range, no case twice.",
            {"missing": {"credit_amount": 0, "duration_months": 0}, "range": {"age": [18, 100], "score": [0, 1]}},
        ),
        (
            "data_quality.representativeness", "<= 0.1", _OWN, "The cases against all published applications.",
            {"population": population, "population_source": "all 1,000 published applications"},
        ),
        ("drift.population-stability-index", "< 0.25", "credit-scoring convention (Siddiqi 2006)",
         "Shift of amounts and scores against the data that the model was trained on.",
         {"columns": ["credit_amount", "duration_months", "score"]}),
    ]  # fmt: skip
    used = [name for name in applications.columns if name not in _LEFT_OUT]
    system = (
        _SYSTEM.replace("{owner}", json.dumps(owner, ensure_ascii=False))
        .replace("{features}", json.dumps(used))
        .replace("{threshold}", str(THRESHOLD))
    )
    return system + "\n".join(check_text(*limit) for limit in limits)


def _applications() -> "pl.DataFrame":
    import polars as pl

    body = (files("clerestory") / "demo" / "data" / "german_credit.parquet").read_bytes()
    group = (
        pl.when(pl.col("age") < 30)
        .then(pl.lit("under 30"))
        .when(pl.col("age") < 50)
        .then(pl.lit("30 to 49"))
        .otherwise(pl.lit("50 and over"))
    )
    return (
        pl.read_parquet(body)
        .with_row_index("case_id", offset=1)
        .with_columns(pl.col("case_id").cast(pl.Int64), group.alias("age_group"))
    )


def _train(rows: "pl.DataFrame") -> dict[str, Any]:
    """Fit by Newton's method; return a document with everything needed to score a row."""
    import polars as pl

    names = [name for name in rows.columns if name not in _LEFT_OUT]
    model: dict[str, Any] = {
        "kind": "logistic regression",
        "label": LABEL,
        "ridge": _RIDGE,
        "threshold": THRESHOLD,
        "numbers": {},
        "categories": {},
    }
    for name in names:
        if rows[name].dtype == pl.String:
            model["categories"][name] = sorted(rows[name].unique().to_list())[1:]
        else:
            model["numbers"][name] = [float(np.mean(rows[name].to_numpy())), float(np.std(rows[name].to_numpy()))]
    features, label = _matrix(rows, model), rows[LABEL].to_numpy().astype(np.float64)
    weights = np.zeros(features.shape[1])
    penalty = np.diag([0.0, *([_RIDGE] * (features.shape[1] - 1))])
    for _ in range(25):
        chance = _logistic(features @ weights)
        slope = features.T @ (chance - label) + penalty @ weights
        weights -= np.linalg.solve(features.T @ (features * (chance * (1 - chance))[:, None]) + penalty, slope)
    model["weights"] = weights.tolist()
    return model


def _matrix(rows: "pl.DataFrame", model: Mapping[str, Any]) -> Numbers:
    columns = [np.ones(rows.height)]
    for name, (mean, deviation) in model["numbers"].items():
        columns.append((rows[name].to_numpy() - mean) / deviation)
    for name, values in model["categories"].items():
        columns += [(rows[name] == value).to_numpy().astype(np.float64) for value in values]
    return np.column_stack(columns)


def _decided(rows: "pl.DataFrame", model: Mapping[str, Any]) -> "pl.DataFrame":
    import polars as pl

    scores = pl.Series("score", np.round(_logistic(_matrix(rows, model) @ np.asarray(model["weights"])), 6))
    return rows.with_columns(scores, (scores >= THRESHOLD).alias("approved"))


def _logistic(x: Numbers) -> Numbers:
    return np.asarray(1 / (1 + np.exp(-x)), dtype=np.float64)


def _parquet(rows: "pl.DataFrame") -> bytes:
    from io import BytesIO

    body = BytesIO()
    rows.write_parquet(body)
    return body.getvalue()
