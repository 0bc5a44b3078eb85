"""Reads of monitors: frozen values of one organisation, never rows; and what the server's own jobs ask."""

from clerestory.registers.monitoring.queries.approved import Approved, approved_criteria
from clerestory.registers.monitoring.queries.folders import Declared, Project, declared_checks, folder_of, projects
from clerestory.registers.monitoring.queries.monitors import (
    COLUMNS,
    MonitorCounts,
    duties,
    monitor,
    monitor_counts,
    monitors,
    monitors_of_system,
    runs,
)
from clerestory.registers.monitoring.queries.orders import Order, found_before, late_monitors, order_of, runs_wait
from clerestory.registers.monitoring.queries.record import MonitorRecord, MonitorUnknown, RunRecord
from clerestory.registers.monitoring.queries.watching import Alarm, Service, alarms, services

__all__ = [
    "COLUMNS",
    "Alarm",
    "Approved",
    "Declared",
    "MonitorCounts",
    "MonitorRecord",
    "MonitorUnknown",
    "Order",
    "Project",
    "RunRecord",
    "Service",
    "alarms",
    "approved_criteria",
    "declared_checks",
    "duties",
    "folder_of",
    "found_before",
    "late_monitors",
    "monitor",
    "monitor_counts",
    "monitors",
    "monitors_of_system",
    "order_of",
    "projects",
    "runs",
    "runs_wait",
    "services",
]
