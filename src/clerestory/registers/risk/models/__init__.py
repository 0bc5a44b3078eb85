"""Tables of the risk register: constraints only. Django finds them here."""

from clerestory.registers.risk.models.measure import Estimate, Measure, Move, Relies
from clerestory.registers.risk.models.planning import ActionPlan, PlannedAction, Trial
from clerestory.registers.risk.models.risk import (
    Assessment,
    Kept,
    Plan,
    Process,
    Risk,
    Scales,
    Step,
    Task,
)
from clerestory.registers.risk.models.threat import ThreatModel, ThreatReview

__all__ = [
    "ActionPlan",
    "Assessment",
    "Estimate",
    "Kept",
    "Measure",
    "Move",
    "Plan",
    "PlannedAction",
    "Process",
    "Relies",
    "Risk",
    "Scales",
    "Step",
    "Task",
    "ThreatModel",
    "ThreatReview",
    "Trial",
]
