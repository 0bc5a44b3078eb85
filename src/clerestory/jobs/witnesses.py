"""The job that asks the witnesses of every log for cosignatures as soon as a checkpoint lacks one."""

from datetime import datetime

from clerestory.intake.witnessing.ask import ask, due
from clerestory.store import clock
from clerestory.store.log.cosigned import logs_with_policy


def checkpoints_wait(now: datetime) -> bool:
    """Tell whether a witness is to be asked now; without a policy that costs no query."""
    return any(due(organisation_id, now) for organisation_id in logs_with_policy())


def ask_all() -> None:
    """Ask the witnesses of every log that has a policy."""
    for organisation_id in logs_with_policy():
        ask(organisation_id, now=clock.now())
