"""A silent monitor is a finding: recorded once, told to all its readers, opened as a nonconformity, and heard again."""

from datetime import timedelta

import pytest

from clerestory.desk.lists import ListQuery
from clerestory.desk.notice.inbox import notices
from clerestory.jobs.rerun import start_due
from clerestory.jobs.watch.silence import note_silences
from clerestory.registers.monitoring import models, queries
from clerestory.registers.monitoring.commands import ask_run, change_monitor, pause_monitor
from clerestory.registers.monitoring.rules import Outcome
from clerestory.registers.nonconformity.queries import nonconformity
from clerestory.registers.nonconformity.rules import Step
from clerestory.store import clock, log
from clerestory.store.log.lookup import Search, search
from tests.intake.loans import write
from tests.jobs.watch.conftest import followed, titles
from tests.registers.monitoring.conftest import monitor_today as monitor_id
from tests.registers.monitoring.conftest import project, root, system, wanted

__all__ = ["monitor_id", "project", "root", "system"]


@pytest.fixture
def silent(actor, monitor_id):
    """Let a monitor be due for two days without a word."""
    models.Monitor.objects.update(next_due_at=clock.now() - timedelta(days=2), last_outcome="PASS")
    return monitor_id


def told(actor):
    return [row.title for row in notices(actor, ListQuery(size=100)).rows if row.topic == "monitor"]


def runs_logged(actor):
    rows = search(actor.organisation_id, Search(kind="record.monitor_run", size=100)).rows
    return [log.entry(actor.organisation_id, row.entry_id).fact.values for row in rows]


def test_silence_is_recorded_once_and_opens_one_nonconformity_however_often_somebody_looks(actor, silent):
    assert [note_silences(), note_silences(), note_silences(clock.now() + timedelta(days=9))] == [1, 0, 0]
    followed(actor)
    (said,) = runs_logged(actor)
    assert (said["silent"], said["outcome"], said["monitor"]) == (True, "COULD_NOT_RUN", silent)
    assert titles(actor) == ["Monitor of Credit scoring is silent"]
    assert told(actor) == ["Monitor of credit-scoring: silent"]
    (alarm,), _names = queries.alarms(actor, silent)
    assert (alarm.kind, alarm.is_open) == ("silent", True)
    assert queries.monitor(actor, silent).last_outcome == "PASS", "what it said last is what it said last"


def test_a_monitor_in_time_or_paused_is_not_silent(actor, monitor_id):
    assert note_silences() == 0
    pause_monitor(actor=actor, monitor_id=monitor_id, reason="Data are moved")
    assert note_silences(clock.now() + timedelta(days=30)) == 0


def test_a_worker_that_comes_back_records_the_silence_before_it_makes_up_for_it(actor, silent):
    start_due()
    followed(actor)
    assert [said["silent"] for said in runs_logged(actor)] == [True]
    assert queries.runs(actor, silent)[0].state == "queued", "and then it runs"
    assert titles(actor) == ["Monitor of Credit scoring is silent"]


def test_a_run_that_waits_for_a_worker_beyond_the_grace_is_silence_too(actor, monitor_id):
    ask_run(actor=actor, monitor_id=monitor_id)
    assert note_silences() == 0
    later = clock.now() + timedelta(hours=4)
    assert note_silences(later) == 1
    models.Monitor.objects.update(waits_since=clock.now() - timedelta(hours=4))
    assert queries.monitor(actor, monitor_id).state == "late"


def test_who_was_chosen_and_who_holds_the_role_hear_of_it_and_nobody_else(actor, member, silent):
    chosen, holder, other = member("viewer"), member("editor", ("quality",)), member("editor")
    said = wanted(actor, told=(chosen.person_id,), told_roles=("quality",))
    change_monitor(actor=actor, monitor_id=silent, wanted=said, expected_version=1)
    models.Monitor.objects.update(next_due_at=clock.now() - timedelta(days=2))
    note_silences()
    assert [bool(told(who)) for who in (actor, chosen, holder, other)] == [True, True, True, False]


def test_the_nonconformity_says_when_the_monitor_speaks_again_and_can_rest_on_that(actor, silent, project, run):
    write(project)
    note_silences()
    followed(actor)
    models.Monitor.objects.update(next_due_at=clock.now() + timedelta(hours=1))
    done = run(silent)
    assert done.outcome != Outcome.COULD_NOT_RUN
    (alarm,), _names = queries.alarms(actor, silent)
    assert not alarm.is_open
    detail = nonconformity(actor, "NC-1")
    assert detail.row.step is Step.CORRECTION, "a person closes it"
    assert [(result.verdict, result.entry_id) for result in detail.later_results] == [("PASS", done.entry_id)]
    heard = [row for row in notices(actor, ListQuery(size=100)).rows if "runs again" in row.text]
    assert [row.url for row in heard] == ["/nonconformity/NC-1/"]
    models.Monitor.objects.update(next_due_at=clock.now() - timedelta(days=2))
    assert note_silences() == 1, "a second silence is another one"
    followed(actor)
    assert len(titles(actor)) >= 1 and titles(actor).count("Monitor of Credit scoring is silent") == 1, "one is open"


def test_a_run_that_fails_or_cannot_be_done_opens_one_nonconformity_while_one_is_open(actor, monitor_id, project, run):
    run(monitor_id)
    run(monitor_id)
    assert titles(actor) == ["Monitor of Credit scoring cannot run"], "there are no data yet, twice"
    write(project)
    manifest = project / "clerestory.toml"
    manifest.write_text(manifest.read_text().replace('criterion = ">= 0.6"', 'criterion = "between 0.1 and 0.2"'))
    assert run(monitor_id).outcome == Outcome.FAIL
    failed = [title for title in titles(actor) if title.startswith("fairness.selection-rate-ratio failed")]
    write(project, rows=900)
    manifest.write_text(manifest.read_text().replace('criterion = ">= 0.6"', 'criterion = "between 0.1 and 0.2"'))
    assert run(monitor_id).outcome == Outcome.FAIL
    again = [title for title in titles(actor) if title.startswith("fairness.selection-rate-ratio failed")]
    assert len(failed) == len(again) == 1
    kinds = {(alarm.kind, alarm.is_open) for alarm in queries.alarms(actor, monitor_id)[0]}
    assert kinds == {("could not run", False), ("failed", True)}
