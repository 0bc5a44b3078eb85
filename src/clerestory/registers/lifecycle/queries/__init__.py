"""Reads of changes, releases and criteria: frozen values of one organisation, never rows."""

from clerestory.registers.lifecycle.queries.change import (
    CHANGE_COLUMNS,
    ChangeRecord,
    LifecycleUnknown,
    VersionUnknown,
    change,
    changes,
    duties,
)
from clerestory.registers.lifecycle.queries.seen import SeenChange, seen_change, unapproved_changes
from clerestory.registers.lifecycle.queries.version import (
    Criteria,
    ReleaseRecord,
    Standing,
    criteria,
    criteria_columns,
    criteria_stood,
    release_columns,
    releases,
    releases_stood,
    valid_on,
)

__all__ = [
    "CHANGE_COLUMNS",
    "ChangeRecord",
    "Criteria",
    "LifecycleUnknown",
    "ReleaseRecord",
    "SeenChange",
    "Standing",
    "VersionUnknown",
    "change",
    "changes",
    "criteria",
    "criteria_columns",
    "criteria_stood",
    "duties",
    "release_columns",
    "releases",
    "releases_stood",
    "seen_change",
    "unapproved_changes",
    "valid_on",
]
