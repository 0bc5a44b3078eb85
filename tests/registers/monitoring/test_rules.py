"""When monitors run, when they are late, and what a run comes to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerestory.registers.monitoring.rules import (
    CheckResult,
    Interval,
    Monitor,
    MonitorRefused,
    Outcome,
    State,
    Watch,
    check_folder,
    check_monitor,
    ended_by,
    is_late,
    next_due,
    outcome_of,
    planned_times,
    raised_by,
    state_of,
)
from clerestory.terms.text import TextUnusable
from tests.organisation import NOW

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


def test_the_times_of_a_plan_are_those_of_its_interval_between_two_moments():
    after, until = NOW.replace(hour=3), NOW.replace(hour=3) + timedelta(days=2)
    assert list(planned_times(Interval.DAILY, 3, after, until)) == [after + timedelta(days=1), until]
    assert list(planned_times(Interval.HOURLY, 0, NOW, NOW + timedelta(minutes=59))) == []
    assert len(list(planned_times(Interval.HOURLY, 0, NOW, NOW + timedelta(days=1)))) == 24


@pytest.mark.parametrize(
    "outcome, silent, changed, raises, ends",
    [
        (Outcome.PASS, False, (), (), ("silent", "could not run", "failed")),
        (Outcome.FAIL, False, (), ("failed",), ("silent", "could not run")),
        (Outcome.FAIL, False, ("income",), ("changed",), ("silent", "could not run")),
        (Outcome.INCONCLUSIVE, False, (), (), ("silent", "could not run")),
        (Outcome.COULD_NOT_RUN, False, (), ("could not run",), ("silent",)),
        (Outcome.COULD_NOT_RUN, True, (), ("silent",), ()),
    ],
)
def test_what_a_run_raises_and_ends_and_no_run_ends_a_change(outcome, silent, changed, raises, ends):
    assert raised_by(outcome, is_silent=silent, changed=changed) == raises
    assert ended_by(outcome, is_silent=silent) == ends


@pytest.mark.parametrize(
    "wrong",
    [{"model_version": " "}, {"window_days": 0}, {"window_days": 367}, {"answer_days": 0}, {"answer_days": 91}],
)
def test_a_monitor_of_decisions_says_whose_and_how_many_days(wrong):
    said = {"watches": Watch.DECISIONS, "model_version": "credit/1", "window_days": 30, "answer_days": 7}
    good = Monitor(
        monitor_id="mon-1", system_id="credit", folder="credit", interval=Interval.DAILY, hour=3, owner="person-1",
        **said,
    )  # fmt: skip
    check_monitor(good)
    with pytest.raises(MonitorRefused):
        check_monitor(replace(good, **wrong))
