"""Whether a worker lives, how much waits for one, and which jobs failed. Runs nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import models
from django_q.models import OrmQ, Task

from clerestory.terms.moment import moment_text, read_moment

KEY = "worker-pulse"
SILENT_AFTER = timedelta(seconds=45)
"""A worker says that it lives every ten seconds; after this long without a word it is taken for dead."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A job that failed and was not done since: what, when last, how often, and why."""

    name: str
    at: datetime
    attempts: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """How jobs stand: whether a worker lives, what waits and since when, and what failed."""

    last_at: datetime | None
    worker: str
    is_alive: bool
    waiting: int
    overdue_since: datetime | None
    failures: tuple[Failure, ...]


def beat(worker: str, now: datetime) -> None:
    """Say that a worker lives."""
    cache.set(KEY, {"worker": worker, "at": moment_text(now)}, timeout=None)


def fall_silent(worker: str) -> None:
    """Say that a worker ended as it was asked to."""
    said = cache.get(KEY)
    if said and said.get("worker") == worker:
        cache.delete(KEY)


def is_alive(now: datetime) -> bool:
    """Tell in one query whether a worker said lately that it lives."""
    said = cache.get(KEY)
    return bool(said) and abs(now - read_moment(said["at"])) <= SILENT_AFTER  # abs: the clock may be set back


def pulse(now: datetime, *, failures: int = 5) -> Pulse:
    """Return how jobs stand, with the newest failures."""
    said = cache.get(KEY)
    last_at = read_moment(said["at"]) if said else None
    # house: allow organisation-scope: the queue is the server's
    untaken = OrmQ.objects.filter(lock__lt=now).aggregate(n=models.Count("id"), oldest=models.Min("lock"))
    # house: allow organisation-scope: the queue is the server's
    failed = Task.objects.filter(success=False).order_by("-stopped")[:failures]
    return Pulse(
        last_at=last_at,
        worker=said["worker"] if said else "",
        is_alive=last_at is not None and abs(now - last_at) <= SILENT_AFTER,
        waiting=int(untaken["n"] or 0),
        overdue_since=untaken["oldest"],
        failures=tuple(Failure(row.name, row.stopped, row.attempt_count, str(row.result)) for row in failed),
    )
