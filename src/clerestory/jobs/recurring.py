"""Recurring work: jobs by the clock, and jobs as soon as something waits for them."""

from collections.abc import Callable
from datetime import datetime

from clerestory.desk.notice.mail import mail_waits
from clerestory.desk.notice.post import posts_wait
from clerestory.jobs.queue import JOBS
from clerestory.jobs.upkeep import checkpoints_wait, entries_wait, publications_wait
from clerestory.registers.monitoring.queries import runs_wait
from clerestory.store.queue import rows

MINUTES = {
    "catch_up": 10,
    "dispatch": 10,
    "measures": 10,
    "rechecks": 60,
    "reminders": 240,
    "silences": 10,
    "tiers": 60,
    "timestamps": 5,
}
"""Jobs by the clock with the minutes between two runs; each finds out itself what there is to do."""
WATCHED: dict[str, Callable[[datetime], bool]] = {
    "dispatch": entries_wait,
    "mail": mail_waits,
    "webhooks": posts_wait,
    "start_runs": runs_wait,
    "witnesses": checkpoints_wait,
    "publication": publications_wait,
}
"""Jobs that a lane does by itself as soon as something waits; each question is one small query or two."""


def lay_down() -> None:
    """Write the schedule as it stands here."""
    rows.lay_down(MINUTES, {name: JOBS[name].lane for name in MINUTES})
