"""A monitor that runs for real: asked for, queued, measured in its own process, and handed to the processes."""

from collections.abc import Callable
from datetime import datetime

import pytest

from clerestory.desk.actor import Actor
from clerestory.desk.lists import ListQuery
from clerestory.jobs import rerun as jobs
from clerestory.jobs.dispatch import dispatch
from clerestory.jobs.queue import perform
from clerestory.registers.monitoring import queries
from clerestory.registers.monitoring.commands import ask_run
from clerestory.registers.monitoring.queries import RunRecord
from clerestory.registers.nonconformity.queries import nonconformities
from clerestory.store import clock, sequencer
from clerestory.store.facts import forget

Run = Callable[[str], RunRecord]


@pytest.fixture(autouse=True)
def _fresh() -> None:
    """Begin with no facts in memory."""
    forget()


@pytest.fixture
def run(actor: Actor) -> Run:
    """Ask for a run of a monitor, do it and hand what it wrote to the processes: ``run(monitor_id)``."""

    def once(monitor_id: str) -> RunRecord:
        run_id = ask_run(actor=actor, monitor_id=monitor_id)
        jobs.start_due()
        perform("rerun", run_id)
        followed(actor)
        return queries.runs(actor, monitor_id)[0]

    return once


def followed(actor: Actor, now: datetime | None = None) -> None:
    """Place what was written and hand it to the processes, until nothing new comes of it."""
    sequencer.sequence(actor.organisation_id)
    while dispatch(actor.organisation_id, now=now or clock.now()):
        sequencer.sequence(actor.organisation_id)


def titles(actor: Actor) -> list[str]:
    """Return the titles of all nonconformities, oldest first."""
    rows = nonconformities(actor, ListQuery(size=100), clock.now().date()).rows
    return [row.title for row in sorted(rows, key=lambda row: row.opened_at)]
