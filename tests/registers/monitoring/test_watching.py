"""The share of planned runs that ran, and of alarms that were closed in time, by system: counted by hand here."""

from datetime import timedelta

import pytest

from clerestory.desk.actor import product
from clerestory.desk.permit import NotPermitted
from clerestory.registers.monitoring import models
from clerestory.registers.monitoring.commands import (
    Came,
    begin_run,
    end_monitor,
    finish_run,
    note_silence,
    pause_monitor,
    plan_due_runs,
    resume_monitor,
)
from clerestory.registers.monitoring.queries import services
from clerestory.registers.monitoring.rules import Outcome
from clerestory.store.unit import atomic
from tests.organisation import NOW, found

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def ran(actor, now, *, outcome=Outcome.PASS, after=timedelta(minutes=1)):
    """Let the run that is due at a moment be planned, begin somewhat later and come to something."""
    with atomic():
        (run_id,) = plan_due_runs(now=now)
    server = product(actor.organisation_id, "1")
    begin_run(actor=server, run_id=run_id, now=now + after)
    finish_run(actor=server, run_id=run_id, came=Came(outcome=outcome), now=now + after)


def service(actor, now):
    (one,) = services(actor, now=now)
    return one


def test_planned_runs_that_ran_are_counted_against_the_plan_that_held_at_the_time(actor, monitor_id):
    due = NOW.replace(hour=3)
    for days in (1, 2):
        ran(actor, due + days * DAY)
    ran(actor, due + 3 * DAY, outcome=Outcome.COULD_NOT_RUN)
    ran(actor, due + 4 * DAY, after=5 * HOUR)
    found = service(actor, due + 5 * DAY + HOUR)
    assert (found.planned, found.ran) == (4, 2), "one could not run, one came too late, the fifth may still come"
    assert found.share_run == 0.5
    assert service(actor, due + 5 * DAY + 4 * HOUR).planned == 5
    assert service(actor, due + 9 * DAY + 4 * HOUR).planned == 7, "the window is seven days"


def test_while_a_monitor_is_paused_nothing_is_planned(actor, monitor_id):
    pause_monitor(actor=actor, monitor_id=monitor_id, reason="Data are moved", now=NOW + DAY)
    resume_monitor(actor=actor, monitor_id=monitor_id, now=NOW + 4 * DAY)
    assert service(actor, NOW + 6 * DAY).planned == 3, "the days 1, 5 and 6"


def test_an_alarm_counts_as_closed_in_time_late_or_open(actor, monitor_id):
    server = product(actor.organisation_id, "1")
    assert (service(actor, NOW).due, service(actor, NOW).share_in_time) == (0, None)
    note_silence(actor=server, monitor_id=monitor_id, since=NOW, now=NOW)
    found = service(actor, NOW + 6 * DAY)
    assert (found.due, found.in_time, found.open) == (0, 0, 1)
    assert (service(actor, NOW + 8 * DAY).due, service(actor, NOW + 8 * DAY).in_time) == (1, 0)
    ran(actor, NOW + 6 * DAY, outcome=Outcome.FAIL)
    ended = service(actor, NOW + 7 * DAY)
    assert (ended.due, ended.in_time, ended.open) == (1, 1, 1), "the silence is over, a failure stands"
    models.MonitorAlarm.objects.filter(kind="silent").update(closed_at=NOW + 8 * DAY)
    late = service(actor, NOW + 9 * DAY)
    assert (late.due, late.in_time, late.open) == (1, 0, 1)


def test_a_pause_explains_silence_and_an_ended_monitor_has_nothing_open(actor, monitor_id):
    server = product(actor.organisation_id, "1")
    note_silence(actor=server, monitor_id=monitor_id, since=NOW, now=NOW)
    pause_monitor(actor=actor, monitor_id=monitor_id, reason="Data are moved", now=NOW + DAY)
    assert service(actor, NOW + 2 * DAY).open == 0
    resume_monitor(actor=actor, monitor_id=monitor_id, now=NOW + 2 * DAY)
    ran(actor, NOW + 3 * DAY, outcome=Outcome.FAIL)
    assert service(actor, NOW + 4 * DAY).open == 1
    pause_monitor(actor=actor, monitor_id=monitor_id, reason="Data are moved", now=NOW + 4 * DAY)
    assert service(actor, NOW + 4 * DAY).open == 1, "a pause heals no failure"
    end_monitor(actor=actor, monitor_id=monitor_id, now=NOW + 5 * DAY)
    assert service(actor, NOW + 5 * DAY).open == 0


def test_who_may_not_read_and_who_is_elsewhere_learns_nothing(actor, monitor_id):
    assert services(found("Southlight", email="s@example.org")) == ()
    from dataclasses import replace

    with pytest.raises(NotPermitted):
        services(replace(actor, scopes=frozenset({"push"})))
