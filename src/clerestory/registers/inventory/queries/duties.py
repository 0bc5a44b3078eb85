"""What a member has to do about the inventory: say what is unknown, look again, review access, follow the law."""

from datetime import UTC, date, datetime, time

from clerestory.desk.actor import Actor
from clerestory.desk.duty import Duty, until_the_log_grows
from clerestory.desk.permit import permit
from clerestory.registers.inventory.queries.access import access_duties
from clerestory.registers.inventory.queries.law import law_duties
from clerestory.registers.inventory.queries.reassess import reassess_duties
from clerestory.registers.inventory.queries.records import unsaid_duties


def duties(actor: Actor, on: date) -> tuple[Duty, ...]:
    """Return what the member has to do about the inventory."""
    permit(actor, "read", "inventory")
    at = datetime.combine(on, time.max, tzinfo=UTC)
    return (*reassess_duties(actor, at), *access_duties(actor, on), *_of_records(actor, on))


@until_the_log_grows
def _of_records(actor: Actor, on: date) -> tuple[Duty, ...]:
    return (*law_duties(actor, on), *unsaid_duties(actor))
