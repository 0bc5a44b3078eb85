"""A pushed model whose data contract fails, and what follows from it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from clerestory.desk.actor import Actor
from clerestory.intake.receive import Receipt, receive
from clerestory.jobs.dispatch import dispatch
from clerestory.store import sequencer
from clerestory.store.facts import forget
from tests.intake.loans import ran, write
from tests.organisation import NOW

HOUR = timedelta(hours=1)
CONTRACT = "data_quality.contract"
Push = Callable[..., Receipt]


@pytest.fixture
def push(actor: Actor, tmp_path: Path) -> Push:
    """Run the checks on data with so many broken rows, push them, and hand the entries on: ``push(40)``."""
    forget()
    count = iter(range(1000))

    def pushed(broken: int = 0, *, at: datetime = NOW, hand_over: bool = True, rows: int = 800) -> Receipt:
        folder = write(tmp_path / f"run{next(count)}", broken=broken, rows=rows)
        receipt = receive(ran(folder, at=at), actor=actor, now=at + timedelta(minutes=1))
        sequencer.sequence(actor.organisation_id)
        if hand_over:
            followed(actor, at=at + timedelta(minutes=2))
        return receipt

    return pushed


def followed(actor: Actor, *, at: datetime = NOW + HOUR) -> int:
    """Hand entries on until nothing new comes of it; outside of tests the sequencer runs after each commit."""
    done = 0
    while now := dispatch(actor.organisation_id, now=at):
        done += now
        sequencer.sequence(actor.organisation_id)
    return done


def entry_of(receipt: Receipt, check: str = CONTRACT) -> str:
    """Return the entry of one check of a push."""
    return next(str(item.entry_id) for item in receipt.checks if item.name == check)
