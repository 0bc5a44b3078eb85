"""Django application of the impact register."""

from typing import ClassVar

from django.apps import AppConfig


class Impact(AppConfig):
    """Registered as ``impact``."""

    name = "clerestory.registers.impact"
    label = "impact"
    holds_every: ClassVar = {
        "version.entry_id": (
            "decision.impact_disclosure",
            "decision.impact_proceed",
            "record.impact_assessment",
            "record.impact_condition",
            "record.impact_consultation",
            "record.impact_method",
            "record.impact_thresholds",
            "record.impact_to_risk_trace",
            "record.retention_rule",
        ),
    }
    holds_newest: ClassVar = {
        "assessment.entry_id": ("record.impact_answers",),
    }
