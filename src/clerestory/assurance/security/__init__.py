"""Abuse and protection of the system around the model: limits, secrets, output that acts, rights, copies."""

from clerestory.assurance.security import (
    abuse_scenarios,
    canary_exfiltration,
    extraction_cost,
    output_encoding,
    rate_limit,
    secret_scan,
    tenant_isolation,
)

__all__ = [
    "abuse_scenarios",
    "canary_exfiltration",
    "extraction_cost",
    "output_encoding",
    "rate_limit",
    "secret_scan",
    "tenant_isolation",
]
