"""Reads of monitors: frozen values of one organisation, never rows; and what the server's own jobs ask."""

from clerestory.registers.monitoring.queries.folders import Project, folder_of, projects
from clerestory.registers.monitoring.queries.monitors import (
    COLUMNS,
    MonitorCounts,
    MonitorRecord,
    MonitorUnknown,
    RunRecord,
    duties,
    monitor,
    monitor_counts,
    monitors,
    monitors_of_system,
    runs,
)
from clerestory.registers.monitoring.queries.orders import Order, late_monitors, order_of, runs_wait

__all__ = [
    "COLUMNS",
    "MonitorCounts",
    "MonitorRecord",
    "MonitorUnknown",
    "Order",
    "Project",
    "RunRecord",
    "duties",
    "folder_of",
    "late_monitors",
    "monitor",
    "monitor_counts",
    "monitors",
    "monitors_of_system",
    "order_of",
    "projects",
    "runs",
    "runs_wait",
]
