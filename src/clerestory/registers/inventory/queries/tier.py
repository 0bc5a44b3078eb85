"""The tier of a system: what it rests on, and the decisions that another one counts."""

from dataclasses import dataclass
from datetime import date, datetime

from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.registers.inventory import models
from clerestory.registers.inventory.rules.record import Tier
from clerestory.terms.ids import EntryId, PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideRecord:
    """One decision about the tier, and whether it counts; ``ended_by`` says why it no longer does."""

    entry_id: EntryId
    tier: Tier
    derived: Tier | None
    reason: str
    ends_on: date
    made_by: PersonId
    made_at: datetime
    stands: bool
    ended_at: datetime | None
    ended_by: str


def overrides_of(actor: Actor, system_id: str) -> tuple[OverrideRecord, ...]:
    """Return the decisions about the tier of one system, newest first, in one query."""
    permit(actor, "read", "inventory")
    rows = models.TierOverride.objects.filter(organisation_id=actor.organisation_id, system__system_id=system_id)
    return tuple(
        OverrideRecord(
            entry_id=EntryId(row.entry_id),
            tier=Tier(row.tier),
            derived=Tier(row.derived) if row.derived else None,
            reason=row.reason,
            ends_on=row.ends_on,
            made_by=PersonId(row.made_by),
            made_at=row.made_at,
            stands=row.stands,
            ended_at=row.ended_at,
            ended_by=row.ended_by,
        )
        for row in rows.order_by("-number")
    )
