"""When monitors run, when they are late, and what a run comes to."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerestory.registers.monitoring.rules import (
    CheckResult,
    Interval,
    MonitorRefused,
    Outcome,
    State,
    check_folder,
    is_late,
    next_due,
    outcome_of,
    state_of,
)
from clerestory.terms.text import TextUnusable

MOMENTS = st.integers(0, 4_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "interval,hour,after,due",
    [
        ("hourly", 3, "2026-11-21 09:10", "2026-11-21 10:00"),
        ("hourly", 3, "2026-12-31 23:00", "2027-01-01 00:00"),
        ("daily", 3, "2026-11-21 09:00", "2026-11-22 03:00"),
        ("daily", 10, "2026-11-21 09:00", "2026-11-21 10:00"),
        ("daily", 9, "2026-11-21 09:00", "2026-11-22 09:00"),
        ("weekly", 3, "2026-11-21 09:00", "2026-11-23 03:00"),
        ("weekly", 3, "2026-11-23 02:00", "2026-11-23 03:00"),
        ("monthly", 3, "2026-11-21 09:00", "2026-12-01 03:00"),
        ("monthly", 3, "2026-12-21 09:00", "2027-01-01 03:00"),
        ("monthly", 3, "2028-02-01 03:00", "2028-03-01 03:00"),
    ],
)
def test_the_next_run_is_at_the_next_time_of_the_interval(interval, hour, after, due):
    assert next_due(Interval(interval), hour, at(after)) == at(due)


@given(st.sampled_from(Interval), st.integers(0, 23), MOMENTS)
def test_the_next_run_is_to_come_and_not_further_than_an_interval_away(interval, hour, after):
    longest = {"hourly": timedelta(hours=1), "daily": timedelta(days=1), "weekly": timedelta(days=7)}
    due = next_due(interval, hour, after)
    assert after < due <= after + longest.get(interval, timedelta(days=31))


def test_silence_comes_before_what_was_said_last():
    due = at("2026-11-21 03:00")
    assert not is_late(due, Interval.DAILY, due + timedelta(hours=3))
    assert is_late(due, Interval.DAILY, due + timedelta(hours=3, seconds=1))
    assert state_of(outcome="PASS", is_paused=False, is_late=True) is State.LATE
    assert state_of(outcome="PASS", is_paused=True, is_late=True) is State.PAUSED
    assert state_of(outcome="", is_paused=False, is_late=False) is State.NEW
    assert state_of(outcome="COULD_NOT_RUN", is_paused=False, is_late=False) is State.BROKEN


def result(verdict):
    return CheckResult(
        name="c", slice="", criterion=">= 1", verdict=verdict, value=None, low=None, high=None, n=None, reason="",
        entry_id="",
    )  # fmt: skip


@pytest.mark.parametrize(
    "verdicts,outcome",
    [
        (["PASS", "PASS"], Outcome.PASS),
        (["PASS", "FAIL", ""], Outcome.FAIL),
        (["PASS", "INCONCLUSIVE"], Outcome.INCONCLUSIVE),
        (["PASS", ""], Outcome.INCONCLUSIVE),
        (["", ""], Outcome.COULD_NOT_RUN),
        ([], Outcome.COULD_NOT_RUN),
    ],
)
def test_a_run_is_as_good_as_its_worst_check_and_what_could_not_run_is_no_pass(verdicts, outcome):
    assert outcome_of(map(result, verdicts)) is outcome


@pytest.mark.parametrize(
    "folder",
    [
        "..",
        "../x",
        "a/../../b",
        "/etc",
        "a//b",
        "./a",
        "a/.git",
        "~root",
        "a\\b",
        "",
        "a/\x00b",
        "a\nb",
        "a/" * 9 + "b",
    ],
)
def test_a_folder_that_could_lead_out_is_refused(folder):
    with pytest.raises((MonitorRefused, TextUnusable)):
        check_folder(folder)


@pytest.mark.parametrize("folder", ["credit", "team/credit-scoring", "a b/ä"])
def test_a_folder_below_the_root_is_taken(folder):
    assert "/".join(check_folder(folder)) == folder
