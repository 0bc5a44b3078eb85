"""Django application of the roles register."""

from django.apps import AppConfig


class Roles(AppConfig):
    """Registered as ``roles``."""

    name = "clerestory.registers.roles"
    label = "roles"
