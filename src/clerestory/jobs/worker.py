"""``python -m clerestory.jobs.worker``: does jobs until told to stop. One process, a thread per lane.

A job stays in the queue until it is done. While it runs its lease is renewed; of a worker that was killed the lease
ends, and another worker takes the job again. Refuses to start on a database that is not set up.
"""

import argparse
import logging
import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress

from clerestory.terms.error import ClerestoryError

log = logging.getLogger("clerestory.jobs")
TICK, BEAT, WATCH, CLOCK = 1.0, 10.0, 2.0, 15.0
LONGEST_REST = 3600.0
YIELDS = 5
"""How much less of a busy processor jobs get than pages, as a nice value: who waits for a page comes first."""
PATIENCE = 20.0
"""Seconds that running jobs have to leave by themselves when the worker is asked to end."""


class Lane(threading.Thread):
    """Does the jobs of one lane, one after the other."""

    def __init__(self, name: str, stop: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self.stop = stop
        self.holds: int | None = None
        self.failures: dict[str, int] = {}
        self.rests: dict[str, float] = {}

    def run(self) -> None:
        """Work until told to stop; a database that is away for a while is waited for."""
        from django.db import close_old_connections, connections

        while not self.stop.is_set():
            try:
                close_old_connections()
                worked = self._take()
                self._look()
            except Exception:
                log.exception("The queue cannot be read.")
                self.stop.wait(5)
                continue
            if not worked:
                self.stop.wait(TICK)
        connections.close_all()

    def _take(self) -> bool:
        """Do the next job of the queue; return whether there was one."""
        from clerestory.jobs.queue import Interrupted, perform
        from clerestory.store import clock
        from clerestory.store.queue import rows

        taken = rows.take(self.name, clock.now())
        if taken is None:
            return False
        self.holds = taken.place
        try:
            perform(taken.name, *taken.arguments)
        except Interrupted:
            rows.release([taken.place], clock.now())
        except Exception as error:
            log.exception("The job %s failed.", taken.name)
            rows.failed(taken, said(error), clock.now())
        else:
            rows.done(taken)
        finally:
            self.holds = None
        return True

    def _look(self) -> None:
        """Do the jobs of this lane for which something waits; one that failed rests longer each time."""
        from clerestory.jobs.queue import JOBS, Interrupted, perform
        from clerestory.jobs.recurring import WATCHED
        from clerestory.store import clock
        from clerestory.store.queue import rows

        for name, waits in WATCHED.items():
            if JOBS[name].lane != self.name or time.monotonic() < self.rests.get(name, 0.0) or self.stop.is_set():
                continue
            self.rests[name] = time.monotonic() + WATCH
            started = clock.now()
            try:
                if not waits(started):
                    continue
                perform(name)
            except Interrupted:
                return
            except Exception as error:
                log.exception("The job %s failed.", name)
                self.failures[name] = rows.note_failure(f"watched-{name}", name, (), said(error), started, clock.now())
                self.rests[name] = time.monotonic() + min(15.0 * 2 ** self.failures[name], LONGEST_REST)
                continue
            if self.failures.get(name, 1):
                rows.forget_failure(f"watched-{name}")
                self.failures[name] = 0


def said(error: Exception) -> str:
    """Say why a job failed."""
    if isinstance(error, ClerestoryError):
        return f"{error.problem} {error.remedy}"[:2000]
    return f"{type(error).__name__}: {error}"[:2000]


class Worker:
    """Keeps the lanes going: says that it lives, renews leases and follows the clock."""

    def __init__(self, parent: int | None = None) -> None:
        from clerestory.jobs.queue import LANES, stopping

        self.parent = parent
        self.stop = stopping
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.lanes = [Lane(name, self.stop) for name in LANES]
        self.next: dict[str, float] = {}

    def run(self) -> None:
        """Work until SIGTERM, SIGINT, or until the process that started this one is gone."""
        from clerestory.jobs.recurring import lay_down
        from clerestory.store import clock
        from clerestory.store.queue import pulse, rows

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop.set())
        lay_down()
        pulse.beat(self.name, clock.now())
        for lane in self.lanes:
            lane.start()
        while not self.stop.wait(TICK):
            if self.parent is not None and os.getppid() != self.parent:
                self.stop.set()
                break
            try:
                self._tick(time.monotonic())
            except Exception:
                log.exception("The worker stumbled.")
                self.stop.wait(5)
        ends = time.monotonic() + PATIENCE
        for lane in self.lanes:
            lane.join(max(0.0, ends - time.monotonic()))
        with suppress(Exception):
            rows.release([lane.holds for lane in self.lanes if lane.holds is not None], clock.now())
            pulse.fall_silent(self.name)

    def _tick(self, at: float) -> None:
        from django.conf import settings
        from django.db import close_old_connections

        from clerestory.store import clock
        from clerestory.store.queue import pulse, rows

        now = clock.now()
        close_old_connections()
        held = [lane.holds for lane in self.lanes if lane.holds is not None]
        if held and self._is_time("lease", at, settings.JOB_LEASE / 4):
            rows.renew(held, now)
        if self._is_time("beat", at, BEAT):
            pulse.beat(self.name, now)
        if self._is_time("clock", at, CLOCK):
            rows.follow_schedule(now)

    def _is_time(self, what: str, at: float, every: float) -> bool:
        if at < self.next.get(what, 0.0):
            return False
        self.next[what] = at + every
        return True


def main(arguments: list[str] | None = None) -> int:
    """Run a worker; return the exit code."""
    parser = argparse.ArgumentParser(prog="clerestory worker")
    parser.add_argument("--parent", type=int, help="process whose end ends this one")
    parser.add_argument("--after", type=int, help="port on this machine to wait for first")
    asked = parser.parse_args(arguments)
    if asked.after:
        wait_for(asked.after)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clerestory.settings")
    if hasattr(os, "nice"):
        os.nice(YIELDS)
    try:
        import django

        django.setup()
        from clerestory.store.unit import plain_errors
        from clerestory.store.upkeep import waiting_migrations

        with plain_errors():
            if waiting_migrations():
                sys.stderr.write("The database is not set up.\nRun: python -m clerestory.jobs.migrate\n")
                return 2
            Worker(asked.parent).run()
    except ClerestoryError as error:
        sys.stderr.write(f"{error.problem}\n{error.remedy}\n")
        return 2
    return 0


def wait_for(port: int, longest: float = 30.0) -> None:
    """Wait until somebody listens on a port of this machine, so that the first page comes before the worker."""
    ends = time.monotonic() + longest
    while time.monotonic() < ends:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())
