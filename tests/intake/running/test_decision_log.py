"""The checks of the decision log read what the product's own store wrote: kept, compacted, held and disposed of."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from clerestory.store import log
from clerestory.store.decisions import DecisionLog, Retention, compact, dispose, hold, keep_batch
from clerestory.store.log import Search
from clerestory.terms.evidence import Machine, Person
from clerestory.terms.ids import PersonId
from clerestory.terms.moment import moment_text
from clerestory.terms.status import Verdict
from tests.simulators.grounded import AS_OF, measured, verdict, write

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BY, LATE = Machine("clerestory", "0.1"), Person(PersonId("person-1"), "records_manager")
DAYS = [date(2026, 11, 18), date(2026, 11, 19), date(2026, 11, 20)]


def rows(day: date, first: int, count: int = 40) -> pl.DataFrame:
    """Give the decisions of a morning, each with the next number of its writer."""
    noon = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    return pl.DataFrame({
        "decision_id": [f"d-{first + at}" for at in range(count)], "seq": [first + at for at in range(count)],
        "ended_at": [noon + timedelta(seconds=at) for at in range(count)], "writer_id": ["w1"] * count,
        "model_version": ["m1"] * count, "status": ["auto"] * count, "score": [at / 7 for at in range(count)],
    })  # fmt: skip


@pytest.fixture
def place(organisation, tmp_path) -> DecisionLog:
    """Give a decision log of three days in two batches each."""
    assert moment_text(NOW) == AS_OF
    kept = DecisionLog(tmp_path, organisation, "credit-scoring", "credit-scoring/4b1f0c2d9e8a")
    for at, day in enumerate(DAYS):
        for part in range(2):
            keep_batch(kept, day, f"b-{at}-{part}", rows(day, 80 * at + 40 * part), by=BY, now=NOW)
    return kept


def roots(place: DecisionLog) -> dict[str, str]:
    """Write what the evidence log says of the batches, as it is exported."""
    found = log.search(place.organisation_id, Search(kind="runtime.decision_batch", size=100)).rows
    facts = [log.entry(place.organisation_id, row.entry_id).fact.values for row in found]
    return {"roots.csv": "batch_id,row_root\n" + "".join(f"{f['batch_id']},{f['row_root']}\n" for f in facts)}


def test_the_log_of_the_store_is_whole_unaltered_in_its_form_and_kept(place):
    write(place.home, roots(place))
    since = {"since": "2026-11-18T00:00:00Z"}
    for given in ({}, {"compacted": True}):
        if given:
            assert compact(place, DAYS[0]) == 1
        whole = measured("logging.completeness", place.home)
        assert (whole.value, whole.n, whole.covers) == (1.0, 240, tuple(day.isoformat() for day in DAYS))
        unaltered = measured("logging.integrity", place.home, roots="roots.csv")
        assert (unaltered.value, unaltered.n) == (0.0, 6)
        assert verdict(measured("logging.schema", place.home), "<= 0.05") is Verdict.PASS
        assert verdict(measured("logging.retention", place.home, **since)) is Verdict.PASS


def test_a_row_changed_on_disk_is_found_in_its_batch(place):
    write(place.home, roots(place))
    file = next(place.folder(DAYS[1]).glob("b-1-0.parquet"))
    changed = pl.read_parquet(file).with_columns(status=pl.lit("overridden"))
    changed.write_parquet(file)
    found = measured("logging.integrity", place.home, roots="roots.csv")
    assert found.details["batch: broken"] == "2026-11-19/b-1-0: has another root: a row was changed"


def test_what_the_store_disposed_of_in_time_is_kept_long_enough(place):
    old = date(2026, 5, 20)
    keep_batch(place, old, "old", rows(old, 1000), by=BY, now=NOW)
    dispose(place, old, Retention(), reason="kept for six months", by=LATE, now=NOW)
    assert verdict(measured("logging.retention", place.home, since="2026-11-18T00:00:00Z")) is Verdict.PASS
    assert verdict(measured("logging.integrity", place.home, window="P1Y")) is Verdict.PASS
    older = date(2025, 1, 1)
    keep_batch(place, older, "older", rows(older, 2000), by=BY, now=NOW)
    late = measured("logging.retention", place.home, since="2026-11-18T00:00:00Z", ceiling_months=12)
    assert late.details["day: broken"] == "2025-01-01: is kept past the ceiling and not held"
    hold(place, [older], "case 7")
    held = measured("logging.retention", place.home, since="2026-11-18T00:00:00Z", ceiling_months=12)
    assert verdict(held) is Verdict.PASS
