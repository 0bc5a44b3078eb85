"""What happened on the way to a release: gates, order of steps, tests for requirements, and giving weights away."""

from clerestory.assurance.pipeline import (
    artefact_identity,
    policy_gate,
    process_conformance,
    release_gate,
    requirement_traceability,
    weights_release,
)

__all__ = [
    "artefact_identity",
    "policy_gate",
    "process_conformance",
    "release_gate",
    "requirement_traceability",
    "weights_release",
]
