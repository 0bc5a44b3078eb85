"""Django application of the policy register."""

from django.apps import AppConfig


class Policy(AppConfig):
    """Registered as ``policy``."""

    name = "clerestory.registers.policy"
    label = "policy"
