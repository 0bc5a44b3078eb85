"""Each engine and a slow count row by row give the same tallies of the same messy tables."""

import math
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from clerestory.assurance import tally as t
from clerestory.store.engine.source import Source
from tests.simulators.counting import Table, count

DECILES = tuple(at / 10 for at in range(1, 10))
AS_OF, NOT_BEFORE = "2026-11-25T00:00:00.000000Z", "2026-11-10T00:00:00.000000Z"
REQUESTS = [
    t.Confusion(("age", "sex"), t.Event("ok"), t.Event("lab")),
    t.Confusion((), t.Event("score", at_least=0.5), t.Event("word", equals="yes")),
    t.Confusion(("sex",), t.Event("digit"), None),
    t.Confusion(("sex",), None, t.Event("lab")),
    t.ScoreHistogram("score", t.Event("lab"), (), DECILES),
    t.ScoreHistogram("score", t.Event("lab"), ("sex",), DECILES, exact_up_to=100, bins=50),
    t.ScoreHistogram("score", t.Event("score", at_least=-1.7976931348623157e308), ("sex",)),
    t.ScoreHistogram("score", t.Event("score", at_least=-1.7976931348623157e308), ("sex",), exact_up_to=100),
    t.ScorePair("score", "amount", t.Event("lab")),
    t.ScorePair("score", "rival", t.Event("word", equals="yes")),
    t.GroupCounts(("sex", "word")),
    t.GroupCounts(("age",), limit=7),
    t.GroupCounts(("lab", "digit", "sex")),
    t.CategoryCounts("word", ("no", "other")),
    t.CategoryCounts("age", ("18", "19")),
    t.CategoryCounts("lab", ("true",)),
    t.NullCounts("amount"),
    t.NullCounts("sex"),
    t.RangeCounts("amount", -1, 1),
    t.RangeCounts("age", 20, None),
    t.Moments("amount"),
    t.Moments("age"),
    t.DuplicateCounts(("age", "sex")),
    t.DuplicateCounts(("amount",)),
    t.Freshness("at", AS_OF, NOT_BEFORE),
    t.TwoSample("amount", 10),
    t.TwoSample("amount", 1000),
    t.TwoSample("age", 10),
    t.TwoSample("age", 1000),
    t.TwoSample("sex", 10),
    t.TwoSample("lab", 10),
    t.TwoSample("digit", 10),
    t.Confusion(("lab",), t.Event("age", equals="30"), t.Event("ok", equals="false")),
    t.GroupCounts(("amount",), limit=5),
    t.CategoryCounts("digit", ("0", "1")),
    t.NullCounts("at"),
    t.NullCounts("word"),
    t.NullCounts("ok"),
    t.NullCounts("age", "reference"),
    t.RangeCounts("amount", None, 0.5, "reference"),
    t.SchemaColumns(),
    t.TwoSample("at", 10),
    t.TwoSample("word", 10),
    t.DuplicateCounts(("at", "word", "ok")),
    t.DistinctRows(("age", "sex", "word", "ok")),
    t.DistinctRows(("amount", "digit"), "reference"),
    t.DistinctRows(("at", "digit")),
    t.RuleCounts("score <= rival when sex == 'f'"),
    t.RuleCounts("score + rival == amount"),
    t.RuleCounts("score - rival != 0.25"),
    t.RuleCounts("age >= 30 when ok == true"),
    t.RuleCounts("word > sex"),
    t.RuleCounts("word == 'yes' when digit == 1", "reference"),
    t.RuleCounts("amount present when age == 30"),
    t.RuleCounts("lab == ok"),
    t.RuleCounts("at present"),
    t.RuleCounts("at >= at"),
    t.ConfidentJoint("word", features=("age", "amount", "sex")),
]


def messy(n: int, seed: int) -> Table:
    """Return a table with nulls in every column, and NaN and infinities in those of fractions."""
    chance = np.random.default_rng(seed)
    table = {
        "sex": chance.choice(["f", "m"], n).tolist(),
        "age": chance.integers(18, 70, n).tolist(),
        "score": np.round(chance.random(n), 6).tolist(),
        "rival": np.round(chance.random(n), 1).tolist(),
        "ok": (chance.random(n) < 0.4).tolist(),
        "lab": (chance.random(n) < 0.5).tolist(),
        "word": chance.choice(["yes", "no"], n).tolist(),
        "at": [datetime(2026, 11, 1) + timedelta(hours=int(hours)) for hours in chance.integers(0, 900, n)],  # noqa: DTZ001
        "digit": chance.integers(0, 2, n).tolist(),
        "amount": np.round(chance.normal(0, 1, n), 3).tolist(),
    }
    for column in table.values():
        for at in chance.integers(0, n, max(n // 40, 1)):
            column[at] = None
    for name in ("score", "rival", "amount"):
        for value in (math.nan, math.inf, -math.inf):
            for at in chance.integers(0, n, max(n // 80, 1)):
                table[name][at] = value
    return table


def same(first: object, second: object) -> bool:
    """Say whether two tallies are equal, sums within 1e-12."""
    if type(first) is not type(second):
        return False
    if isinstance(first, float):
        return math.isclose(first, second, rel_tol=1e-12, abs_tol=1e-12)
    if isinstance(first, tuple):
        return len(first) == len(second) and all(map(same, first, second))
    names = getattr(first, "__dataclass_fields__", None)
    return all(same(getattr(first, name), getattr(second, name)) for name in names) if names else first == second


CASES = [("polars", 3000, 0), ("polars", 900, 1), ("polars", 60, 2), ("duckdb", 3000, 0), ("duckdb", 60, 2)]


@pytest.mark.parametrize("engine, rows, seed", [*CASES, ("spark", 900, 1)], indirect=["engine"])
def test_the_engine_counts_what_a_count_by_hand_counts(tmp_path, engine, rows, seed):
    tables = {"current": messy(rows, seed), "reference": messy(rows - 20, seed + 100)}
    sources = {}
    for name, table in tables.items():
        path = tmp_path / f"{name}.parquet"
        pl.DataFrame(table, strict=False).write_parquet(path)
        sources[name] = Source(name, (path,), "parquet")
    counted = engine.tally(sources, REQUESTS)
    assert not counted.refused
    for request in REQUESTS:
        assert same(counted.tallies[request], count(request, tables["current"], tables["reference"])), request
