"""A small project on disk: data, a manifest, and a way to change either."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from clerestory.intake.manifest import read
from clerestory.intake.result import Run
from clerestory.intake.run import run_check

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SYSTEM = """
[system]
id = "credit-scoring"
name = "Credit scoring"
purpose = "Rank applications"
owner = "credit-risk@example.org"
stage = "verification and validation"
ai_role = "provider"
"""
DATA = """
[data]
current = "current.parquet"
reference = "reference.parquet"
outcome = "approved"
label = "repaid"
score = "score"
timestamp = "decided_at"
keys = ["case_id"]
sensitive_features = ["sex"]
"""
CHECKS = """
[[check]]
name = "fairness.selection-rate-ratio"
criterion = ">= 0.8"
source = "four-fifths rule"

[[check]]
name = "performance.task-metric"
criterion = ">= 0.6"
source = "own"
metric = "accuracy"

[[check]]
name = "data_quality.contract"
criterion = "<= 0"
source = "own"
range = { income = [-100, 100] }

[[check]]
name = "drift.population-stability-index"
criterion = "< 0.2"
source = "own"
columns = ["income", "score"]
"""
MANIFEST = SYSTEM + DATA + CHECKS
Project = Callable[..., Path]


def decisions(rows: int = 2000, seed: int = 1) -> pl.DataFrame:
    """Draw decisions that do not depend on sex."""
    draw = np.random.default_rng(seed)
    score = draw.random(rows)
    moments = np.datetime64("2026-11-01") + draw.integers(0, 86400 * 19, rows).astype("timedelta64[s]")
    return pl.DataFrame({
        "case_id": np.arange(rows),
        "income": draw.normal(3, 1, rows),
        "sex": draw.choice(["female", "male"], rows),
        "score": score,
        "approved": score >= 0.5,
        "repaid": draw.random(rows) < score,
        "decided_at": moments.astype("datetime64[us]"),
    })  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Write a project and return its folder; ``manifest`` replaces the text, ``current`` the data."""

    def write(manifest: str = MANIFEST, current: pl.DataFrame | None = None) -> Path:
        (decisions() if current is None else current).write_parquet(tmp_path / "current.parquet")
        decisions(seed=2).write_parquet(tmp_path / "reference.parquet")
        (tmp_path / "clerestory.toml").write_text(manifest, encoding="utf-8")
        return tmp_path

    return write


def run(folder: Path) -> Run:
    """Run all checks of a project at a fixed moment."""
    return run_check(read(folder), now=lambda: NOW)
