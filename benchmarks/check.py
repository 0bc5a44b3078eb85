"""Measure `clerestory check` with all first checks against the bare scan of the same files, in CPU seconds.

Run: python benchmarks/check.py [--rows 1000000] [--repeat 3]. Both are measured in one run, imports apart, threads
included; the bare scan sums and counts every column of both files through Polars. Prints one line of JSON.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

GOAL = 4.0
_NUMERIC, _CATEGORICAL = 20, 8
_MANIFEST = """
[system]
id = "benchmark"
name = "Benchmark"
purpose = "Measure the cost of checks"
owner = "nobody@example.org"
stage = "verification and validation"
ai_role = "provider"

[data]
current = "current.parquet"
reference = "reference.parquet"
outcome = "decision"
label = "label"
score = "score"
timestamp = "decided_at"
keys = ["id"]
sensitive_features = ["sex", "age_group", "region"]

[model]
path = "model.json"

[model.previous]
outcome = "decision_before"
"""
_SCAN = """
import sys, time
import polars as pl
from polars import selectors as cs
start = time.process_time()
for file in sys.argv[1:]:
    frame = pl.scan_parquet(file)
    frame.select((cs.numeric() | cs.boolean()).sum().name.suffix(" sum"), pl.all().count()).collect(engine="streaming")
