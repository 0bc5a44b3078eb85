"""Reads of applicability: the statement, its versions and their difference, own controls, loosened rules."""

from clerestory.registers.applicability.queries.difference import (
    RowDifference,
    StatementDifference,
    statement_difference,
)
from clerestory.registers.applicability.queries.exceptions import ExceptionRecord, duties, exceptions
from clerestory.registers.applicability.queries.links import KINDS, around, behind, named, obligations, sought
from clerestory.registers.applicability.queries.listing import (
    STATEMENT_COLUMNS,
    StandingRow,
    standing_rows,
)
from clerestory.registers.applicability.queries.own import ControlUnknown, OwnRecord, own_control, own_controls
from clerestory.registers.applicability.queries.statement import (
    FRAMEWORK,
    DecisionRecord,
    StatementRow,
    StatementUnknown,
    StatementVersion,
    annex,
    control_decided,
    decisions,
    newest_lines,
    newest_statement,
    statement,
    statement_row,
    statement_version,
    statement_versions,
)
from clerestory.registers.applicability.queries.status import Implementation, implementations
from clerestory.store.directory import Record as KnownRecord

__all__ = [
    "FRAMEWORK",
    "KINDS",
    "STATEMENT_COLUMNS",
    "ControlUnknown",
    "DecisionRecord",
    "ExceptionRecord",
    "Implementation",
    "KnownRecord",
    "OwnRecord",
    "RowDifference",
    "StandingRow",
    "StatementDifference",
    "StatementRow",
    "StatementUnknown",
    "StatementVersion",
    "annex",
    "around",
    "behind",
    "control_decided",
    "decisions",
    "duties",
    "exceptions",
    "implementations",
    "named",
    "newest_lines",
    "newest_statement",
    "obligations",
    "own_control",
    "own_controls",
    "sought",
    "standing_rows",
    "statement",
    "statement_difference",
    "statement_row",
    "statement_version",
    "statement_versions",
]
