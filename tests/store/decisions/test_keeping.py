"""Decisions are on disk before they are logged; a changed row is found, and what ended half-way is mended."""

import json
from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerestory.ledger.tree import leaf_hash, verify_inclusion
from clerestory.store import log, unit
from clerestory.store.decisions import (
    BatchAltered,
    BatchRefused,
    DecisionLog,
    compact,
    keep_batch,
    prove_row,
    reconcile,
    verify_batch,
)
from clerestory.store.decisions.row import RowUnfit, leaves, row_bytes
from clerestory.terms.evidence import Machine
from tests.organisation import NOW

DAY = date(2026, 11, 20)
BY = Machine("clerestory", "0.1")


class Stopped(Exception):
    """The process ended here."""


def rows(n: int = 50, start: int = 0) -> pl.DataFrame:
    return pl.DataFrame({
        "case_id": list(range(start, start + n)), "score": [(start + i) / 100 for i in range(n)],
        "approved": [i % 2 == 0 for i in range(n)], "sex": ["f" if i % 3 else None for i in range(n)],
        "decided_at": [datetime(2026, 11, 20, 9, i % 60, tzinfo=UTC) for i in range(n)],
    })  # fmt: skip


@pytest.fixture
def place_of_log(organisation, tmp_path) -> DecisionLog:
    return DecisionLog(tmp_path, organisation, "credit-scoring", "credit-scoring/4b1f0c2d9e8a")


def kept(place, batch_id="b-1", data=None, day=DAY):
    return keep_batch(place, day, batch_id, rows() if data is None else data, by=BY, now=NOW)


def test_a_batch_is_one_leaf_of_the_log_and_each_row_leads_to_its_root(place_of_log, place):
    batch = kept(place_of_log)
    place()
    entry = log.entry(place_of_log.organisation_id, batch.entry_id)
    assert (entry.fact.kind, entry.fact.values["rows"]) == ("runtime.decision_batch", 50)
    root = bytes.fromhex(str(entry.fact.values["row_root"]).removeprefix("sha256:"))
    said, proof = prove_row(place_of_log, DAY, batch, 17)
    verify_inclusion(leaf_hash(said), 17, 50, proof, root)
    assert dict(json.loads(said))["decided_at"] == "2026-11-20T09:17:00.000000Z"
    verify_batch(place_of_log, DAY, batch)


def test_the_form_of_a_row_is_the_written_one():
    # Written by hand from the rule: pairs by name, shortest decimals, UTC with microseconds, null for nothing.
    frame = pl.DataFrame({"b": [0.1], "a": [None], "d": [date(2026, 1, 2)], "c": [float("nan")], "e": [True]})
    expected = b'[["a",null],["b",0.1],["c","nan"],["d","2026-01-02"],["e",true]]'
    assert row_bytes(frame.with_columns(pl.col("a").cast(pl.String)), 0) == expected
    assert leaves(frame.with_columns(pl.col("a").cast(pl.String))) == [leaf_hash(expected)]


@given(st.permutations(["case_id", "score", "approved", "sex", "decided_at"]))
def test_the_order_of_columns_changes_no_leaf(order):
    assert leaves(rows(5).select(order)) == leaves(rows(5))


def test_the_same_batch_again_is_the_same_and_other_rows_under_its_id_are_refused(place_of_log):
    first = kept(place_of_log)
    assert kept(place_of_log) == first
    with pytest.raises(BatchRefused, match="holds other rows already"):
        kept(place_of_log, data=rows(49))
    assert len(place_of_log.read(DAY).batches) == 1


@pytest.mark.parametrize("batch_id", ["", "../up", "a/b", "a" * 81, ".hidden"])
def test_an_id_that_is_no_file_name_is_refused(place_of_log, batch_id):
    with pytest.raises(BatchRefused, match="is no id of a batch"):
        kept(place_of_log, batch_id)


