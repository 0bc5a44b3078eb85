"""Reads of the risk register: frozen values of one organisation, never rows."""

from clerestory.registers.risk.queries.counts import RiskCounts, duties, risk_counts
from clerestory.registers.risk.queries.criteria import InForce, criteria_in_force
from clerestory.registers.risk.queries.lists import closed_of, risk_page, risks_of_system, task_page
from clerestory.registers.risk.queries.record import RiskRecord, RiskUnknown, risk_record

__all__ = [
    "InForce",
    "RiskCounts",
    "RiskRecord",
    "RiskUnknown",
    "closed_of",
    "criteria_in_force",
    "duties",
    "risk_counts",
    "risk_page",
    "risk_record",
    "risks_of_system",
    "task_page",
]
