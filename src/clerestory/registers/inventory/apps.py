"""Django application of the inventory register."""

from django.apps import AppConfig


class Inventory(AppConfig):
    """Registered as ``inventory``."""

    name = "clerestory.registers.inventory"
    label = "inventory"
