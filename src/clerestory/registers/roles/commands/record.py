"""What all commands of roles share: what they return, and that systems they name are in the inventory."""

from collections.abc import Sequence
from dataclasses import dataclass

from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.registers.roles.rules import RoleRefused
from clerestory.store import directory
from clerestory.terms.ids import EntryId
from clerestory.terms.sentence import gettext as _

URL = "/roles/"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a command wrote: the record's id and version and its entry."""

    record_id: str
    version: int
    entry_id: EntryId


def require_systems(actor: Actor, systems: Sequence[str]) -> None:
    """Refuse systems that the inventory does not know."""
    permit(actor, "read", "roles")
    known = {record.id for record in directory.find(actor.organisation_id, "ai_system", systems)}
    missing = [system for system in systems if system not in known]
    if missing:
        raise RoleRefused(_("There is no AI system {missing!r}.", missing=missing[0]), _("Register the system first."))
