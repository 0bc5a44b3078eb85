"""Django application of the roles register."""

from typing import ClassVar

from django.apps import AppConfig


class Roles(AppConfig):
    """Registered as ``roles``."""

    name = "clerestory.registers.roles"
    label = "roles"
    holds_every: ClassVar = {
        "acceptance.entry_id": ("record.role_acceptance",),
        "committee.entry_id": ("record.committee",),
        "matrixline.entry_id": ("decision.responsibility_line",),
        "minutes.entry_id": ("record.committee_minutes",),
        "performancereport.entry_id": ("record.performance_report",),
        "systemduties.entry_id": ("decision.system_duties",),
    }
    holds_newest: ClassVar = {
        "assignment.entry_id": ("decision.role_assignment",),
        "recognition.entry_id": ("record.recognition",),
        "role.entry_id": ("register.person_role",),
    }
