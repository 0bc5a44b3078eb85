"""The only writes of the organisation register: each writes a row and its evidence in one transaction."""

from clerestory.registers.organisation.commands.aims import (
    begin_with_usual_processes,
    share_part,
)
from clerestory.registers.organisation.commands.key import end_key, rotate_key
from clerestory.registers.organisation.commands.profile import Founded, change_organisation, found_organisation
from clerestory.registers.organisation.commands.record import (
    AREA,
    RECORDS,
    URL,
    Recorded,
    change_process,
    describe_management_system,
    plan_change,
    record_leadership_act,
    record_nil_return,
    record_process_run,
    register_change,
    register_process,
    review_change,
)
from clerestory.registers.organisation.commands.recovery import recover_log

__all__ = [
    "AREA",
    "RECORDS",
    "URL",
    "Founded",
    "Recorded",
    "begin_with_usual_processes",
    "change_organisation",
    "change_process",
    "describe_management_system",
    "end_key",
    "found_organisation",
    "plan_change",
    "record_leadership_act",
    "record_nil_return",
    "record_process_run",
    "recover_log",
    "register_change",
    "register_process",
    "review_change",
    "rotate_key",
    "share_part",
]
