"""Django application of the inventory register."""

from typing import ClassVar

from django.apps import AppConfig


class Inventory(AppConfig):
    """Registered as ``inventory``."""

    name = "clerestory.registers.inventory"
    label = "inventory"
    holds_every: ClassVar = {
        "said.entry_id": (
            "record.computing_description",
            "record.resource_description",
            "record.staffing_check",
            "record.staffing_description",
            "record.tooling_description",
            "register.agent",
            "register.deployment",
            "register.embedded_ai",
            "register.prompt",
            "register.use",
        ),
    }
    holds_newest: ClassVar = {
        "accessreview.entry_id": ("record.access_review",),
        "aisystem.entry_id": ("register.ai_system",),
        "classification.entry_id": ("decision.legal_class",),
        "datasetversion.entry_id": ("register.dataset_version",),
        "fastlane.entry_id": ("decision.fast_lane",),
        "likelypair.entry_id": ("decision.duplicate",),
        "modelversion.entry_id": ("register.model_version",),
        "part.entry_id": (
            "register.agent",
            "register.deployment",
            "register.embedded_ai",
            "register.prompt",
            "register.use",
        ),
        "tieroverride.entry_id": ("decision.tier_override",),
        "userequest.entry_id": ("decision.use_approval",),
    }
    holds_some: ClassVar = {
        "lessasked.entry_id": ("decision.less_asked",),
        "userequest.entry_id": ("record.use_request",),
    }
