"""What the training of the demo's credit model leaves behind for those who look later: where data came from, what was
made of them with which libraries, what was reached, and what the gate decided on it. All of it is found, none typed in.
"""

import hashlib
import json
import platform
import tempfile
import tomllib
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import polars as pl

from clerestory.assurance.trial.checksums import content_digest
from clerestory.demo import training
from clerestory.demo.training import LABEL, SEED, Trained

LIBRARIES = ("numpy", "polars", "scikit-learn", "skl2onnx")
SOURCE = "source/german_credit.parquet"
DOI = "doi 10.24432/C5NC77"


def keep_traces(folder: Path, trained: Trained, now: datetime) -> None:
    """Write all traces beside the model."""
    shipped = files("clerestory.demo").joinpath("data")
    (folder / "source").mkdir(exist_ok=True)
    (folder / SOURCE).write_bytes(shipped.joinpath("german_credit.parquet").read_bytes())
    for name, place in (("SHA256SUMS", "source"), ("environment.toml", "."), ("gate.toml", ".")):
        (folder / place / name).write_bytes(shipped.joinpath("credit", name).read_bytes())
    _lineage(folder, trained)
    _preparation(folder, trained, now)
    _bill(folder, trained)
    _environment(folder)
    _gate(folder, trained)


def digest(file: Path) -> str:
    """Return the digest of a file as manifests and lists write it."""
    return f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"


def _digests(folder: Path, *names: str) -> dict[str, str]:
    return {name: digest(folder / name) for name in names}


def _write(file: Path, document: Mapping[str, object]) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(document, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _lineage(folder: Path, trained: Trained) -> None:
    """Name the published file and both halves that came of it."""
    published = _digests(folder, SOURCE)
    parent = {"id": "german-credit", "digest": content_digest(published)}
    made = {"training-half": trained.training.name, "test-half": trained.test.name}
    versions: list[dict[str, object]] = [{**parent, "source": DOI, "files": published}]
    for name, file in made.items():
        own = _digests(folder, file)
        versions.append({"id": name, "digest": content_digest(own), "files": own, "parents": [parent]})
    _write(folder / "lineage.json", {"version": versions})


def _preparation(folder: Path, trained: Trained, now: datetime) -> None:
    """Make the training half a second time, and record both times with what went in and came out."""
    code = folder / Path(training.__file__).name
    code.write_bytes(Path(training.__file__).read_bytes())
    with tempfile.TemporaryDirectory() as other:
        again = Path(other) / trained.training.name
        training.halves()[0].write_parquet(again)
        outputs = {"first": digest(trained.training), "second": digest(again)}
    for name, output in outputs.items():
        run = {
            "id": name,
            "at": now.isoformat(),
            "input": _digests(folder, SOURCE),
            "code": _digests(folder, code.name),
            "parameters": {"seed": SEED},
            "output": {trained.training.name: output},
        }
        _write(folder / "runs" / f"{name}.json", run)


def _bill(folder: Path, trained: Trained) -> None:
    """List what the version is made of, as CycloneDX."""
    kinds = {
        trained.model.name: "machine-learning-model", trained.training.name: "data", trained.test.name: "data",
        SOURCE: "data",
    }  # fmt: skip
    parts: list[dict[str, object]] = [
        {
            "type": kind,
            "name": name,
            "bom-ref": name,
            "hashes": [{"alg": "SHA-256", "content": digest(folder / name).removeprefix("sha256:")}],
        }
        for name, kind in kinds.items()
    ]
    parts += [
        {"type": "library", "name": name, "version": version(name), "bom-ref": f"pkg:pypi/{name}@{version(name)}"}
        for name in LIBRARIES
    ]
    _write(folder / "bom.json", {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": parts})


def _environment(folder: Path) -> None:
    captured = {"python": platform.python_version(), "libraries": {name: version(name) for name in LIBRARIES}}
    _write(folder / "captured" / "training.json", captured)


def _gate(folder: Path, trained: Trained) -> None:
    """Write what the model reaches on the test half, and decide on it by the rules."""
    from sklearn.metrics import accuracy_score, roc_auc_score

    test = pl.read_parquet(trained.test)
    label = test[LABEL].to_numpy()
    results = {
        "auc": float(roc_auc_score(label, trained.score.to_numpy())),
        "accuracy": float(accuracy_score(label, test["approved"].to_numpy())),
    }
    _write(folder / "results.json", results)
    rules = tomllib.loads((folder / "gate.toml").read_text(encoding="utf-8"))["rule"]
    outcomes = [
        {"name": rule["name"], "outcome": "passed" if results[rule["value"]] >= rule["min"] else "failed"}
        for rule in rules
    ]
    decision = "passed" if all(rule["outcome"] == "passed" for rule in outcomes) else "stopped"
    _write(folder / "gate_decision.json", {"decision": decision, "version": digest(trained.model), "rules": outcomes})
