"""Measure a whole report (drift, fairness, quality of all columns) against the bare scan; windows, engines, peers.

Run: script/bench assurance -- [--rows 1000000] [--full] [--peers]. All figures of one line come from one run on one
machine: read the ratios, which are medians of pairs measured one after the other. CPU seconds of the step itself,
threads included, imports and process start apart; memory is the peak of the process that counts. The bare scan reads
every file that the report reads and adds up or counts each column; the report takes the SHA-256 of every file besides,
``digest_cpu_s`` of its seconds. Time for a row is flat where it grows no faster than that of the scan, within 15 %:
what no longer fits the machine's memory is slower to read for both. ``--full`` measures 10 and 50 million rows (21 GB
of disk, half an hour).
``--peers`` installs evidently and fairlearn into an environment of their own and lets them do the same work.
The goal of the report is that of drift, fairness and quality; ``ratio_with_digest`` adds SHA-256 of every file, which
proves what was read and which no scan pays.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

GOALS = {
    "ratio": 2.0,
    "rows_ratio": 4.0,
    "peak_mb": 1024,
    "merge_ms": 10.0,
    "flat": 1.15,
    "evidently": 50,
    "fairlearn": 100,
}
ROOT = Path(__file__).resolve().parent.parent
_PART = 1_000_000
_NUMERIC, _CATEGORICAL = 20, 8
_MANIFEST = """
[system]
id = "benchmark"
name = "Benchmark"
purpose = "Measure the cost of a report"
owner = "nobody@example.org"
stage = "verification and validation"
ai_role = "provider"

[data]
current = "current"
reference = "reference"
outcome = "decision"
label = "label"
score = "score"
timestamp = "decided_at"
keys = ["id"]
sensitive_features = ["sex", "age_group", "region"]
"""
_PEAK = """
def peak_mb():
    return int(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0]) // 1024
"""
"""The peak of the program itself; getrusage would tell that of the program that started it where this is larger."""
_SCAN = (
    _PEAK
    + """
import sys, time
import polars as pl
from polars import selectors as cs
start = time.process_time()
for folder in sys.argv[1:]:
    frame = pl.scan_parquet(f"{folder}/*.parquet")
    frame.select((cs.numeric() | cs.boolean()).sum().name.suffix(" sum"), pl.all().count()).collect(engine="streaming")
print(time.process_time() - start, peak_mb())
"""
)
_REPORT = (
    _PEAK
    + """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from clerestory.assurance.registry import registered
from clerestory.intake import data
from clerestory.intake.manifest import read
from clerestory.intake.run import run_check
from clerestory.store.engine.engine import open_engine
registered(), open_engine()
import numpy, scipy.special, scipy.stats
hashing, content_digest = [0.0], data.content_digest
def digest(source):
    before = time.process_time()
    found = content_digest(source)
    hashing[0] += time.process_time() - before
    return found
data.content_digest = digest
start = time.process_time()
found = run_check(read(Path(sys.argv[1])), now=lambda: datetime.now(UTC))
found.body()
spent = time.process_time() - start
idle = [f"{result.name}: {result.reason}" for result in found.results if result.verdict is None]
print(spent, peak_mb(), hashing[0], "; ".join(idle) or "-")
"""
)
_ROWS = (
    _PEAK
    + """
import sys, time
from pathlib import Path
from clerestory.assurance.tally import DistinctRows
from clerestory.store.engine.engine import open_engine
from clerestory.store.engine.source import find_source
engine, source = open_engine(), find_source("current", Path(sys.argv[1]), what="current")
asked = DistinctRows(tuple(source.kinds()))
start = time.process_time()
found = engine.tally({"current": source}, [asked]).tallies[asked]
print(time.process_time() - start, peak_mb(), found.rows - found.distinct)
"""
)
_ENGINE = """
import json, sys, time
from pathlib import Path
from benchmarks.assurance import asked
from clerestory.assurance.tally import request_document, tally_document
from clerestory.store.engine.engine import open_engine
from clerestory.store.engine.source import find_source
engine = open_engine(sys.argv[1])
sources = {name: find_source(name, Path(sys.argv[2]), what=name) for name in ("current", "reference")}
start, clock = time.process_time(), time.perf_counter()
counted = engine.tally(sources, asked())
print(time.process_time() - start, time.perf_counter() - clock)
assert not counted.refused, counted.refused
print(json.dumps([tally_document(counted.tallies[request]) for request in asked()]))
"""
_WINDOW = """
import time
import numpy as np
from clerestory.assurance.tally import Spread, TwoSample, TwoSampleTally
from clerestory.assurance.tally.state import merge_states, pack, read_form, read_state
random = np.random.default_rng(0)
points = tuple(float(at) for at in range(999))
reference = Spread(at=(1,) * 999, between=tuple(random.poisson(999, 1000).tolist()))
def spread():
    return Spread(at=tuple(random.poisson(1, 999).tolist()), between=tuple(random.poisson(9, 1000).tolist()))
