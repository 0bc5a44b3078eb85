"""Django application of the policy register."""

from typing import ClassVar

from django.apps import AppConfig


class Policy(AppConfig):
    """Registered as ``policy``."""

    name = "clerestory.registers.policy"
    label = "policy"
    holds_every: ClassVar = {
        "act.entry_id": (
            "decision.policy_review_outcome",
            "record.policy_acknowledgement",
            "record.policy_alignment_review",
            "record.policy_amendment",
            "record.policy_publication",
            "record.policy_review",
            "register.policy_conflict",
        ),
        "version.entry_id": ("record.ai_policy",),
    }
