"""Jobs of tests, for a worker process: one that waits in the middle, one that fails, and the worker itself."""

import sys
import threading
from pathlib import Path

import django


def wait_inside(folder: str) -> None:
    """Write that it began, wait until it may go on, and bring in the outcome once."""
    from clerestory.store.queue import rows

    place = Path(folder)
    with (place / "begun").open("a") as file:
        file.write("x")
    sys.stdout.write("inside\n")
    sys.stdout.flush()
    while not (place / "go").exists():
        threading.Event().wait(0.05)
    with (place / "outcome").open("x"):
        rows.forget_failure("nothing")
    sys.stdout.write("outcome\n")
    sys.stdout.flush()


def fail(word: str) -> None:
    """Fail with a word."""
    raise RuntimeError(word)


def run() -> int:
    """Run a worker that knows these jobs."""
    know()
    from clerestory.jobs.worker import main

    return main()


def know() -> None:
    """Make these jobs known to this process."""
    django.setup()
    from clerestory.jobs.queue import JOBS, Job

    JOBS["wait"] = Job("tests.jobs.slow:wait_inside", "run")
    JOBS["fail"] = Job("tests.jobs.slow:fail", "work")
