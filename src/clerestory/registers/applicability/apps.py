"""Django application of the applicability register."""

from django.apps import AppConfig


class Applicability(AppConfig):
    """Registered as ``applicability``."""

    name = "clerestory.registers.applicability"
    label = "applicability"
