"""The only writes of roles and duties: each writes a row and its evidence in one transaction."""

from clerestory.registers.roles.commands.committee import call_meeting, constitute, write_minutes
from clerestory.registers.roles.commands.duty import decide_system_duties, report_performance
from clerestory.registers.roles.commands.matrix import HandedOver, decide_line, hand_over
from clerestory.registers.roles.commands.membership import (
    admit_member,
    change_member,
    end_membership,
    note_password_reset,
)
from clerestory.registers.roles.commands.recognition import choose_to_be_named, recognise
from clerestory.registers.roles.commands.record import Recorded
from clerestory.registers.roles.commands.role import (
    accept_role,
    assign_role,
    change_duties,
    define_role,
    release_holder,
)

__all__ = [
    "HandedOver",
    "Recorded",
    "accept_role",
    "admit_member",
    "assign_role",
    "call_meeting",
    "change_duties",
    "change_member",
    "choose_to_be_named",
    "constitute",
    "decide_line",
    "decide_system_duties",
    "define_role",
    "end_membership",
    "hand_over",
    "note_password_reset",
    "recognise",
    "release_holder",
    "report_performance",
    "write_minutes",
]
