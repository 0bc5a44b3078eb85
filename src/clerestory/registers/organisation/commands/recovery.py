"""A log that is older than what was signed is read in again, by whoever administers the organisation and says why."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.registers.organisation.commands.record import AREA
from clerestory.store.recovery.recover import Recovered, recover


def recover_log(*, actor: Actor, packs: Sequence[Path], reason: str, now: datetime | None = None) -> Recovered:
    """Read the organisation's log in again from its publication and packs, and log who did so and why.

    Raises:
        NotPermitted: only who administers the organisation may.
        RecoveryRefused: nothing is to be recovered, or not all that was signed is held.
        SourceRefused: a pack or the publication is not of this log.
    """
    permit(actor, "administer", AREA)
    return recover(actor.organisation_id, packs, reason=reason, person=actor.person(), now=now)
