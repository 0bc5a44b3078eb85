"""The only writes of applicability: each writes a row, its evidence and the proposal in one transaction."""

from clerestory.registers.applicability.commands.decide import (
    Decided,
    approve_statement,
    check_decided,
    decide_applicability,
    decide_many,
    issue_statement,
    loosen_rule,
    trace_applicability,
)
from clerestory.registers.applicability.commands.own import add_own_control, change_own_control, retire_own_control

__all__ = [
    "Decided",
    "add_own_control",
    "approve_statement",
    "change_own_control",
    "check_decided",
    "decide_applicability",
    "decide_many",
    "issue_statement",
    "loosen_rule",
    "retire_own_control",
    "trace_applicability",
]
