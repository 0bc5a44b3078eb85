"""Django application of the nonconformity register."""

from django.apps import AppConfig


class Nonconformity(AppConfig):
    """Registered as ``nonconformity``."""

    name = "clerestory.registers.nonconformity"
    label = "nonconformity"
