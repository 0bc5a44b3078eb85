"""Ids of what a run is about, so that a laptop and a server name the same version alike."""

from clerestory.terms.evidence import Subject
from clerestory.terms.ids import Digest

_HEX = slice(len("sha256:"), len("sha256:") + 12)


def system_subject(system_id: str) -> Subject:
    """Return the AI system."""
    return Subject("ai_system", system_id)


def model_subject(system_id: str, artefact: Digest) -> Subject:
    """Return the version of the model that has this artefact."""
    return Subject("model_version", f"{system_id}/{artefact[_HEX]}")


def dataset_subject(system_id: str, role: str, content: Digest) -> Subject:
    """Return the version of the data set that has this content in this role."""
    return Subject("dataset_version", f"{system_id}/{role}/{content[_HEX]}")
