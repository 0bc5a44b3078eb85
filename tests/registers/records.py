"""Records as tests need them: a complete AI system, digests, versions of models and data."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

from clerestory.desk.actor import Actor
from clerestory.registers.inventory import commands as inventory
from clerestory.registers.inventory.rules import AIRole, AISystem, DataRole, DatasetVersion, ModelVersion, Stage
from clerestory.terms.ids import Digest
from tests.organisation import NOW

LATER = NOW + timedelta(hours=1)


def digest(text: str) -> Digest:
    """Return the digest of some bytes."""
    return Digest("sha256:" + sha256(text.encode()).hexdigest())


def system(owned_by: Actor, system_id: str = "credit-scoring", **changes: object) -> AISystem:
    """Return a system in verification, owned by the actor; what the changes leave out is unknown."""
    plain = AISystem(
        system_id=system_id,
        name="Credit scoring",
        purpose="Rank loan applications for an officer's decision",
        owner=owned_by.person_id,
        stage=Stage.VERIFICATION,
        ai_role=(AIRole.PROVIDER,),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def dataset(content: str = "rows", role: DataRole = DataRole.TEST, **changes: object) -> DatasetVersion:
    """Return a version of data of the credit scoring system."""
    plain = DatasetVersion(system_id="credit-scoring", role=role, content_digest=digest(content))
    return replace(plain, **changes)  # type: ignore[arg-type]


def model(content: str = "weights", **changes: object) -> ModelVersion:
    """Return a version of the credit scoring model."""
    plain = ModelVersion(system_id="credit-scoring", artefact_digest=digest(content))
    return replace(plain, **changes)  # type: ignore[arg-type]


def register(actor: Actor, **changes: object) -> None:
    """Register the credit scoring system."""
    inventory.register_ai_system(actor=actor, system=system(actor, **changes), now=NOW)
