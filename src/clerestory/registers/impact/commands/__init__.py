"""The only writes of the impact register: each writes a row and its evidence in one transaction."""

from clerestory.registers.impact.commands.assessment import (
    answer,
    answer_in_short,
    drop_effect,
    judge_effect,
    mark_use,
    propose_assessment,
    rule_out_effects,
)
from clerestory.registers.impact.commands.method import keep_reports, propose_method, propose_thresholds
from clerestory.registers.impact.commands.outcome import decide, disclose, hear_people, meet_condition, trace_findings
from clerestory.registers.impact.commands.writing import Recorded

__all__ = [
    "Recorded",
    "answer",
    "answer_in_short",
    "decide",
    "disclose",
    "drop_effect",
    "hear_people",
    "judge_effect",
    "keep_reports",
    "mark_use",
    "meet_condition",
    "propose_assessment",
    "propose_method",
    "propose_thresholds",
    "rule_out_effects",
    "trace_findings",
]
