"""What the demo's systems show at work: how long a run takes, with which libraries, and how cheating on a form does.

All of it is measured or tried when the demo is filled; nothing is written that was not found.
"""

import csv
import json
import platform
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from clerestory.terms.moment import moment_text

LIBRARIES = ("numpy", "onnxruntime", "polars")
ROUNDS = 5
"""How often a run is timed."""
CASES = 60
"""How many refused people each way to cheat is tried with."""
Rows = list[dict[str, Any]]
Claim = Callable[[Mapping[str, Any]], dict[str, Any]]
CHEATS: Mapping[str, Mapping[str, Claim]] = {
    "credit-scoring": {
        "another purpose named": lambda row: {**row, "purpose": "A43"},
        "loan asked for in two parts": lambda row: {**row, "credit_amount": row["credit_amount"] * 0.5},
    },
    "card-offers": {
        "hours of work invented": lambda row: {**row, "hours_per_week": 60},
        "capital gain invented": lambda row: {**row, "capital_gain": 2000},
    },
}
"""What is claimed on the form, by scenario, named as the impact assessments name it."""


def keep_bill(folder: Path, parts: Mapping[str, str]) -> None:
    """List what a version is made of by digest, as CycloneDX; ``parts`` says of what type each file is."""
    from clerestory.demo.traces import digest

    listed = [
        {
            "type": kind,
            "name": name,
            "bom-ref": name,
            "hashes": [{"alg": "SHA-256", "content": digest(folder / name).removeprefix("sha256:")}],
        }
        for name, kind in parts.items()
    ]
    bill = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": listed}
    (folder / "bom.json").write_text(json.dumps(bill, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def try_cheating(system_id: str, folder: Path, rows: pl.DataFrame, score_from: float) -> None:
    """Write the misuse that the impact assessment foresees: refused people who claim something else on the form."""
    names, run = _model(folder)
    plain = rows.select(names).to_dicts()
    refused = [row for row, score in zip(plain, run(plain), strict=True) if score < score_from][:CASES]
    text = "# Written when the demo was filled: people whom the model refuses, with what they could claim instead.\n"
    for name, claim in CHEATS[system_id].items():
        text += f"\n[[scenario]]\nname = {json.dumps(name)}\nsucceeds_from = {score_from}\nrows = [\n"
        text += "".join(f"  {_inline(claim(row))},\n" for row in refused) + "]\n"
    (folder / "misuse.toml").write_text(text, encoding="utf-8")


def watch_scoring(folder: Path, rows: pl.DataFrame, clock: Callable[[], datetime]) -> None:
    """Score all rows some times, and keep how long each run took and with which libraries."""
    names, run = _model(folder)
    plain = rows.select(names).to_dicts()
    watch(folder, lambda: run(plain), clock)


def watch(folder: Path, work: Callable[[], object], clock: Callable[[], datetime]) -> None:
    """Do a piece of work some times, and keep how long each run took and with which libraries."""
    place = folder / "running"
    place.mkdir(exist_ok=True)
    shipped = files("clerestory.demo").joinpath("data", "running")
    (place / "environment.toml").write_bytes(shipped.joinpath("environment.toml").read_bytes())
    captured = {"python": platform.python_version(), "libraries": {name: version(name) for name in LIBRARIES}}
    (place / "captured.json").write_text(json.dumps(captured, indent=2) + "\n", encoding="utf-8")
    with (place / "metered.csv").open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file)
        write.writerow(("timestamp", "project_name", "run_id", "duration"))
        for number in range(ROUNDS):
            began = time.perf_counter()
            work()
            write.writerow((moment_text(clock()), folder.name, f"run-{number}", f"{time.perf_counter() - began:.6f}"))
    manifest = f"{folder.name}.toml"
    (folder / "running.toml").write_bytes(shipped.joinpath(manifest).read_bytes())


def _model(folder: Path) -> tuple[list[str], Callable[[Rows], list[float]]]:
    import onnxruntime

    session = onnxruntime.InferenceSession((folder / "model.onnx").read_bytes(), providers=["CPUExecutionProvider"])
    kinds = {item.name: object if "string" in item.type else np.float32 for item in session.get_inputs()}

    def run(rows: Rows) -> list[float]:
        given = {name: np.array([row[name] for row in rows], dtype=kind)[:, None] for name, kind in kinds.items()}
        return [float(score) for score in session.run(None, given)[1][:, 1]]

    return list(kinds), run


def _inline(row: Mapping[str, object]) -> str:
    return "{ " + ", ".join(f"{name} = {json.dumps(value)}" for name, value in row.items()) + " }"
