"""Writes of the inventory: permit, check, and one transaction with its evidence."""

from clerestory.registers.inventory.commands.access import (
    add_right,
    decide_right,
    decide_rights,
    hand_in_access_review,
    open_access_review,
)
from clerestory.registers.inventory.commands.classification import classify_system
from clerestory.registers.inventory.commands.override import propose_override, settle_tiers
from clerestory.registers.inventory.commands.part import change_part, register_part, remove_tool, set_tool
from clerestory.registers.inventory.commands.record import (
    URL,
    Registered,
    change_model_status,
    change_owner,
    change_stage,
    describe_dataset_version,
    follow_placement,
    hand_over,
    register_ai_system,
    register_dataset_version,
    register_in_four_fields,
    register_model_version,
    update_ai_system,
)
from clerestory.registers.inventory.commands.resource import (
    check_posts,
    describe_resources,
    describe_staffing,
    remove_post,
    set_post,
)

__all__ = [
    "URL",
    "Registered",
    "add_right",
    "change_model_status",
    "change_owner",
    "change_part",
    "change_stage",
    "check_posts",
    "classify_system",
    "decide_right",
    "decide_rights",
    "describe_dataset_version",
    "describe_resources",
    "describe_staffing",
    "follow_placement",
    "hand_in_access_review",
    "hand_over",
    "open_access_review",
    "propose_override",
    "register_ai_system",
    "register_dataset_version",
    "register_in_four_fields",
    "register_model_version",
    "register_part",
    "remove_post",
    "remove_tool",
    "set_post",
    "set_tool",
    "settle_tiers",
    "update_ai_system",
]
