"""What happened on the way to a release: gates, order of steps, tests for requirements, and giving weights away."""

from clerestory.assurance.pipeline import policy_gate, process_conformance, requirement_traceability, weights_release

__all__ = ["policy_gate", "process_conformance", "requirement_traceability", "weights_release"]
