"""Django application of the context register."""

from django.apps import AppConfig


class Context(AppConfig):
    """Registered as ``context``."""

    name = "clerestory.registers.context"
    label = "context"
