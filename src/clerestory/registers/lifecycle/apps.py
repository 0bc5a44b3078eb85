"""Django application of the register of the life cycle."""

from typing import ClassVar

from django.apps import AppConfig


class Lifecycle(AppConfig):
    """Registered as ``lifecycle``."""

    name = "clerestory.registers.lifecycle"
    label = "lifecycle"
    holds_every: ClassVar = {
        "version.entry_id": ("approval.release", "record.operating_criteria"),
    }
    holds_newest: ClassVar = {
        "change.entry_id": ("register.system_change",),
    }