days = [
    {TwoSample(f"x{at}", 1000): TwoSampleTally(exact=False, points=points, reference=reference, current=spread())
     for at in range(20)}
    for _ in range(90)
]
written = [pack(day) for day in days]
form, bodies = written[0].form, [state.to_bytes() for state in written]
start = time.perf_counter()
form = read_form(form.body)
states = [read_state(body, form) for body in bodies]
read = time.perf_counter() - start
spent = []
for _ in range(20):
    start = time.process_time()
    merge_states(states)
    spent.append(time.process_time() - start)
print(min(spent) * 1000, read * 1000, sum(map(len, bodies)) // 1024)
"""
_EVIDENTLY = """
import sys, time
import pandas as pd
from evidently import Dataset, DataDefinition, Report
from evidently.presets import DataDriftPreset
numeric, categorical = [f"x{at}" for at in range(20)], [f"c{at}" for at in range(8)]
definition = DataDefinition(numerical_columns=numeric, categorical_columns=categorical)
tables = [
    Dataset.from_pandas(pd.read_parquet(folder, columns=numeric + categorical), data_definition=definition)
    for folder in sys.argv[1:]
]
start = time.process_time()
Report([DataDriftPreset(num_method="ks", cat_method="chisquare")]).run(tables[1], tables[0]).dict()
print(time.process_time() - start)
"""
_FAIRLEARN = """
import sys, time
import pandas as pd
from fairlearn.metrics import MetricFrame, count, false_positive_rate, selection_rate, true_positive_rate
from sklearn.metrics import accuracy_score
features = ["sex", "age_group", "region"]
table = pd.read_parquet(sys.argv[2], columns=[*features, "label", "decision"]).dropna(subset=["label"])
label, decision = table["label"].astype(bool), table["decision"]
metrics = {
    "count": count, "selection": selection_rate, "tpr": true_positive_rate, "fpr": false_positive_rate,
    "accuracy": accuracy_score,
}
start = time.process_time()
frame = MetricFrame(metrics=metrics, y_true=label, y_pred=decision, sensitive_features=table[features])
frame.by_group, frame.difference(), frame.ratio()
print(time.process_time() - start)
"""
_OURS = """
import sys, time
from pathlib import Path
from benchmarks.assurance import parts
from clerestory.store.engine.engine import open_engine
from clerestory.store.engine.source import find_source
engine = open_engine()
spent = []
for requests in parts():
    sources = {name: find_source(name, Path(sys.argv[1]), what=name) for name in ("current", "reference")}
    start = time.process_time()
    assert not engine.tally(sources, requests).refused
    spent.append(time.process_time() - start)
print(*spent)
"""


def write_data(folder: Path, rows: int) -> None:
    """Write reference and current in parts: 20 numeric, 8 categorical, 3 sensitive columns and 5 of decisions."""
    import numpy as np
    import polars as pl

    for seed, name in enumerate(("reference", "current")):
        (folder / name).mkdir(parents=True)
        for part, start in enumerate(range(0, rows, _PART)):
            random, size = np.random.default_rng([seed, part]), min(_PART, rows - start)
            score = random.beta(2, 2, size)
            label = random.random(size) < score
            columns: dict[str, object] = {f"x{at}": random.normal(at, 1 + at / 10, size) for at in range(_NUMERIC)}
            columns |= {f"c{at}": _choice(random, 3 + 4 * at, "v", size) for at in range(_CATEGORICAL)}
            columns |= {
                "sex": _choice(random, 3, "sex ", size),
                "age_group": _choice(random, 3, "age ", size),
                "region": _choice(random, 10, "region ", size),
                "score": score,
                "decision": score >= 0.5,
                "label": pl.Series(label).set(pl.Series(random.random(size) < 0.1), None),
                "id": np.arange(start, start + size),
                "decided_at": pl.Series(random.integers(0, 86400 * 30, size) * 1_000_000 + 1_790_000_000_000_000).cast(
                    pl.Datetime("us", "UTC")
                ),
            }
            pl.DataFrame(columns).write_parquet(folder / name / f"part-{part:03}.parquet")
    (folder / "clerestory.toml").write_text(_MANIFEST + _checks(), encoding="utf-8")


def _choice(random: "object", number: int, word: str, size: int) -> object:
    import polars as pl

    codes = random.integers(0, number, size)  # type: ignore[attr-defined]
    return pl.Series([f"{word}{at}" for at in range(number)]).gather(codes)


def _checks() -> str:
    numeric, categorical = [f"x{at}" for at in range(_NUMERIC)], [f"c{at}" for at in range(_CATEGORICAL)]
    every = [*numeric, *categorical, "sex", "age_group", "region", "score", "label", "decision"]
    ranges = ", ".join(f"{column} = [-100, 200]" for column in numeric)
    categories = ", ".join(
        f"{column} = {json.dumps([f'v{k}' for k in range(3 + 4 * at)])}" for at, column in enumerate(categorical)
    )
    missing = ", ".join(f"{column} = 0.2" for column in every)
    contract = (
        f"range = {{ {ranges} }}\ncategories = {{ {categories} }}\nmissing = {{ {missing} }}\n"
        'unique = ["id"]\nfreshness = { decided_at = "P3650D" }'
    )
    everywhere = 'columns = "all"'
    checks = [
        ("drift.population-stability-index", "< 0.2", everywhere),
        ("drift.kolmogorov-smirnov", "< 0.1", everywhere),
        ("drift.jensen-shannon-distance", "< 0.2", everywhere),
        ("drift.chi-square", "< 0.2", everywhere),
        ("fairness.selection-rate-ratio", ">= 0.8", ""),
        ("fairness.demographic-parity", "<= 0.1", ""),
        ("fairness.equalized-odds", "<= 0.1", ""),
        ("fairness.equal-opportunity", "<= 0.1", ""),
        ("fairness.intersectional-selection-rate", ">= 0.5", ""),
        ("data_quality.contract", "<= 0", contract),
        ("data_quality.group-imbalance", "<= 0.2", ""),
    ]
    return "".join(
        f'\n[[check]]\nname = "{name}"\ncriterion = "{criterion}"\nsource = "benchmark"\n{more}\n'
        for name, criterion, more in checks
    )


def parts() -> tuple[list, list]:
    """Return what the drift of 28 columns and the fairness of 90 cells are counted from."""
    from clerestory.assurance.tally import Confusion, Event, TwoSample

    drift = [TwoSample(f"x{at}", 1000) for at in range(_NUMERIC)] + [TwoSample(f"c{at}", 10) for at in range(8)]
    return drift, [Confusion(("sex", "age_group", "region"), Event("decision"), Event("label"))]


def asked() -> list:
    """Return requests of every kind that engines count, over all columns."""
    from clerestory.assurance import tally as t

    numeric = [f"x{at}" for at in range(_NUMERIC)]
    drift, fairness = parts()
    return [
        *drift,
        *fairness,
        *(t.NullCounts(column) for column in [*numeric, "c0", "label"]),
        *(t.RangeCounts(column, -1.0, 5.0) for column in numeric),
        t.CategoryCounts("c3", ("v0", "v1")),
        t.GroupCounts(("sex", "region")),
        t.DistinctRows(("c0", "c1", "c2", "c3", "label", "decision")),
        t.RuleCounts("x0 <= x1 when sex == 'sex 1'"),
        t.RuleCounts("x0 + x1 == x2"),
        t.DuplicateCounts(("id",)),
        t.Freshness("decided_at", "2026-11-21T00:00:00.000000Z"),
        t.ScoreHistogram("score", t.Event("label"), ("sex",), tuple(at / 100 for at in range(1, 100)), 0, 1),
    ]


def run(code: str, *arguments: str, python: str = sys.executable) -> list[str]:
    """Run code in a process of its own; return what it printed, word by word."""
    done = subprocess.run([python, "-c", code, *arguments], capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        raise SystemExit(done.stderr[-4000:])
    return done.stdout.split(maxsplit=3) if code is not _ENGINE else done.stdout.splitlines()


def report(folder: Path, rows: int, repeat: int) -> dict[str, object]:
    """Measure the bare scan and the report of tables with some rows."""
    place = folder / f"rows-{rows}"
    write_data(place, rows)
    scans, reports, singles, wholes = [], [], [], []
    for _ in range(repeat):
        scans.append(run(_SCAN, str(place / "reference"), str(place / "current")))
        reports.append(run(_REPORT, str(place)))
        singles.append(run(_SCAN, str(place / "current")))
        wholes.append(run(_ROWS, str(place)))
    scan, spent = min(float(found[0]) for found in scans), min(float(found[0]) for found in reports)
    return {
        "rows": rows,
        "bare_scan_cpu_s": round(scan, 2),
        "report_cpu_s": round(spent, 2),
        "digest_cpu_s": round(min(float(found[2]) for found in reports), 2),
        "ratio": _ratio([[str(float(found[0]) - float(found[2]))] for found in reports], scans),
        "ratio_with_digest": _ratio(reports, scans),
        "rows_cpu_s": round(min(float(found[0]) for found in wholes), 2),
        "rows_ratio": _ratio(wholes, singles),
        "rows_peak_mb": min(int(found[1]) for found in wholes),
        "bare_scan_peak_mb": min(int(found[1]) for found in scans),
        "peak_mb": min(int(found[1]) for found in reports),
        "cpu_us_per_row": round(spent / rows * 1e6, 3),
        "scan_us_per_row": round(scan / rows * 1e6, 3),
        "could_not_run": reports[0][3].partition(" ")[2].strip(),
    }


def _ratio(found: list[list[str]], scans: list[list[str]]) -> float:
    """Return the median ratio of what ran to the scan that ran just before it."""
    return round(median(float(one[0]) / float(scan[0]) for one, scan in zip(found, scans, strict=True)), 2)


def engines(folder: Path, rows: int) -> dict[str, object]:
    """Count the same requests with each engine; say whether the integers are the same and the sums within 1e-12."""
    place = folder / f"engines-{rows}"
    write_data(place, rows)
    found = {name: run(_ENGINE, name, str(place)) for name in ("polars", "duckdb", "spark")}
    first = json.loads(found["polars"][1])
    same = all(_alike(first, json.loads(lines[1])) for lines in found.values())
    figures: dict[str, object] = {"engine_rows": rows, "engines_same": same}
    for name, lines in found.items():
        cpu, clock = (round(float(part), 2) for part in lines[0].split())
        figures[f"{name}_clock_s"] = clock
        if name != "spark":  # what Java uses is not this process's
            figures[f"{name}_cpu_s"] = cpu
    return figures


def _alike(first: object, second: object) -> bool:
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(_alike(first[key], second[key]) for key in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(_alike, first, second))
    if isinstance(first, str) and isinstance(second, str) and first != second:
        try:
            return abs(float(first) - float(second)) <= 1e-12 * max(abs(float(first)), 1)
        except ValueError:
            return False
    return first == second


def peers(folder: Path, rows: int) -> dict[str, object]:
    """Let evidently and fairlearn do the work of ours, in an environment of their own."""
    place = folder / f"peers-{rows}"
    write_data(place, rows)
    environment = folder / "peers"
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, str(environment)], check=True)
    python = str(environment / "bin" / "python")
    packages = ["evidently", "fairlearn", "pandas<3", "pyarrow"]
    subprocess.run([*uv, "pip", "install", "--quiet", "--python", python, *packages], check=True)
    folders = [str(place / "reference"), str(place / "current")]
    drift, fairness = (float(found) for found in run(_OURS, str(place)))
    evidently, fairlearn = (float(run(code, *folders, python=python)[0]) for code in (_EVIDENTLY, _FAIRLEARN))
    return {
        "peer_rows": rows,
        "drift_cpu_s": round(drift, 2),
        "evidently_cpu_s": round(evidently, 1),
        "evidently_ratio": round(evidently / drift),
        "fairness_cpu_s": round(fairness, 3),
        "fairlearn_cpu_s": round(fairlearn, 1),
        "fairlearn_ratio": round(fairlearn / fairness),
    }


def main() -> int:
    """Measure what is asked for, print a line for each part, and say by the exit code whether the goals are met."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--repeat", type=int, default=3)
    options.add_argument("--engine-rows", type=int, default=100_000)
    options.add_argument("--full", action="store_true", help="10 and 50 million rows")
    options.add_argument("--peers", action="store_true", help="evidently and fairlearn too")
    given = options.parse_args()
    met = []
    with tempfile.TemporaryDirectory(prefix="clerestory-benchmark-") as name:
        folder = Path(name)
        merged, read, size = (float(found) for found in run(_WINDOW))
        met.append(merged <= GOALS["merge_ms"])
        print(json.dumps({"merge_90_days_ms": round(merged, 1), "read_ms": round(read, 1), "states_kb": int(size)}))
        sizes = [10_000_000, 50_000_000] if given.full else [given.rows]
        found = []
        for rows in sizes:
            found.append(figures := report(folder, rows, given.repeat))
            met += [float(str(figures[name])) <= GOALS[name] for name in ("ratio", "rows_ratio")]
            met += [int(str(figures[name])) <= GOALS["peak_mb"] for name in ("peak_mb", "rows_peak_mb")]
            print(json.dumps(figures), flush=True)
            shutil.rmtree(folder / f"rows-{rows}")
        per_row = [float(str(item["cpu_us_per_row"])) / float(str(item["scan_us_per_row"])) for item in found]
        met.append(max(per_row) <= GOALS["flat"] * min(per_row))
        counted = engines(folder, given.engine_rows)
        met.append(bool(counted["engines_same"]))
        print(json.dumps(counted), flush=True)
        if given.peers:
            beside = peers(folder, given.rows)
            met += [int(str(beside[f"{peer}_ratio"])) >= GOALS[peer] for peer in ("evidently", "fairlearn")]
            print(json.dumps(beside))
    return 0 if all(met) else 1


if __name__ == "__main__":
    raise SystemExit(main())
