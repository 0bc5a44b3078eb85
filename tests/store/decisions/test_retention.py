"""Decisions stay six months at least, longer under a hold, and leave a tombstone that proves what was there."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerestory.store import log, unit
from clerestory.store.decisions import (
    BatchRefused,
    DecisionLog,
    DisposalRefused,
    Retention,
    compact,
    dispose,
    due,
    hold,
    keep_batch,
    reconcile,
    release_hold,
)
from clerestory.store.decisions.retention import after_months
from clerestory.terms.evidence import Machine, Person
from clerestory.terms.ids import PersonId
from tests.store.decisions.test_keeping import Stopped, rows

OLD = date(2026, 5, 21)
RULE = Retention(keep_months=6, ceiling_months=12)
BY = Person(PersonId("person-1"), "records_manager")
AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def old(organisation, tmp_path) -> DecisionLog:
    place = DecisionLog(tmp_path, organisation, "credit-scoring", "credit-scoring/4b1f0c2d9e8a")
    for n in range(2):
        keep_batch(place, OLD, f"b-{n}", rows(10, 10 * n), by=Machine("clerestory", "0.1"), now=AT)
    return place


def gone(place, day=OLD, reason="kept for six months", at=AT):
    return dispose(place, day, RULE, reason=reason, by=BY, now=at)


@pytest.mark.parametrize(
    "day, months, then",
    [
        (date(2026, 5, 21), 6, date(2026, 11, 21)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
    ],
)
def test_six_months_are_calendar_months(day, months, then):
    assert after_months(day, months) == then


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 60), st.integers(0, 60))
def test_more_months_are_never_earlier(day, months, more):
    assert after_months(day, months) <= after_months(day, months + more)


def test_a_rule_below_the_floor_or_against_its_ceiling_is_refused():
    with pytest.raises(DisposalRefused, match="for 5 months only"):
        Retention(keep_months=5)
    with pytest.raises(DisposalRefused, match="Personal data may be kept for 3 months"):
        Retention(keep_months=6, ceiling_months=3)


def test_on_the_last_day_of_the_six_months_it_may_not_go_and_on_the_next_it_may(old):
    assert due(old, RULE, date(2026, 11, 20)) == ()
    with pytest.raises(DisposalRefused, match="are kept until 2026-11-21"):
        gone(old, at=datetime(2026, 11, 20, 23, tzinfo=UTC))
    (asked,) = due(old, RULE, date(2026, 11, 21))
    assert (asked.day, asked.must_by, asked.held) == (OLD, date(2027, 5, 21), ())


def test_what_goes_leaves_a_tombstone_per_batch_and_no_row(old, place):
    before = old.read(OLD).batches
    compact(old, OLD)
    assert len(gone(old)) == 2
    place()
    found = log.search(old.organisation_id, log.Search(kind="record.decision_disposal")).rows
    said = [log.entry(old.organisation_id, row.entry_id).fact.values for row in reversed(found)]
    assert [(v["batch_id"], v["rows"], v["row_root"]) for v in said] == [
        (b.batch_id, b.rows, b.row_root) for b in before
    ]
    assert list(old.folder(OLD).glob("*.parquet")) == []
    assert due(old, RULE, date(2027, 1, 1)) == ()
    with pytest.raises(BatchRefused, match="holds other rows already"):
        keep_batch(old, OLD, "b-0", rows(3), by=Machine("clerestory", "0.1"), now=AT)


def test_a_hold_keeps_it_until_it_is_released(old):
    hold(old, [OLD], "case 7 O 11/26")
    assert due(old, RULE, date(2027, 1, 1))[0].held == ("case 7 O 11/26",)
    with pytest.raises(DisposalRefused, match=r"is held: case 7 O 11/26"):
        gone(old)
    release_hold(old, [OLD], "case 7 O 11/26")
    assert len(gone(old)) == 2


@pytest.mark.parametrize("empty", ["", "  "])
def test_neither_disposal_nor_hold_goes_without_a_reason(old, empty):
    with pytest.raises(DisposalRefused, match="no reason"):
        gone(old, reason=empty)
    with pytest.raises(DisposalRefused, match="no reason"):
        hold(old, [OLD], empty)
    assert len(old.read(OLD).batches) == 2


def test_a_disposal_that_ended_after_its_tombstones_is_carried_to_its_end(old):
    def stop(name: str) -> None:
        if name == "decisions.tombstones_logged":
            raise Stopped

    unit.observers.append(stop)
    try:
        with pytest.raises(Stopped):
            gone(old)
    finally:
        unit.observers.remove(stop)
    assert reconcile(old, OLD) == (0, 2)
    assert (old.read(OLD).batches, len(old.read(OLD).disposed)) == ((), 2)
