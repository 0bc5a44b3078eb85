"""The daily look at the log: T22, kept as an entry, told to administrators once, and confirmed before it is told."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections

from clerestory.desk.lists import ListQuery
from clerestory.desk.models import Mail
from clerestory.desk.notice.inbox import notices
from clerestory.jobs.queue import JOBS, Interrupted, perform, stopping
from clerestory.jobs.recurring import MINUTES
from clerestory.jobs.watch.recheck import EVERY, recheck_logs
from clerestory.registers.context import commands
from clerestory.registers.context.models import Issue
from clerestory.report import evidence
from clerestory.store import clock, log
from clerestory.store.log.recheck import recheck
from clerestory.store.models import LogEntry, LogState, Payload
from tests.registers.context.surroundings import issue

PATIENCE = 20
"""So many seconds a write that waits for nobody never takes."""
LATER = EVERY + timedelta(minutes=1)


@pytest.fixture
def noted(actor, place):
    """Give the entry of an issue, with its place."""
    entry_id = commands.note_issue(actor=actor, said=issue("One")).entry_id
    place()
    return entry_id


def told(actor):
    return [row for row in notices(actor, ListQuery(size=100)).rows if row.topic == "log"]


def test_t22_twin_a_log_that_fits_is_read_again_once_a_day_and_nobody_is_told(actor, organisation, noted):
    assert log.last_recheck(organisation) is None
    began = clock.now()
    assert recheck_logs() == 1
    kept = log.last_recheck(organisation)
    assert (kept.size, kept.rows, kept.problems, kept.found) == (3, 2, 0, ())
    assert kept.by.startswith("clerestory ")
    assert began <= kept.at <= clock.now()
    assert recheck_logs() == 0
    assert recheck_logs(clock.now() + LATER) == 1
    assert told(actor) == []
    assert recheck(organisation).misfits == ()


def test_t22_a_payload_edited_under_untouched_roots_is_found_by_the_daily_look_and_named(
    actor, second, organisation, noted, place
):
    place()
    root = LogState.objects.get(organisation_id=organisation).root
    row = LogEntry.objects.select_related("facts").get(entry_id=noted)
    body = bytes(row.facts.body).replace(b'"issue":"One"', b'"issue":"Two"')
    assert body != bytes(row.facts.body)
    Payload.objects.filter(pk=row.facts_id).update(body=body)
    assert LogState.objects.get(organisation_id=organisation).root == root
    assert recheck_logs() == 1
    kept = log.last_recheck(organisation)
    assert (kept.problems, kept.found) == (1, (f"E_FACTS {noted}",))
    (notice,) = told(actor)
    assert notice.url == "/evidence/log/"
    assert noted in notice.text
    assert evidence.state(actor).rechecked == kept
    Mail.objects.all().delete()
    assert recheck_logs(clock.now() + LATER) == 1
    assert len(told(actor)) == 1, "the same is not told every day"


def test_t17_the_daily_look_names_the_row_that_was_deleted(actor, organisation, noted, place):
    assert recheck_logs() == 1
    Issue.objects.all().delete()
    assert recheck_logs(clock.now() + LATER) == 1
    assert log.last_recheck(organisation).found == (f"E_ROWLESS {noted}",)
    assert len(told(actor)) == 1


def test_members_who_administer_nothing_are_not_told(actor, member, organisation, noted):
    viewer = member("viewer")
    Issue.objects.all().delete()
    assert recheck_logs() == 1
    assert told(viewer) == []
    assert len(told(actor)) == 1


def test_what_was_found_once_and_not_again_is_no_finding(organisation, noted):
    sound = recheck(organisation)
    row = Issue.objects.get()
    entry_id, row.entry_id = row.entry_id, ""
    row.save()
    broken = recheck(organisation)
    assert {misfit.code for misfit in broken.misfits} == {"E_UNNAMED", "E_ROWLESS"}
    assert broken.confirmed_by(sound).misfits == ()
    assert broken.confirmed_by(broken).misfits == broken.misfits
    row.entry_id = entry_id
    row.save()


def test_a_result_that_was_edited_itself_is_not_believed(actor, organisation, noted):
    assert recheck_logs() == 1
    fine = log.last_recheck(organisation)
    Issue.objects.all().delete()
    assert recheck_logs(clock.now() + LATER) == 1
    row = LogEntry.objects.select_related("facts").get(entry_id=log.last_recheck(organisation).entry_id)
    body = bytes(row.facts.body).replace(b"does_not_fit", b"fits")
    Payload.objects.filter(pk=row.facts_id).update(body=body)
    assert log.last_recheck(organisation) == fine


def test_the_look_is_a_job_by_the_clock_and_leaves_when_the_worker_ends(organisation, noted):
    assert MINUTES["rechecks"] * timedelta(minutes=1) < EVERY
    assert JOBS["rechecks"].lane == "run"
    perform("rechecks")
    assert log.last_recheck(organisation) is not None
    stopping.set()
    try:
        with pytest.raises(Interrupted):
            recheck_logs()
    finally:
        stopping.clear()


def test_what_is_written_while_the_log_is_read_again_is_no_finding_and_does_not_wait(
    actor, organisation, noted, at_once
):
    def write() -> None:
        try:
            commands.note_issue(actor=actor, said=issue("Two"))
        finally:
            connections.close_all()

    writer = threading.Thread(target=write)

    def meanwhile(execute, sql, *rest):
        if "store_tile" in sql and writer.ident is None:
            writer.start()
            writer.join(PATIENCE)
            assert not writer.is_alive()
        return execute(sql, *rest)

    with connection.execute_wrapper(meanwhile):
        seen = recheck(organisation)
    assert (seen.size, seen.misfits) == (3, ())
    again = recheck(organisation)
    assert (again.size, again.misfits) == (4, ())
