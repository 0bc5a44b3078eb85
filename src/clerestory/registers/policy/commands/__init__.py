"""The only writes of policies: each writes a row, its evidence and its proposal in one transaction."""

from clerestory.registers.policy.commands.life import (
    amend,
    compare_policies,
    confirm_policies,
    decide_outcome,
    publish_version,
    review_policies,
)
from clerestory.registers.policy.commands.reminder import remind_to_confirm
from clerestory.registers.policy.commands.version import begin_policy, propose_version
from clerestory.registers.policy.commands.writing import Recorded

__all__ = [
    "Recorded",
    "amend",
    "begin_policy",
    "compare_policies",
    "confirm_policies",
    "decide_outcome",
    "propose_version",
    "publish_version",
    "remind_to_confirm",
    "review_policies",
]
