"""Pages of the organisation. They translate between forms and commands and hold no rule."""

from clerestory.registers.organisation.views.aims import (
    aims_picture,
    integration,
    share,
    usual,
)
from clerestory.registers.organisation.views.record import (
    AREA,
    act,
    add_process,
    approve,
    change,
    describe,
    edit,
    edit_process,
    nil_return,
    plan,
    process,
    processes,
    profile,
    records,
    review,
)

__all__ = [
    "AREA",
    "act",
    "add_process",
    "aims_picture",
    "approve",
    "change",
    "describe",
    "edit",
    "edit_process",
    "integration",
    "nil_return",
    "plan",
    "process",
    "processes",
    "profile",
    "records",
    "review",
    "share",
    "usual",
]
