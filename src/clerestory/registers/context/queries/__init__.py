"""Reads of the context: frozen values of one organisation, never rows."""

from clerestory.registers.context.queries.issue import (
    ISSUE_COLUMNS,
    IssueRecord,
    ReviewStanding,
    context_reviews,
    issue,
    issues,
    review_standing,
)
from clerestory.registers.context.queries.obligation import (
    ObligationRecord,
    duties,
    law_reviews,
    obligation,
    obligation_columns,
    obligations,
)
from clerestory.registers.context.queries.party import (
    PARTY_COLUMNS,
    PartyRecord,
    parties,
    party,
    party_reviews,
    traces,
)
from clerestory.registers.context.queries.reading import ContextUnknown, Made, profile
from clerestory.registers.context.queries.scope import (
    SYSTEM_COLUMNS,
    PlacementRecord,
    ScopeRecord,
    SystemRow,
    placement,
    placements,
    scope_versions,
)

__all__ = [
    "ISSUE_COLUMNS",
    "PARTY_COLUMNS",
    "SYSTEM_COLUMNS",
    "ContextUnknown",
    "IssueRecord",
    "Made",
    "ObligationRecord",
    "PartyRecord",
    "PlacementRecord",
    "ReviewStanding",
    "ScopeRecord",
    "SystemRow",
    "context_reviews",
    "duties",
    "issue",
    "issues",
    "law_reviews",
    "obligation",
    "obligation_columns",
    "obligations",
    "parties",
    "party",
    "party_reviews",
    "placement",
    "placements",
    "profile",
    "review_standing",
    "scope_versions",
    "traces",
]
