"""A small system in a folder: rows of loans, and a manifest with checks on the data and on the decisions."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import measurement_document
from clerestory.assurance.registry import find
from clerestory.assurance.tally import read_request, read_tally
from clerestory.intake.manifest import read
from clerestory.intake.registration import registration
from clerestory.intake.run import run_check
from clerestory.ledger.canonical import decode, encode
from clerestory.terms.fact import Document
from tests.organisation import NOW

MANIFEST = """
[system]
id = "credit-scoring"
name = "Credit scoring"
purpose = "Rank loan applications for an officer's decision"
owner = "owner@example.org"
stage = "verification and validation"
ai_role = ["provider"]
use_areas = "none of these"
autonomy_level = 2
affects_people = true

[data]
current = "loans.csv"
role = "test"
label = "repaid"
outcome = "approved"
sensitive_features = ["sex"]
origin = "own"
sources = ["core-banking"]
labelled_by_people = false
about_people = true

[[check]]
name = "data_quality.schema"
criterion = "<= 0"
source = "data contract 1"
[check.columns]
case_id = "integer"
sex = "text"
income = "number"
approved = "integer"
repaid = "integer"
decided_at = "moment"

[[check]]
name = "data_quality.contract"
criterion = "<= 0"
source = "data contract 1"
missing = { income = 0.02 }
range = { income = [0, 1000000] }
unique = ["case_id"]
freshness = { decided_at = "P30D" }

[[check]]
name = "data_quality.representativeness"
criterion = "< 0.2"
source = "population register 2025"
population = { sex = { female = 0.5, male = 0.5 } }
population_source = "population register 2025"

[[check]]
name = "data_quality.group-imbalance"
criterion = "< 0.2"
source = "own criteria 1"

[[check]]
name = "fairness.selection-rate-ratio"
criterion = ">= 0.6"
source = "29 CFR 1607.4(D), four-fifths rule"
"""


def write(folder: Path, *, rows: int = 800, female: float = 0.5, broken: int = 0, manifest: str = MANIFEST) -> Path:
    """Write data and manifest into a folder; ``broken`` incomes are negative. Return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(7)
    income = chance.normal(3000, 800, rows).clip(200, 9000).round(2)
    if broken:
        income[:broken] = -1.0
    repaid = (np.arange(rows) % 10 != 0).astype(int)
    pl.DataFrame(
        {
            "case_id": np.arange(rows),
            "sex": np.where(chance.permutation(rows) < rows * female, "female", "male"),
            "income": income,
            "approved": (np.arange(rows) % 3 != 0).astype(int),
            "repaid": repaid,
            "decided_at": ["2026-11-20T08:00:00Z"] * rows,
        }
    ).write_csv(folder / "loans.csv")
    (folder / "clerestory.toml").write_text(manifest, encoding="utf-8")
    return folder


def ran(folder: Path, *, at: datetime = NOW) -> dict[str, object]:
    """Run the checks of a folder and return the push file as it is read back."""
    moments = iter([at, at + timedelta(seconds=5)])
    return dict(decode(run_check(read(folder), now=lambda: next(moments)).body()))


def consistent(document: dict[str, object]) -> dict[str, object]:
    """Make measurements and verdicts follow from tallies that a test invented, as a forger would."""
    pairs: list[dict[str, object]] = document["tallies"]  # type: ignore[assignment]
    checks: list[dict[str, object]] = document["checks"]  # type: ignore[assignment]
    tallies = {read_request(pair["request"]): read_tally(pair["tally"]) for pair in pairs}
    for said in checks:
        check = find(str(said["name"]))
        parameters = check.read_parameters(said["parameters"])  # type: ignore[arg-type]
        measurement = check.measure(tallies, parameters)
        judged = judge(measurement, check.criterion(str(said["criterion"]), parameters))
        said["measurement"] = dict(measurement_document(measurement))
        said["verdict"], said["reason"] = str(judged.verdict), str(judged.reason or "")
    return document


def registered(folder: Path, *, at: datetime = NOW) -> Document:
    """Return what `push --register` sends for a folder."""
    return decode(encode(registration(read(folder), now=at)))
