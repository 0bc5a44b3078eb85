"""Counting holds a few columns at a time, however many there are: tables larger than memory stream."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl

ROWS, NUMBERS, TEXTS = 300_000, 12, 30
COUNT = """
import sys
from pathlib import Path
from clerestory.assurance.tally import DuplicateCounts, TwoSample
from clerestory.store.engine.engine import open_engine
from clerestory.store.engine.source import find_source
source = find_source("x.parquet", Path(sys.argv[1]), what="x")
def count(names):
    asked = [TwoSample(name, 100) for name in names]
    if len(names) > 2:
        asked.append(DuplicateCounts(("n0",)))
    assert not open_engine().tally({"current": source, "reference": source}, asked).refused
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])  # the peak of this program, not of the one that started it
few = count(["n0", "t0"])
print(few, count(list(source.kinds())))
"""


def test_the_memory_does_not_grow_with_the_number_of_columns(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    table = {f"n{at}": random.normal(size=ROWS) for at in range(NUMBERS)}
    words = pl.Series([f"some words of text, number {at}" for at in range(50)])
    table |= {f"t{at}": words.gather(random.integers(0, 50, ROWS)) for at in range(TEXTS)}
    frame = pl.DataFrame(table)
    frame.write_parquet(tmp_path / "x.parquet", row_group_size=100_000, compression="lz4")
    done = subprocess.run(
        [sys.executable, "-c", COUNT, str(tmp_path)],
        env={"PYTHONPATH": ":".join(sys.path), "POLARS_MAX_THREADS": "2"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    few, all_columns = (int(part) * 1024 for part in done.stdout.split())
    assert all_columns - few < frame.estimated_size() / 4


ROWS_COUNT = """
import sys
from pathlib import Path
from clerestory.assurance.tally import DistinctRows, NullCounts, RuleCounts, TwoSample
from clerestory.store.engine.engine import open_engine
from clerestory.store.engine.source import find_source
few, many = (find_source(f"{name}.parquet", Path(sys.argv[1]), what=name) for name in ("few", "many"))
names = list(few.kinds())
asked = [*(TwoSample(name, 1000) for name in names), *map(NullCounts, names),
         DistinctRows(tuple(names)), RuleCounts("n0 <= n1")]
def count(current):
    assert not open_engine().tally({"current": current, "reference": few}, asked).refused
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])
first = count(few)
print(first, count(many))
"""


def test_the_memory_does_not_grow_with_the_number_of_rows(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    columns = {f"n{at}": random.normal(size=ROWS) for at in range(NUMBERS)}
    few = pl.DataFrame(columns).with_columns(t=pl.Series(["a", "b", "c"]).gather(random.integers(0, 3, ROWS)))
    many = pl.concat([few.with_columns(n0=pl.col("n0") + at) for at in range(10)])
    for name, frame in (("few", few), ("many", many)):
        frame.write_parquet(tmp_path / f"{name}.parquet", row_group_size=100_000, compression="lz4")
    done = subprocess.run(
        [sys.executable, "-c", ROWS_COUNT, str(tmp_path)],
        env={"PYTHONPATH": ":".join(sys.path), "POLARS_MAX_THREADS": "2"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    first, then = (int(part) * 1024 for part in done.stdout.split())
    assert then - first < many.estimated_size() / 2  # buffers of the readers, and 8 bytes for the digest of a row
