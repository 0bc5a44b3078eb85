"""The only writes of the risk register: each writes rows and their evidence in one transaction."""

from clerestory.registers.risk.commands.assess import assess_system, propose_plan
from clerestory.registers.risk.commands.criteria import approve_method, propose_method, propose_process
from clerestory.registers.risk.commands.identify import (
    analyse_risk,
    assign_owner,
    close_risk,
    identify_risk,
    reopen_risk,
    update_risk,
)
from clerestory.registers.risk.commands.money import estimate_loss
from clerestory.registers.risk.commands.planning import change_action, judge_action, plan_action, propose_action_plan
from clerestory.registers.risk.commands.residual import note_bearings
from clerestory.registers.risk.commands.task import add_task, change_task, drop_task, implement_task, set_due
from clerestory.registers.risk.commands.threat import (
    decide_mitigation,
    describe_architecture,
    raise_threat,
    review_threats,
    set_threat_aside,
)
from clerestory.registers.risk.commands.treat import accept_risk, confirm_effectiveness, decide_treatment
from clerestory.registers.risk.commands.trial import begin_trial, rate_cases
from clerestory.registers.risk.commands.writing import Written

__all__ = [
    "Written",
    "accept_risk",
    "add_task",
    "analyse_risk",
    "approve_method",
    "assess_system",
    "assign_owner",
    "begin_trial",
    "change_action",
    "change_task",
    "close_risk",
    "confirm_effectiveness",
    "decide_mitigation",
    "decide_treatment",
    "describe_architecture",
    "drop_task",
    "estimate_loss",
    "identify_risk",
    "implement_task",
    "judge_action",
    "note_bearings",
    "plan_action",
    "propose_action_plan",
    "propose_method",
    "propose_plan",
    "propose_process",
    "raise_threat",
    "rate_cases",
    "reopen_risk",
    "review_threats",
    "set_due",
    "set_threat_aside",
    "update_risk",
]
