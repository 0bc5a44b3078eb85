"""Django application of the context register."""

from typing import ClassVar

from django.apps import AppConfig


class Context(AppConfig):
    """Registered as ``context``."""

    name = "clerestory.registers.context"
    label = "context"
    holds_every: ClassVar = {
        "version.entry_id": (
            "decision.ai_role",
            "decision.scope_membership",
            "record.context_review",
            "record.expectation_trace",
            "record.interested_party_review",
            "record.obligation_review",
            "record.scope_statement",
        ),
    }
    holds_newest: ClassVar = {
        "issue.entry_id": ("register.context_issue",),
        "obligation.entry_id": ("register.obligation",),
        "party.entry_id": ("register.interested_party",),
    }
