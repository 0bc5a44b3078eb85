"""Django application of the impact register."""

from django.apps import AppConfig


class Impact(AppConfig):
    """Registered as ``impact``."""

    name = "clerestory.registers.impact"
    label = "impact"
