"""Django application of the organisation register."""

from django.apps import AppConfig


class Organisation(AppConfig):
    """Registered as ``organisation``."""

    name = "clerestory.registers.organisation"
    label = "organisation"