print(time.process_time() - start)
"""
_CHECK = """
import resource, sys, time
from datetime import UTC, datetime
from pathlib import Path
from clerestory.assurance.registry import registered
from clerestory.intake.manifest import read
from clerestory.intake.run import run_check
from clerestory.store.engine.engine import open_engine
registered(), open_engine()
import numpy, scipy.special, scipy.stats
start = time.process_time()
found = run_check(read(Path(sys.argv[1])), now=lambda: datetime.now(UTC))
found.body()
spent = time.process_time() - start
idle = [f"{result.name}: {result.reason}" for result in found.results if result.verdict is None]
print(spent, len(found.results), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "; ".join(idle) or "-")
"""


def write_data(folder: Path, rows: int) -> None:
    """Write reference and current: 20 numeric, 8 categorical, 3 sensitive columns, score, decision, label, id, time."""
    import numpy as np
    import polars as pl

    for seed, name in enumerate(("reference", "current")):
        random = np.random.default_rng(seed)
        score = random.beta(2, 2, rows)
        label = random.random(rows) < score
        columns: dict[str, object] = {f"x{at}": random.normal(at, 1 + at / 10, rows) for at in range(_NUMERIC)}
        columns |= {f"c{at}": random.choice([f"v{k}" for k in range(3 + 4 * at)], rows) for at in range(_CATEGORICAL)}
        columns |= {
            "sex": random.choice(["female", "male"], rows),
            "age_group": random.choice(["18-29", "30-44", "45-64", "65+"], rows),
            "region": random.choice([f"region {k}" for k in range(10)], rows),
            "score": score,
            "decision": score >= 0.5,
            "decision_before": score + random.normal(0, 0.05, rows) >= 0.5,
            "label": pl.Series(label).set(pl.Series(random.random(rows) < 0.1), None),
            "id": np.arange(rows),
            "decided_at": pl.Series(random.integers(0, 86400 * 30, rows) * 1_000_000 + 1_790_000_000_000_000).cast(
                pl.Datetime("us", "UTC")
            ),
        }
        pl.DataFrame(columns).write_parquet(folder / f"{name}.parquet")


def write_manifest(folder: Path) -> None:
    """Write the manifest with all first checks."""
    numeric = [f"x{at}" for at in range(_NUMERIC)]
    categorical = [f"c{at}" for at in range(_CATEGORICAL)]
    folder.joinpath("model.json").write_text("{}", encoding="utf-8")
    folder.joinpath("clerestory.toml").write_text(_MANIFEST + _checks(numeric, categorical), encoding="utf-8")


def _checks(numeric: list[str], categorical: list[str]) -> str:
    ranges = ", ".join(f"{column} = [-100, 200]" for column in numeric)
    categories = ", ".join(
        f"{column} = {json.dumps([f'v{k}' for k in range(3 + 4 * at)])}" for at, column in enumerate(categorical)
    )
    missing = ", ".join(f"{column} = 0.2" for column in [*numeric, *categorical, "sex", "age_group", "score", "label"])
    kinds = {**dict.fromkeys([*numeric, "score"], "number"), **dict.fromkeys([*categorical, "sex"], "text")}
    columns = ", ".join(f'{column} = "{kind}"' for column, kind in kinds.items())
    checks: list[tuple[str, str, str]] = [
        ("performance.task-metric", ">= 0.5", 'metric = "accuracy"'),
        ("performance.task-metric", ">= 0.5", 'metric = "roc_auc"'),
        ("performance.task-metric", "<= 0.5", 'metric = "brier"'),
        ("performance.calibration", "<= 0.1", ""),
        ("performance.subgroup", ">= 0.5", ""),
        ("fairness.selection-rate-ratio", ">= 0.8", ""),
        ("fairness.demographic-parity", "<= 0.1", ""),
        ("fairness.equalized-odds", "<= 0.1", ""),
        ("fairness.equal-opportunity", "<= 0.1", ""),
        ("fairness.intersectional-selection-rate", ">= 0.5", ""),
        (
            "data_quality.contract",
            "<= 0",
            (
                f"range = {{ {ranges} }}\ncategories = {{ {categories} }}\nmissing = {{ {missing} }}\n"
                'unique = ["id"]\nfreshness = { decided_at = "P3650D" }'
            ),
        ),
        ("data_quality.schema", "<= 0", f"columns = {{ {columns} }}\nallow_extra = true"),
        ("data_quality.group-imbalance", "<= 0.2", ""),
        (
            "data_quality.representativeness",
            "<= 0.1",
            'population = { sex = { female = 0.5, male = 0.5 } }\npopulation_source = "drawn so"',
        ),
        ("poisoning.label-error", "<= 0.9", 'probabilities = { true = "score" }'),
        ("drift.population-stability-index", "< 0.2", 'columns = "all"'),
        ("drift.kolmogorov-smirnov", "< 0.1", 'columns = "all"'),
        ("drift.jensen-shannon-distance", "< 0.2", 'columns = "all"'),
        ("drift.chi-square", "< 0.2", 'columns = "all"'),
        ("fairness.calibration-by-group", "<= 0.1", ""),
        ("performance.version-comparison", ">= -0.02", ""),
    ]
    return "".join(
        f'\n[[check]]\nname = "{name}"\ncriterion = "{criterion}"\nsource = "benchmark"\n{more}\n'
        for name, criterion, more in checks
    )


def main() -> int:
    """Generate the data, measure both and print the figures; exit code 1 when the goal is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--repeat", type=int, default=3)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="clerestory-benchmark-") as name:
        folder = Path(name)
        write_data(folder, given.rows)
        write_manifest(folder)
        files = [str(folder / "reference.parquet"), str(folder / "current.parquet")]
        scans = [float(_run(_SCAN, *files)[0]) for _ in range(given.repeat)]
        runs = [_run(_CHECK, str(folder)) for _ in range(given.repeat)]
    scan, check = min(scans), min(float(run[0]) for run in runs)
    figures = {
        "rows": given.rows,
        "checks": int(runs[0][1]),
        "bare_scan_cpu_s": round(scan, 3),
        "check_cpu_s": round(check, 3),
        "ratio": round(check / scan, 2),
        "goal": GOAL,
        "peak_mb": int(runs[0][2]),
        "could_not_run": " ".join(runs[0][3:]),
    }
    print(json.dumps(figures))
    return 0 if check <= GOAL * scan else 1


def _run(code: str, *arguments: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout.split()


if __name__ == "__main__":
    raise SystemExit(main())
