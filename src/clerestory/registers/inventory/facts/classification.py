"""Evidence of a class under the EU AI Act: what follows from the answers, with its reasoning as content."""

from collections.abc import Sequence
from datetime import datetime

from clerestory.registers.inventory.facts.record import system_subject
from clerestory.registers.inventory.rules.classification import Classification
from clerestory.terms.evidence import Author, Evidence, FactValue, Person

KIND = "decision.legal_class"


def entity_of(system_id: str) -> str:
    """Return what the log calls the versions of a system's class."""
    return f"legal_class/{system_id}"


def class_evidence(
    system_id: str, found: Classification, reasoning: Sequence[str], *, law: str, by: Person, at: datetime, version: int
) -> Evidence:
    """Return the evidence of one version of a class; what is open stands in it as open."""
    values: dict[str, FactValue] = {
        "law": law,
        "law_version": found.version,
        "legal_class": str(found.klass),
        "at_least": str(found.at_least),
        "legal_roles": found.roles,
        "legal_duties": tuple(f"{duty.article} from {duty.applies_from.isoformat()}" for duty in found.duties),
        "open_questions": found.open,
    }
    if found.applies_from is not None:
        values["applies_from"] = found.applies_from.isoformat()
    return Author(system_subject(system_id), by, at).evidence(
        KIND, entity_of(system_id), version, values, text="\n".join(reasoning)
    )
