"""Ids of what a run is about, so that a laptop and a server name the same version alike."""

from clerestory.terms.evidence import Subject
from clerestory.terms.ids import Digest

OWN = "own"
"""Stands for the organisation that a run is pushed to; the server knows which that is."""
_HEX = slice(len("sha256:"), len("sha256:") + 12)


def system_subject(system_id: str) -> Subject:
    """Return the AI system."""
    return Subject("ai_system", system_id)


def organisation_subject(organisation_id: str = OWN) -> Subject:
    """Return the organisation; on a laptop the one that the run will be pushed to."""
    return Subject("organisation", organisation_id)


def deployment_subject(system_id: str, deployment_id: str) -> Subject:
    """Return a deployment of the system: it is named within its system, and so of no other."""
    return Subject("deployment", f"{system_id}/{deployment_id}")


def model_subject(system_id: str, artefact: Digest) -> Subject:
    """Return the version of the model that has this artefact."""
    return Subject("model_version", f"{system_id}/{artefact[_HEX]}")


def dataset_subject(system_id: str, role: str, content: Digest) -> Subject:
    """Return the version of the data set that has this content in this role."""
    return Subject("dataset_version", f"{system_id}/{role}/{content[_HEX]}")
