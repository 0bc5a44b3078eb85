"""Django application of the monitoring register."""

from django.apps import AppConfig


class Monitoring(AppConfig):
    """Registered as ``monitoring``."""

    name = "clerestory.registers.monitoring"
    label = "monitoring"
