"""Django application of the desk."""

from typing import ClassVar

from django.apps import AppConfig


class Desk(AppConfig):
    """Registered as ``desk``."""

    name = "clerestory.desk"
    label = "desk"
    holds_every: ClassVar = {
        "approval.entry_id": ("approval.document",),
        "attachment.entry_id": ("record.attachment",),
        "proposal.entry_id": ("approval.system_change", "decision.less_asked"),
        "revocation.entry_id": ("record.revocation",),
    }
    holds_some: ClassVar = {
        "proposal.entry_id": ("*",),
    }
