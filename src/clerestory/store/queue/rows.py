"""Rows of the queue: put, taken for a while, done or failed. A job stays until it is done, so none is lost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Q
from django_q.models import OrmQ, Schedule, Task
from django_q.scheduler import scheduler
from django_q.signing import BadSignature, SignedPackage
from django_q.tasks import async_task

PERFORM = "clerestory.jobs.queue.perform"
"""The one function that a row may name."""
MOST_ATTEMPTS = 8
LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Taken:
    """A job that this worker holds for a while: ``place`` is its row."""

    place: int
    job_id: str
    name: str
    arguments: tuple[str, ...]
    taken_at: datetime


def put(lane: str, name: str, *arguments: str) -> str:
    """Put a job into a lane, in the caller's transaction, and return its id."""
    return str(async_task(PERFORM, name, *arguments, q_options={"cluster": lane, "task_name": name}))


def take(lane: str, now: datetime) -> Taken | None:
    """Take the oldest job of a lane that nobody holds, in one query where there is none."""
    # What waits longer than anything can was put there while the clock was wrong.
    never = now + LONGEST_WAIT + 2 * timedelta(seconds=settings.JOB_LEASE)
    free = _waiting().filter(Q(lock__lt=now) | Q(lock__gt=never), key=lane).order_by("lock", "id")
    for row in free[:5]:
        held = _waiting().filter(pk=row.pk, lock=row.lock)
        if not held.update(lock=now + timedelta(seconds=settings.JOB_LEASE)):
            continue  # another worker was faster
        job = _read(row.payload)
        if job is not None:
            return Taken(row.pk, str(job["id"]), str(job["args"][0]), tuple(job["args"][1:]), now)
        _waiting().filter(pk=row.pk).delete()  # not put there by this server
    return None


def renew(places: Iterable[int], now: datetime) -> None:
    """Hold on to jobs that still run."""
    _waiting().filter(pk__in=list(places)).update(lock=now + timedelta(seconds=settings.JOB_LEASE))


def release(places: Iterable[int], now: datetime) -> None:
    """Leave jobs to the next worker at once."""
    _waiting().filter(pk__in=list(places)).update(lock=now)


def done(taken: Taken) -> None:
    """Take a job that is done out of the queue, and what it failed with before off the list."""
    _waiting().filter(pk=taken.place).delete()
    forget_failure(taken.job_id)


def failed(taken: Taken, problem: str, now: datetime) -> None:
    """Leave a failed job for a later attempt, each time later; after the last one it leaves the queue."""
    attempts = note_failure(taken.job_id, taken.name, taken.arguments, problem, taken.taken_at, now)
    if attempts >= MOST_ATTEMPTS:
        _waiting().filter(pk=taken.place).delete()
    else:
        _waiting().filter(pk=taken.place).update(lock=now + min(timedelta(seconds=15 * 2**attempts), LONGEST_WAIT))


def note_failure(
    job_id: str, name: str, arguments: tuple[str, ...], problem: str, started: datetime, now: datetime
) -> int:
    """Keep that a job failed and why; return how often it did."""
    row, made = _failures().get_or_create(
        id=job_id,
        defaults={
            "name": name,
            "func": PERFORM,
            "args": arguments,
            "kwargs": {},
            "started": started,
            "stopped": now,
            "success": False,
            "result": problem,
            "attempt_count": 1,
        },
    )
    if made:
        return 1
    _failures().filter(id=job_id).update(attempt_count=F("attempt_count") + 1, stopped=now, result=problem)
    return int(row.attempt_count) + 1


def forget_failure(job_id: str) -> None:
    """Take a failure off the list: the job was done after all."""
    _failures().filter(id=job_id, success=False).delete()


def lay_down(minutes: Mapping[str, int], lanes: Mapping[str, str]) -> None:
    """Make the schedule's rows as the program has them; rows of jobs that are no more, and doubles, are removed.

    Two workers that start at the same moment may each lay down a row: the next start finds and removes the second.
    """
    _schedule().exclude(name__in=minutes).delete()
    for name, between in minutes.items():
        wanted = {
            "func": PERFORM,
            "args": repr((name,)),
            "kwargs": repr({"q_options": {"cluster": lanes[name], "task_name": name}}),
            "schedule_type": Schedule.MINUTES,
            "minutes": between,
            "repeats": -1,
        }
        ids = list(_schedule().filter(name=name).order_by("id").values_list("id", flat=True))
        _schedule().filter(id__in=ids[1:]).delete()
        if ids:
            _schedule().filter(id=ids[0]).update(**wanted)
        else:
            _schedule().create(name=name, **wanted)


def follow_schedule(now: datetime) -> None:
    """Put what the clock asks for into the queue; asks first, so that an idle server writes nothing.

    What is due later than it can be was written while the clock was wrong: it is due now.
    """
    rows = list(_schedule().values_list("id", "next_run", "minutes"))
    for place, next_run, minutes in rows:
        if next_run > now + 2 * timedelta(minutes=minutes or 0):
            _schedule().filter(id=place).update(next_run=now)
    if any(next_run < now for _place, next_run, _minutes in rows):
        scheduler()


def _read(payload: str) -> Mapping[str, Any] | None:
    try:
        job: Mapping[str, Any] = SignedPackage.loads(payload)
    except (TypeError, BadSignature):
        return None
    return job if job.get("func") == PERFORM and job.get("args") else None


def _waiting() -> Any:
    return OrmQ.objects.all()  # house: allow organisation-scope: the queue is the server's


def _failures() -> Any:
    return Task.objects.all()  # house: allow organisation-scope: the queue is the server's


def _schedule() -> Any:
    return Schedule.objects.all()  # house: allow organisation-scope: the queue is the server's
