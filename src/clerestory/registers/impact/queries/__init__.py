"""Reads of the impact register: frozen values of one organisation, never rows."""

from clerestory.registers.impact.queries.assessment import (
    Assessed,
    all_assessed,
    assessed,
    assessment_of,
    entries_about,
    snapshot_of,
)
from clerestory.registers.impact.queries.known import known_risks, risks_of
from clerestory.registers.impact.queries.listing import columns, counts, duties, listed
from clerestory.registers.impact.queries.method import InForce, in_force, read_method, read_thresholds
from clerestory.registers.impact.queries.reading import ImpactUnknown, Made, versions

__all__ = [
    "Assessed",
    "ImpactUnknown",
    "InForce",
    "Made",
    "all_assessed",
    "assessed",
    "assessment_of",
    "columns",
    "counts",
    "duties",
    "entries_about",
    "in_force",
    "known_risks",
    "listed",
    "read_method",
    "read_thresholds",
    "risks_of",
    "snapshot_of",
    "versions",
]
