"""Evidence of decisions about the tier."""

from datetime import datetime

from clerestory.registers.inventory.facts.record import system_subject
from clerestory.registers.inventory.rules.tier import Override, Tiering
from clerestory.terms.evidence import Author, Evidence, Person


def override_evidence(override: Override, tiering: Tiering, *, by: Person, at: datetime, version: int) -> Evidence:
    """Return the evidence that a decision is by which another tier counts for a time."""
    return Author(system_subject(override.system_id), by, at).evidence(
        "decision.tier_override",
        f"tier_override/{override.system_id}",
        version,
        {
            "tier": str(override.tier),
            "derived_tier": "unknown" if tiering.derived is None else str(tiering.derived),
            "reason": override.reason.strip(),
            "valid_until": override.ends_on.isoformat(),
        },
    )
