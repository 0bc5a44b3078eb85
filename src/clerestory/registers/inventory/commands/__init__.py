"""Writes of the inventory: permit, check, and one transaction with its evidence."""

from clerestory.registers.inventory.commands.access import (
    add_right,
    decide_right,
    decide_rights,
    hand_in_access_review,
    open_access_review,
)
from clerestory.registers.inventory.commands.classification import classify_system
from clerestory.registers.inventory.commands.duplicate import (
    LikelyDuplicate,
    explain_duplicate,
    find_duplicates,
    join_duplicate,
    note_pairs,
    register_once,
)
from clerestory.registers.inventory.commands.imports import (
    ImportRefused,
    Report,
    begin_import,
    go_on_importing,
    import_systems,
    try_import,
)
from clerestory.registers.inventory.commands.lane import Lane, NotLowRisk, take_fast_lane
from clerestory.registers.inventory.commands.less import note_less
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
    register_all,
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
from clerestory.registers.inventory.commands.use import approve_use, ask_for_use, refuse_use

__all__ = [
    "URL",
    "ImportRefused",
    "Lane",
    "LikelyDuplicate",
    "NotLowRisk",
    "Registered",
    "Report",
    "add_right",
    "approve_use",
    "ask_for_use",
    "begin_import",
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
    "explain_duplicate",
    "find_duplicates",
    "follow_placement",
    "go_on_importing",
    "hand_in_access_review",
    "hand_over",
    "import_systems",
    "join_duplicate",
    "note_less",
    "note_pairs",
    "open_access_review",
    "propose_override",
    "refuse_use",
    "register_ai_system",
    "register_all",
    "register_dataset_version",
    "register_in_four_fields",
    "register_model_version",
    "register_once",
    "register_part",
    "remove_post",
    "remove_tool",
    "set_post",
    "set_tool",
    "settle_tiers",
    "take_fast_lane",
    "try_import",
    "update_ai_system",
]
