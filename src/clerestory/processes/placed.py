"""What was decided and approved about a system's place in the scope and our AI roles stands in its record too.

The inventory says it in the words of the newest decision that counts; once that is taken back, the place is unknown
again. Nobody types it twice.
"""

from datetime import datetime

from clerestory.desk.actor import Actor
from clerestory.processes.process import Process
from clerestory.registers.context.queries.scope import approved_placement
from clerestory.registers.inventory.commands import follow_placement
from clerestory.registers.inventory.rules import AIRole
from clerestory.store.handover import Head
from clerestory.terms.fact import Fact

KINDS = ("approval.document", "record.revocation")


def wants(head: Head) -> bool:
    """Tell whether an entry approves something about a system, or takes something back."""
    return head.subject_kind == "ai_system" and head.kind in KINDS


def follow(actor: Actor, fact: Fact, now: datetime) -> None:
    """Let the record of the system follow what counts now; where nothing was ever decided it stays as it is."""
    system_id = fact.subject.id
    counts = approved_placement(actor, system_id)
    if not counts.decided:
        return
    follow_placement(
        actor=actor,
        system_id=system_id,
        in_scope=counts.included,
        ai_role=None if counts.roles is None else tuple(AIRole(role) for role in counts.roles),
        because=counts.entries,
        now=now,
    )


PROCESS = Process(name="placement", wants=wants, follow=follow)
