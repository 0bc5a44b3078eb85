"""Django application of the register of the life cycle."""

from django.apps import AppConfig


class Lifecycle(AppConfig):
    """Registered as ``lifecycle``."""

    name = "clerestory.registers.lifecycle"
    label = "lifecycle"
