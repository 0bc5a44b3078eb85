"""Pages of roles, duties and committees. They translate between forms and commands and hold no rule."""

from clerestory.registers.roles.views.committee import (
    add_committee,
    committee,
    committees,
    edit_committee,
    meeting,
)
from clerestory.registers.roles.views.matrix import (
    hand_over,
    leavers,
    line,
    matrix,
)
from clerestory.registers.roles.views.recognition import name_me, recognition
from clerestory.registers.roles.views.role import (
    AREA,
    accept,
    add,
    approve,
    assign,
    conformity,
    edit,
    release,
    report,
    role,
    roles,
    system,
    systems,
)

__all__ = [
    "AREA",
    "accept",
    "add",
    "add_committee",
    "approve",
    "assign",
    "committee",
    "committees",
    "conformity",
    "edit",
    "edit_committee",
    "hand_over",
    "leavers",
    "line",
    "matrix",
    "meeting",
    "name_me",
    "recognition",
    "release",
    "report",
    "role",
    "roles",
    "system",
    "systems",
]
