"""Changes of the key with which the organisation's log is signed: an administrator's, each an entry of the log."""

from datetime import datetime

from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.registers.organisation.commands.record import AREA
from clerestory.store.rotation import Rotated, announce, end


def rotate_key(*, actor: Actor, compromised: bool = False, now: datetime | None = None) -> Rotated:
    """Name the next key of the log; a compromised one ends at once.

    Raises:
        RotationRefused: two keys overlap already.
    """
    permit(actor, "administer", AREA)
    return announce(actor.organisation_id, by=actor.person(), compromised=compromised, now=now)


def end_key(*, actor: Actor, compromised: bool = False, now: datetime | None = None) -> Rotated:
    """End the older of two keys that sign the log.

    Raises:
        RotationRefused: only one key signs it.
    """
    permit(actor, "administer", AREA)
    return end(actor.organisation_id, by=actor.person(), compromised=compromised, now=now)