def test_an_empty_batch_and_a_nested_column_are_refused_and_nothing_is_written(place_of_log):
    with pytest.raises(BatchRefused, match="no rows"):
        kept(place_of_log, data=rows(0))
    with pytest.raises(RowUnfit, match="Column 'many'"):
        kept(place_of_log, data=pl.DataFrame({"many": [[1, 2]]}))
    assert place_of_log.read(DAY).batches == ()


def test_a_row_that_was_changed_on_disk_is_found(place_of_log):
    batch = kept(place_of_log)
    changed = rows().with_columns(approved=pl.lit(True))
    changed.write_parquet(place_of_log.folder(DAY) / batch.file)
    with pytest.raises(BatchAltered, match="holds 50 rows with the root"):
        verify_batch(place_of_log, DAY, batch)
    (place_of_log.folder(DAY) / batch.file).write_bytes(b"PAR1")
    with pytest.raises(BatchAltered, match="cannot be read"):
        verify_batch(place_of_log, DAY, batch)


def test_compacting_keeps_rows_roots_and_entries_and_stops_at_an_altered_batch(place_of_log):
    batches = [kept(place_of_log, f"b-{n}", rows(20, 20 * n)) for n in range(5)]
    assert compact(place_of_log, DAY) == 4
    placed = place_of_log.read(DAY).batches
    assert [(b.batch_id, b.row_root, b.entry_id) for b in placed] == [
        (b.batch_id, b.row_root, b.entry_id) for b in batches
    ]
    assert len(list(place_of_log.folder(DAY).glob("*.parquet"))) == 1
    for batch in placed:
        verify_batch(place_of_log, DAY, batch)
    late = kept(place_of_log, "late", rows(3, 900))
    rows(3, 901).write_parquet(place_of_log.folder(DAY) / late.file)
    with pytest.raises(BatchAltered):
        compact(place_of_log, DAY)
    assert len(place_of_log.read(DAY).batches) == 6


@pytest.mark.parametrize("where", ["decisions.file_written", "decisions.logged"])
def test_what_ended_half_way_is_mended_from_the_log(place_of_log, where):
    kept(place_of_log, "whole")

    def stop(name: str) -> None:
        if name == where:
            raise Stopped

    unit.observers.append(stop)
    try:
        with pytest.raises(Stopped):
            kept(place_of_log, "half", rows(7))
    finally:
        unit.observers.remove(stop)
    taken, removed = reconcile(place_of_log, DAY)
    assert (taken, removed) == ((0, 1) if where == "decisions.file_written" else (1, 0))
    names = [batch.batch_id for batch in place_of_log.read(DAY).batches]
    assert names == (["whole"] if where == "decisions.file_written" else ["whole", "half"])
    for batch in place_of_log.read(DAY).batches:
        verify_batch(place_of_log, DAY, batch)
    assert kept(place_of_log, "half", rows(7)).rows == 7


def test_a_manifest_that_was_lost_is_written_again_from_the_log(place_of_log):
    kept(place_of_log, "b-1")
    kept(place_of_log, "b-2", rows(3, 500))
    (place_of_log.folder(DAY) / "manifest.json").write_bytes(b"{")
    with pytest.raises(BatchAltered, match="cannot be read"):
        place_of_log.read(DAY)
    (place_of_log.folder(DAY) / "manifest.json").unlink()
    assert reconcile(place_of_log, DAY) == (2, 0)
    assert [batch.rows for batch in place_of_log.read(DAY).batches] == [50, 3]


def test_models_and_systems_with_odd_names_lie_apart_and_inside_the_folder(organisation, tmp_path):
    odd = DecisionLog(tmp_path, organisation, "../credit", "v/1 §")
    kept(odd)
    assert odd.days() == (DAY,)
    assert odd.folder(DAY).resolve().is_relative_to((tmp_path / "decisions").resolve())
    assert DecisionLog(tmp_path, organisation, "../credit", "v/1").days() == ()
