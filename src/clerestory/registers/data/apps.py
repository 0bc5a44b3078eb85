"""Django application of the data register."""

from django.apps import AppConfig


class Data(AppConfig):
    """Registered as ``data``."""

    name = "clerestory.registers.data"
    label = "data"
