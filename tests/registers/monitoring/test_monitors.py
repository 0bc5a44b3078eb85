"""Monitors are set up on manifests of the server, watched, paused with a reason and ended; each change is an entry."""

from datetime import timedelta

import pytest

from clerestory.desk.lists import ListQuery
from clerestory.desk.people import NotAMember
from clerestory.desk.permit import NotPermitted
from clerestory.desk.version import ChangedMeanwhile
from clerestory.registers.monitoring import queries
from clerestory.registers.monitoring.commands import (
    ask_run,
    change_monitor,
    end_monitor,
    pause_monitor,
    plan_due_runs,
    resume_monitor,
    set_up_monitor,
)
from clerestory.registers.monitoring.queries import MonitorUnknown, duties, monitor_counts, runs_wait
from clerestory.registers.monitoring.rules import MonitorRefused
from clerestory.store import directory, log, trace
from clerestory.store.log.lookup import Search, search
from clerestory.store.unit import atomic
from clerestory.terms.text import TextUnusable
from tests.organisation import NOW, found
from tests.registers.monitoring.conftest import register_system, wanted


def kinds(actor):
    rows = search(actor.organisation_id, Search(kind="register.monitor")).rows
    return [log.entry(actor.organisation_id, row.entry_id).fact.values for row in rows]


def test_a_monitor_is_an_entry_a_record_that_others_know_and_a_link_to_its_system(actor, monitor_id, place):
    place()
    (said,) = kinds(actor)
    assert (said["folder"], said["interval"], said["hour"], said["ended"]) == ("credit", "daily", 3, False)
    assert directory.known(actor.organisation_id, "monitor", monitor_id).url == f"/monitoring/{monitor_id}/"
    (link,) = trace.links_from(actor.organisation_id, "monitor", monitor_id)
    assert (link.relation, link.to_kind, link.to_id) == ("watches", "ai_system", "credit-scoring")
    record = queries.monitor(actor, monitor_id)
    assert record.next_due_at == NOW.replace(hour=3) + timedelta(days=1)


@pytest.mark.parametrize("interval", ["yearly", "", "DAILY"])
def test_an_interval_that_there_is_not_is_refused(actor, system, project, interval):
    with pytest.raises(MonitorRefused):
        set_up_monitor(actor=actor, wanted=wanted(actor, interval=interval), now=NOW)


@pytest.mark.parametrize("hour", [-1, 24, 99])
def test_an_hour_that_there_is_not_is_refused(actor, system, project, hour):
    with pytest.raises(MonitorRefused):
        set_up_monitor(actor=actor, wanted=wanted(actor, hour=hour), now=NOW)


def test_an_owner_who_is_no_member_is_refused(actor, system, project):
    with pytest.raises(NotAMember):
        set_up_monitor(actor=actor, wanted=wanted(actor, owner="person-nobody"), now=NOW)


def test_a_manifest_about_another_system_is_refused(actor, system, project):
    register_system(actor, "churn")
    with pytest.raises(MonitorRefused, match="about credit-scoring"):
        set_up_monitor(actor=actor, wanted=wanted(actor, system_id="churn"), now=NOW)


def test_a_system_that_is_not_registered_is_refused(actor, project):
    with pytest.raises(MonitorRefused, match="no AI system"):
        set_up_monitor(actor=actor, wanted=wanted(actor), now=NOW)


def test_a_folder_outside_of_the_projects_is_never_used(actor, system, root, project, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "clerestory.toml").write_text((project / "clerestory.toml").read_text())
    (root / "link").symlink_to(outside)
    (root / "half").mkdir()
    (root / "half" / "clerestory.toml").symlink_to(outside / "clerestory.toml")
    for folder in ("link", "half", "../outside", str(outside), "credit/../../outside", "nothing"):
        with pytest.raises(MonitorRefused):
            set_up_monitor(actor=actor, wanted=wanted(actor, folder=folder), now=NOW)
    assert [project.folder for project in queries.projects(actor.organisation_id)] == ["credit"]


def test_with_two_organisations_on_a_server_each_sees_its_own_folder_alone(actor, system, root, project):
    other = found("Southlight", email="s@example.org")
    register_system(other)
    assert queries.projects(other.organisation_id) == ()
    with pytest.raises(MonitorRefused, match="not one of this organisation's"):
        set_up_monitor(actor=other, wanted=wanted(other), now=NOW)
    own = root / other.organisation_id / "credit"
    own.mkdir(parents=True)
    (own / "clerestory.toml").write_text((project / "clerestory.toml").read_text())
    folder = f"{other.organisation_id}/credit"
    assert [project.folder for project in queries.projects(other.organisation_id)] == [folder]
    assert set_up_monitor(actor=other, wanted=wanted(other, folder=folder), now=NOW)
    with pytest.raises(MonitorRefused):
        set_up_monitor(actor=actor, wanted=wanted(actor, folder=folder), now=NOW)


