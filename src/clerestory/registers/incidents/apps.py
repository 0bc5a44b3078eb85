"""Django application of the register of incidents and concerns."""

from django.apps import AppConfig


class Incidents(AppConfig):
    """Registered as ``incidents``."""

    name = "clerestory.registers.incidents"
    label = "incidents"
