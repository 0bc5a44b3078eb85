"""Pages of policies. They translate between forms and commands and hold no rule."""

from clerestory.registers.policy.views.coverage import coverage, remind
from clerestory.registers.policy.views.policy import (
    add,
    alignment,
    amend,
    approve,
    change,
    difference,
    outcome,
    policies,
    policy,
    publish,
    review,
)

__all__ = [
    "add",
    "alignment",
    "amend",
    "approve",
    "change",
    "coverage",
    "difference",
    "outcome",
    "policies",
    "policy",
    "publish",
    "remind",
    "review",
]
