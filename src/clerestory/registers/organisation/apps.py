"""Django application of the organisation register."""

from typing import ClassVar

from django.apps import AppConfig


class Organisation(AppConfig):
    """Registered as ``organisation``."""

    name = "clerestory.registers.organisation"
    label = "organisation"
    holds_every: ClassVar = {
        "processrun.entry_id": ("record.process_run",),
        "record.entry_id": (
            "record.aims_change_plan",
            "record.aims_change_review",
            "record.aims_description",
            "record.integrated_part",
            "record.leadership_act",
            "record.nil_return",
            "register.aims_change",
        ),
    }
    holds_newest: ClassVar = {
        "organisation.entry_id": ("register.organisation",),
        "process.entry_id": ("register.process",),
    }
