"""Tiers of AI systems: those whose override came to its end, or that older rules gave, are derived again."""

from datetime import datetime

from clerestory.desk.actor import product
from clerestory.intake.run import tool_version
from clerestory.registers.inventory.commands import settle_tiers
from clerestory.registers.organisation.queries import organisations
from clerestory.store import clock


def settle(now: datetime | None = None) -> int:
    """Derive again what is out of date, in every organisation; return how many records that wrote."""
    moment, version = now or clock.now(), tool_version()
    every = (organisation_id for organisation_id, _name in organisations())
    return sum(settle_tiers(actor=product(one, version), now=moment) for one in every)
