"""A small model really trained, its data, and what lies beside them: every check of A.4 and A.5 runs on it."""

import json
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import numpy as np
import polars as pl
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.linear_model import LogisticRegression

from clerestory.assurance.trial.checksums import content_digest
from clerestory.intake.manifest import read
from clerestory.intake.run import run_check
from clerestory.ledger.canonical import decode
from clerestory.terms.fact import Document
from clerestory.terms.moment import moment_text

MISUSE = ("score of a tenant", "score bought by a broker")
"""As the impact assessment of the tests names them (`tests.registers.impact.surroundings`)."""
SYSTEM = """
[system]
id = "credit-scoring"
name = "Credit scoring"
purpose = "Rank loan applications for an officer's decision"
owner = "owner@example.org"
stage = "operation and monitoring"
ai_role = ["provider"]
use_areas = "none of these"
autonomy_level = 2
affects_people = true
"""
DATA = """
[data]
current = "loans.parquet"
role = "test"
outcome = "approved"
score = "score"
label = "repaid"
sensitive_features = ["sex"]
keys = ["case_id"]
origin = "own"
sources = ["core-banking"]
about_people = true
labelled_by_people = false

[model]
path = "model.onnx"
features = ["income", "age"]
threshold = 0.5
origin = "own"
generative = false
"""
CHECKS: dict[str, tuple[str, str]] = {
    "fairness.selection-rate-ratio": (">= 0.8", ""),
    "privacy.attribute-inference": ("<= 0.3", 'attributes = ["sex"]'),
    "explainability.availability": (">= 0.5", "most_reasons = 1"),
    "performance.subgroup": (">= 0.6", ""),
    "data_quality.profile": ("<= 0", "mean = { age = [30, 65] }"),
    "provenance.dataset-lineage": ("<= 0", 'lineage = "lineage.json"'),
    "privacy.personal-data-scan": ("<= 0.02", "planted = 120"),
    "inventory.bill-of-materials": ("<= 0", 'bills = ["bom.json"]'),
    "supply_chain.vulnerabilities": ("<= 0", 'parts = ["requirements.txt"]'),
    "supply_chain.model-file-scan": ("<= 0", 'files = ["model.onnx"]'),
    "supply_chain.licence": ("<= 0", 'terms = "terms.toml"'),
    "security.abuse-scenarios": ("<= 0.1", ""),
    "pipeline.policy-gate": ("<= 0", 'artefact = "model.onnx"'),
}
"""What a version of the model is checked with: the limit, and what else the manifest says."""
RUNNING: dict[str, tuple[str, str]] = {
    "resources.environment-capture": ("<= 0", 'about = "deployment"'),
    "resources.energy-use": ("<= 2.5", 'about = "deployment"'),
    "inventory.discovery-reconciliation": ("<= 0", 'sources = ["src/**/*.py", "requirements.txt"]'),
    "records.retention": ("<= 0", ""),
}
"""What is checked where it runs, and at the organisation."""
DEPLOYMENT = '\n[deployment]\nid = "branch-offices"\nstarted_at = 2026-10-01T08:00:00Z\n'


