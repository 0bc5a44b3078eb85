"""Django application of the risk register."""

from django.apps import AppConfig


class Risk(AppConfig):
    """Registered as ``risk``."""

    name = "clerestory.registers.risk"
    label = "risk"
