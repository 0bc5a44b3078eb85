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
from clerestory.registers.risk.commands.writing import Written

__all__ = [
    "Written",
    "accept_risk",
    "add_task",
    "analyse_risk",
    "approve_method",
    "assess_system",
    "assign_owner",
    "change_task",
    "close_risk",
    "confirm_effectiveness",
    "decide_mitigation",
    "decide_treatment",
    "describe_architecture",
    "drop_task",
    "identify_risk",
    "implement_task",
    "note_bearings",
    "propose_method",
    "propose_plan",
    "propose_process",
    "raise_threat",
    "reopen_risk",
    "review_threats",
    "set_due",
    "set_threat_aside",
    "update_risk",
]
