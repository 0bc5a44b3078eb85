"""Django application of the monitoring register."""

from typing import ClassVar

from django.apps import AppConfig


class Monitoring(AppConfig):
    """Registered as ``monitoring``."""

    name = "clerestory.registers.monitoring"
    label = "monitoring"
    holds_every: ClassVar = {
        "monitorrun.entry_id": ("record.monitor_run",),
    }
    holds_newest: ClassVar = {
        "monitor.entry_id": ("register.monitor",),
        "monitoralarm.answer_entry_id": ("record.alarm_answer",),
    }
    holds_some: ClassVar = {
        "monitoralarm.entry_id": ("record.monitor_run",),
    }
