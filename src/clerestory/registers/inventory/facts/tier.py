"""Evidence of decisions about the tier, and about what asks for less."""

from collections.abc import Mapping
from datetime import datetime

from clerestory.registers.inventory.facts.record import system_subject
from clerestory.registers.inventory.rules.tier import Override, Tiering
from clerestory.terms.evidence import Author, Evidence, Machine, Person, Subject


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


def less_evidence(
    about: Subject, system_id: str, said: Mapping[str, object], *, by: Person | Machine, at: datetime, version: int
) -> Evidence:
    """Return the evidence that something is said of a system or a part to ask less of it; it counts once approved."""
    written = tuple(f"{name}: {_text(value)}" for name, value in sorted(said.items()))
    of_system = about == system_subject(system_id)
    entity = f"less_asked/{system_id}" if of_system else f"less_asked/{about.kind}/{about.id}"
    links = () if of_system else (system_subject(system_id),)
    return Author(about, by, at).evidence("decision.less_asked", entity, version, {"said": written}, links=links)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "unknown"
    return "unknown" if value is None else str(value)
