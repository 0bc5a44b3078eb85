"""Who takes the steps of what a process opens: the owner of the AI system, while they are a member."""

from clerestory.desk.actor import Actor
from clerestory.desk.people import NotAMember, require_member
from clerestory.registers.inventory.queries import InventoryUnknown, SystemRecord, ai_system


def registered_system(actor: Actor, system_id: str) -> SystemRecord | None:
    """Return the system of that id; None where none is registered."""
    try:
        return ai_system(actor, system_id) if system_id else None
    except InventoryUnknown:
        return None


def owner_of(actor: Actor, system: SystemRecord | None) -> str:
    """Return the system's owner; nobody where they left, so that an administrator is asked to name one."""
    if system is None:
        return ""
    try:
        return require_member(actor.organisation_id, system.system.owner).person_id
    except NotAMember:
        return ""