def test_two_editors_do_not_overwrite_each_other(actor, monitor_id):
    change_monitor(actor=actor, monitor_id=monitor_id, wanted=wanted(actor, hour=5), expected_version=1, now=NOW)
    with pytest.raises(ChangedMeanwhile):
        change_monitor(actor=actor, monitor_id=monitor_id, wanted=wanted(actor, hour=6), expected_version=1, now=NOW)
    assert queries.monitor(actor, monitor_id).monitor.hour == 5


def test_a_paused_monitor_runs_not_and_says_why(actor, monitor_id, place):
    with pytest.raises(TextUnusable):
        pause_monitor(actor=actor, monitor_id=monitor_id, reason="  ", now=NOW)
    pause_monitor(actor=actor, monitor_id=monitor_id, reason="Data are moved", now=NOW)
    assert not runs_wait(NOW + timedelta(days=9))
    record = queries.monitor(actor, monitor_id)
    assert (record.state, record.paused_reason) == ("paused", "Data are moved")
    resume_monitor(actor=actor, monitor_id=monitor_id, now=NOW + timedelta(days=9))
    assert queries.monitor(actor, monitor_id).next_due_at > NOW + timedelta(days=9)
    place()
    assert sorted(said["paused_reason"] for said in kinds(actor)) == ["", "", "Data are moved"]


def test_an_ended_monitor_is_gone_from_the_list_and_stays_in_the_log(actor, monitor_id, place):
    end_monitor(actor=actor, monitor_id=monitor_id, now=NOW)
    assert queries.monitors(actor, ListQuery()).total == 0
    assert not runs_wait(NOW + timedelta(days=9))
    with pytest.raises(MonitorUnknown):
        pause_monitor(actor=actor, monitor_id=monitor_id, reason="x", now=NOW)
    place()
    assert any(said["ended"] for said in kinds(actor))


def test_what_the_clock_missed_is_made_up_for_once(actor, monitor_id):
    later = NOW + timedelta(days=9)
    assert runs_wait(later)
    with atomic():
        assert len(plan_due_runs(now=later)) == 1
    assert not runs_wait(later)
    with atomic():
        assert plan_due_runs(now=later + timedelta(days=1)) == [], "one run at a time"
    with pytest.raises(MonitorRefused, match="under way"):
        ask_run(actor=actor, monitor_id=monitor_id, now=later)


def test_a_run_asked_for_waits_for_the_next_round(actor, monitor_id):
    run_id = ask_run(actor=actor, monitor_id=monitor_id, now=NOW)
    assert runs_wait(NOW)
    with atomic():
        assert plan_due_runs(now=NOW) == [run_id]
    assert queries.runs(actor, monitor_id)[0].asked_by == actor.person_id


def test_a_silent_monitor_is_late_its_owner_has_a_duty_and_counts_say_so(actor, monitor_id):
    from clerestory.registers.monitoring import models

    models.Monitor.objects.update(next_due_at=NOW - timedelta(days=3), last_outcome="PASS", last_ran_at=NOW)
    assert queries.monitor(actor, monitor_id).state == "late"
    (duty,) = duties(actor, NOW.date())
    assert duty.url == f"/monitoring/{monitor_id}/"
    counts = monitor_counts(actor, NOW.date())
    assert (counts.total, counts.late, counts.passing) == (1, 1, 0)
    for state, total in (("late", 1), ("passes", 0), ("paused", 0)):
        assert queries.monitors(actor, ListQuery(filters={"state": state})).total == total
    assert queries.monitors_of_system(actor, "credit-scoring")[0].state == "late"


def test_who_only_reads_changes_nothing_and_who_is_elsewhere_sees_nothing(actor, member, monitor_id):
    viewer, stranger = member("viewer"), found("Southlight", email="s@example.org")
    steps = (
        lambda who: set_up_monitor(actor=who, wanted=wanted(actor), now=NOW),
        lambda who: pause_monitor(actor=who, monitor_id=monitor_id, reason="x", now=NOW),
        lambda who: end_monitor(actor=who, monitor_id=monitor_id, now=NOW),
        lambda who: ask_run(actor=who, monitor_id=monitor_id, now=NOW),
    )
    for step in steps:
        with pytest.raises(NotPermitted):
            step(viewer)
        with pytest.raises((MonitorUnknown, MonitorRefused)):
            step(stranger)
    with pytest.raises(MonitorUnknown):
        queries.monitor(stranger, monitor_id)
    assert queries.monitors(stranger, ListQuery()).total == 0
    assert queries.runs(stranger, monitor_id) == ()
