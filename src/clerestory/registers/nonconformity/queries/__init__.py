"""Reads of nonconformities: frozen values of one organisation, never rows."""

from clerestory.registers.nonconformity.queries.detail import Detail, Taken, nonconformity
from clerestory.registers.nonconformity.queries.lists import (
    NonconformityCounts,
    asking_for_review,
    came_before,
    columns,
    duties,
    nonconformities,
    nonconformities_of_system,
    nonconformity_counts,
    open_for_check,
    open_of_system,
    opening_key,
    review_key,
)
from clerestory.registers.nonconformity.queries.measured import Measured
from clerestory.registers.nonconformity.queries.row import (
    FOUND_WORDS,
    FRAMEWORK,
    GRADE_WORDS,
    STEP_WORDS,
    NonconformityRow,
    NonconformityUnknown,
)

__all__ = [
    "FOUND_WORDS",
    "FRAMEWORK",
    "GRADE_WORDS",
    "STEP_WORDS",
    "Detail",
    "Measured",
    "NonconformityCounts",
    "NonconformityRow",
    "NonconformityUnknown",
    "Taken",
    "asking_for_review",
    "came_before",
    "columns",
    "duties",
    "nonconformities",
    "nonconformities_of_system",
    "nonconformity",
    "nonconformity_counts",
    "open_for_check",
    "open_of_system",
    "opening_key",
    "review_key",
]
