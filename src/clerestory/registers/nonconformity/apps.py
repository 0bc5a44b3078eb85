"""Django application of the nonconformity register."""

from typing import ClassVar

from django.apps import AppConfig


class Nonconformity(AppConfig):
    """Registered as ``nonconformity``."""

    name = "clerestory.registers.nonconformity"
    label = "nonconformity"
    holds_every: ClassVar = {
        "steptaken.entry_id": (
            "record.cause_analysis",
            "record.correction",
            "record.corrective_action",
            "record.corrective_action_effectiveness",
        ),
    }
    holds_newest: ClassVar = {
        "nonconformity.entry_id": ("register.nonconformity",),
    }