def write(folder: Path, now: datetime, *, seed: int = 1) -> Path:
    """Train the model and write it with its data and everything that the checks read; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    data = _people(seed)
    features = data.select("income", "age").to_numpy().astype(np.float32)
    model = LogisticRegression().fit(features, data["repaid"].to_numpy())
    body = to_onnx(
        model, initial_types=[("X", FloatTensorType([None, 2]))], options={"zipmap": False}, target_opset=17
    ).SerializeToString()
    (folder / "model.onnx").write_bytes(body)
    data.write_parquet(folder / "loans.parquet")
    for name, text in _beside(folder, now).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def measured(folder: Path, checks: dict[str, tuple[str, str]], now: datetime, *, model: bool = True) -> Document:
    """Run checks over the folder at a moment and return what a push sends."""
    tables = "".join(
        f'\n[[check]]\nname = "{name}"\ncriterion = "{limit}"\nsource = "own limit of the tests"\n{more}\n'
        for name, (limit, more) in checks.items()
    )
    (folder / "clerestory.toml").write_text(SYSTEM + (DATA if model else DEPLOYMENT) + tables, encoding="utf-8")
    moments = iter([now, now + timedelta(seconds=5)])
    run = run_check(read(folder / "clerestory.toml"), now=lambda: next(moments))
    assert [(result.name, result.reason) for result in run.results if result.verdict is None] == []
    return decode(run.body())


def _people(seed: int) -> pl.DataFrame:
    """Draw applicants whose repayment hangs on income and age, and on nothing else."""
    draw = np.random.default_rng(seed)
    rows = 2000
    income, age = draw.normal(3, 1, rows).round(3), draw.integers(18, 80, rows)
    return pl.DataFrame({
        "case_id": np.arange(rows), "income": income, "age": age, "sex": draw.choice(["female", "male"], rows),
        "repaid": draw.random(rows) < 1 / (1 + np.exp(-3 * (income - 2.5))),
    })  # fmt: skip


def _beside(folder: Path, now: datetime) -> dict[str, str]:
    """Return the texts that lie beside model and data: lists of parts, rules, meters and records."""
    digests = {name: f"sha256:{sha256((folder / name).read_bytes()).hexdigest()}" for name in ("loans.parquet",)}
    lineage = {"version": [{
        "id": "loans", "digest": content_digest(digests), "source": "core-banking", "files": digests,
    }]}  # fmt: skip
    parts = [
        {
            "type": kind, "name": name, "bom-ref": name,
            "hashes": [{"alg": "SHA-256", "content": sha256((folder / name).read_bytes()).hexdigest()}],
        }
        for name, kind in (("model.onnx", "machine-learning-model"), ("loans.parquet", "data"))
    ]  # fmt: skip
    known = {
        "id": "OSV-2020-1", "modified": moment_text(now - timedelta(days=2)), "summary": "Another library",
        "affected": [{"package": {"ecosystem": "PyPI", "name": "another"}, "versions": ["1.0"]}],
    }  # fmt: skip
    scenarios = "".join(
        f'[[scenario]]\nname = "{name}"\nsucceeds_from = 0.5\nrows = [\n'
        + "".join(f"  {{ income = {0.1 + row / 1000}, age = {20 + row % 50} }},\n" for row in range(120))
        + "]\n"
        for name in MISUSE
    )
    runs = "".join(
        f"{moment_text(now - timedelta(days=day))},run{day},scoring,1.2,0.{day}1,0.02\n" for day in (3, 2, 1)
    )
    gate = {"decision": "passed", "version": f"sha256:{sha256((folder / 'model.onnx').read_bytes()).hexdigest()}"}
    return {
        "results.json": '{"accuracy": 0.82}',
        "gate.toml": '[[rule]]\nname = "right"\nfile = "results.json"\nkind = "json"\nvalue = "accuracy"\nmin = 0.7\n',
        "gate_decision.json": json.dumps(gate | {"rules": [{"name": "right", "outcome": "passed"}]}),
        "lineage.json": json.dumps(lineage),
        "bom.json": json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": parts}),
        "requirements.txt": "scikit-learn==1.9.0\n",
        "osv.json": json.dumps([known]),
        "licences.toml": 'allow = ["BSD-3-Clause", "MIT"]\n',
        "terms.toml": '[[item]]\nname = "scikit-learn"\nversion = "1.9.0"\nkind = "code"\nlicence = "BSD-3-Clause"\n',
        "misuse.toml": scenarios,
        "environment.toml": '[environment]\nimage = "sha256:77aa"\n[libraries]\nscikit-learn = ">=1.9,<2"\n',
        "captured/live.json": json.dumps({"image": "sha256:77aa", "libraries": {"scikit-learn": "1.9.0"}}),
        "emissions.csv": f"timestamp,run_id,project_name,duration,energy_consumed,emissions\n{runs}",
        "ai_register.csv": "id,uses,paths\ncredit-scoring,sklearn;scikit-learn,\n",
        "src/score.py": "import sklearn\n",
        "retention.toml": '[class.impact]\nkeep = "P10Y"\n',
        "records.csv": f"id,class,created_at,path\n1,impact,{moment_text(now - timedelta(days=40))},kept/1.json\n",
        "kept/1.json": "{}",
    }
