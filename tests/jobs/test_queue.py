"""The queue keeps a job until it is done: taken by one, held while it runs, tried again after a failure."""

from datetime import timedelta

import pytest
from django.conf import settings
from django_q.models import OrmQ, Schedule, Task

from clerestory.jobs.queue import JOBS, JobUnknown, enqueue, perform
from clerestory.jobs.recurring import MINUTES, WATCHED, lay_down
from clerestory.jobs.worker import said
from clerestory.store import clock
from clerestory.store.queue import pulse, rows
from clerestory.store.unit import NotWritten, atomic

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return clock.now() + timedelta(seconds=5)


def lease():
    return timedelta(seconds=settings.JOB_LEASE)


def test_a_job_is_taken_by_one_and_held(now):
    enqueue("rerun", "mrun-1")
    taken = rows.take("run", now)
    assert (taken.name, taken.arguments) == ("rerun", ("mrun-1",))
    assert rows.take("run", now) is None
    assert rows.take("work", now) is None
    rows.done(taken)
    assert not OrmQ.objects.exists()


def test_a_job_that_nobody_finished_is_taken_again_and_one_that_runs_is_not(now):
    enqueue("rerun", "mrun-1")
    taken = rows.take("run", now)
    rows.renew([taken.place], now + lease() / 2)
    assert rows.take("run", now + lease()) is None
    again = rows.take("run", now + 2 * lease())
    assert again.job_id == taken.job_id


def test_a_job_of_a_transaction_that_is_taken_back_was_never_there():
    def put_and_fail():
        with atomic():
            enqueue("rerun", "mrun-1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        put_and_fail()
    assert not OrmQ.objects.exists()


def test_a_failed_job_is_tried_ever_later_and_leaves_the_queue_with_its_problem_kept(now):
    enqueue("rerun", "mrun-1")
    waits = []
    for _attempt in range(rows.MOST_ATTEMPTS):
        taken = rows.take("run", now)
        rows.failed(taken, "out of memory", now)
        if row := OrmQ.objects.first():
            waits.append(row.lock - now)
            now = row.lock + timedelta(seconds=1)
    assert waits == sorted(waits)
    assert waits[-1] <= rows.LONGEST_WAIT
    assert not OrmQ.objects.exists()
    (failure,) = pulse.pulse(now).failures
    assert (failure.name, failure.attempts, failure.problem) == ("rerun", rows.MOST_ATTEMPTS, "out of memory")


def test_a_job_that_is_done_after_all_leaves_no_failure(now):
    enqueue("rerun", "mrun-1")
    taken = rows.take("run", now)
    rows.failed(taken, "out of memory", now)
    again = rows.take("run", now + timedelta(hours=2))
    rows.done(again)
    assert not Task.objects.exists()


def test_what_this_server_did_not_put_there_is_thrown_away(now):
    OrmQ.objects.create(key="work", payload="gAR9", lock=clock.now())
    assert rows.take("work", now) is None
    assert not OrmQ.objects.exists()


def test_a_signed_package_that_names_another_function_is_thrown_away(now):
    from django_q.tasks import async_task

    async_task("os.getpid", q_options={"cluster": "work"})
    assert rows.take("work", now) is None
    assert not OrmQ.objects.exists()


def test_there_is_no_job_of_another_name():
    with pytest.raises(JobUnknown):
        enqueue("os.system", "x")
    with pytest.raises(JobUnknown):
        perform("nothing")


@pytest.mark.django_db(transaction=True)
def test_the_schedule_is_as_written_and_an_idle_server_writes_nothing(now, django_assert_num_queries):
    Schedule.objects.create(name="gone", func="clerestory.gone", schedule_type="D")
    lay_down()
    lay_down()
    assert set(Schedule.objects.values_list("name", flat=True)) == set(MINUTES)
    rows.follow_schedule(now)
    assert OrmQ.objects.count() == len(MINUTES)
    with django_assert_num_queries(1):
        rows.follow_schedule(clock.now())
    assert {rows.take(lane, now).name for lane in ("work",)} <= set(MINUTES)


@pytest.mark.parametrize("name", sorted(WATCHED))
def test_asking_whether_something_waits_is_cheap(name, actor, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        WATCHED[name](clock.now())


def test_every_job_leads_to_a_function():
    from importlib import import_module

    for job in JOBS.values():
        module, _, function = job.function.partition(":")
        assert callable(getattr(import_module(module), function))


def test_a_worker_that_fell_silent_is_not_alive(now):
    assert not pulse.is_alive(now)
    pulse.beat("here:1", now)
    assert pulse.is_alive(now + timedelta(seconds=30))
    assert not pulse.is_alive(now + timedelta(seconds=50))
    pulse.fall_silent("there:2")
    assert pulse.is_alive(now)
    pulse.fall_silent("here:1")
    assert pulse.pulse(now).last_at is None


def test_a_failure_says_problem_and_remedy():
    assert said(NotWritten("The disk is full.", "Free some space.")) == "The disk is full. Free some space."
    assert said(ValueError("x")) == "ValueError: x"


def test_two_workers_that_start_at_the_same_moment_leave_a_schedule_that_the_next_one_starts_with():
    lay_down()
    (row,) = Schedule.objects.filter(name="catch_up")
    row.pk = None
    row.save(force_insert=True)
    lay_down()
    assert sorted(Schedule.objects.values_list("name", flat=True)) == sorted(MINUTES)


@pytest.mark.django_db(transaction=True)  # the scheduler closes the connection that it worked on
def test_a_clock_that_was_ahead_for_a_while_holds_nothing_up(now):
    lay_down()
    Schedule.objects.update(next_run=now + timedelta(days=365))
    rows.follow_schedule(clock.now())
    rows.follow_schedule(clock.now())
    assert OrmQ.objects.count() == len(MINUTES)
    OrmQ.objects.update(lock=now + timedelta(days=365))
    assert rows.take("work", now) is not None


def test_a_worker_that_died_before_the_clock_was_set_back_does_not_seem_to_live(now):
    pulse.beat("here:1", now + timedelta(days=1))
    assert not pulse.is_alive(now)
    assert not pulse.pulse(now).is_alive
