"""Jobs by name, in lanes. The queue lies in the database, beside what its jobs are about.

A job is taken at least once: killed in the middle it is taken again, so each is written to change nothing twice.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from clerestory.store.queue import rows
from clerestory.terms.error import ClerestoryError

stopping = threading.Event()
"""Set when the worker is asked to end; a job that takes long looks at it and leaves with `Interrupted`."""


class JobUnknown(ClerestoryError):
    """There is no job of that name."""


class Interrupted(Exception):
    """The worker ends; the job is taken again by the next one, and nothing is wrong."""


@dataclass(frozen=True, slots=True)
class Job:
    """Where a job's function is, and in which lane it waits: jobs of different lanes do not wait for each other."""

    function: str
    lane: str


JOBS: dict[str, Job] = {
    "mail": Job("clerestory.jobs.outbox:send_mail", "post"),
    "webhooks": Job("clerestory.jobs.outbox:post_webhooks", "post"),
    "dispatch": Job("clerestory.jobs.upkeep:hand_over", "work"),
    "catch_up": Job("clerestory.jobs.upkeep:catch_up", "work"),
    "reminders": Job("clerestory.jobs.reminders:remind", "work"),
    "import_systems": Job("clerestory.jobs.upkeep:import_systems", "run"),
    "tiers": Job("clerestory.jobs.upkeep:settle", "work"),
    "silences": Job("clerestory.jobs.watch.silence:note_silences", "work"),
    "measures": Job("clerestory.jobs.bearing:judge_measures", "work"),
    "start_runs": Job("clerestory.jobs.rerun:start_due", "work"),
    "witnesses": Job("clerestory.jobs.upkeep:ask_witnesses", "post"),
    "publication": Job("clerestory.jobs.upkeep:publish_logs", "post"),
    "timestamps": Job("clerestory.jobs.upkeep:ask_authority", "post"),
    "rechecks": Job("clerestory.jobs.watch.recheck:recheck_logs", "run"),
    "rerun": Job("clerestory.jobs.rerun:rerun", "run"),
}
LANES = ("work", "post", "run")


def enqueue(name: str, *args: str) -> str:
    """Put a job into the queue, in the caller's transaction, and return its id.

    Raises:
        JobUnknown: there is no such job.
    """
    return rows.put(_job(name).lane, name, *args)


def perform(name: str, *args: str) -> None:
    """Do a job now.

    Raises:
        JobUnknown: there is no such job.
    """
    module, _, function = _job(name).function.partition(":")
    work: Callable[..., object] = getattr(import_module(module), function)
    work(*args)


def _job(name: str) -> Job:
    if name not in JOBS:
        raise JobUnknown(f"There is no job {name!r}.", f"Use one of: {', '.join(sorted(JOBS))}.")
    return JOBS[name]
