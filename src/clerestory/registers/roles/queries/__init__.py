"""Reads of roles, duties and committees: frozen values of one organisation, never rows."""

from datetime import date

from clerestory.desk.actor import Actor
from clerestory.desk.duty import Duty, until_the_log_grows
from clerestory.desk.permit import permit
from clerestory.registers.roles.queries.matrix import (
    Leaver,
    MatrixRow,
    answering,
    leavers,
    matrix,
    matrix_line,
    matrix_loads,
    work_of,
)
from clerestory.registers.roles.queries.recognition import recognitions, unanswered
from clerestory.registers.roles.queries.role import (
    ROLE_COLUMNS,
    AcceptanceRecord,
    AssignmentRecord,
    DutiesRecord,
    DutiesRow,
    ReportRecord,
    RoleRecord,
    RoleUnknown,
    acceptances,
    assignments,
    known_system,
    performance_reports,
    role,
    roles,
    system_duties,
    systems_stood,
)
from clerestory.registers.roles.queries.role import duties as roles_to_accept


@until_the_log_grows
def duties(actor: Actor, on: date) -> tuple[Duty, ...]:
    """Return the roles that the member has to accept, and thanks that ask whether to be named."""
    permit(actor, "read", "roles")
    return (*roles_to_accept(actor, on), *unanswered(actor))


__all__ = [
    "ROLE_COLUMNS",
    "AcceptanceRecord",
    "AssignmentRecord",
    "DutiesRecord",
    "DutiesRow",
    "Leaver",
    "MatrixRow",
    "ReportRecord",
    "RoleRecord",
    "RoleUnknown",
    "acceptances",
    "answering",
    "assignments",
    "duties",
    "known_system",
    "leavers",
    "matrix",
    "matrix_line",
    "matrix_loads",
    "performance_reports",
    "recognitions",
    "role",
    "roles",
    "system_duties",
    "systems_stood",
    "work_of",
]
