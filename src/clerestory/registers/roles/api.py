"""Roles and duties over HTTP: the same commands and queries as the pages. Accepting and approving ask for a person."""

from datetime import date

from ninja import Router, Schema, Status

from clerestory.desk.people import Member, members
from clerestory.desk.request import MemberRequest
from clerestory.registers.roles import commands, queries
from clerestory.registers.roles.commands import Recorded
from clerestory.registers.roles.queries import (
    AcceptanceRecord,
    AssignmentRecord,
    DutiesRecord,
    MatrixRow,
    ReportRecord,
    RoleRecord,
)
from clerestory.registers.roles.queries import committee as bodies
from clerestory.registers.roles.queries.committee import CommitteeRecord, MeetingRecord
from clerestory.registers.roles.rules import Assignment, Role, SystemDuties, Work
from clerestory.registers.roles.rules.committee import Committee, Decision, Minutes, Seat
from clerestory.terms.ids import PersonId

router = Router(tags=["roles"])


class RoleWanted(Schema):
    """A role with its duties."""

    role_id: str
    name: str
    has_ai_duties: bool
    duties: list[str]
    systems: list[str] = []


class RoleShown(Schema):
    """A role with what was given and accepted."""

    record: RoleRecord
    assignments: list[AssignmentRecord]
    acceptances: list[AcceptanceRecord]


class AssignmentWanted(Schema):
    """A duty for a holder; without a role it is a duty towards the organisation."""

    role_id: str | None = None
    duty: str
    holder: str


class ReportWanted(Schema):
    """A report on the performance of the management system."""

    received_by: list[str]
    topics: list[str]
    summary: str


class DutiesWanted(Schema):
    """Who holds each AI duty around a system."""

    held: dict[str, str]
    accountable: str


@router.get("/members", response=list[Member], summary="List members")
def list_members(request: MemberRequest) -> list[Member]:
    """List the present members."""
    return list(members(request.actor))


@router.get("", response=list[RoleRecord], summary="List roles")
def roles(request: MemberRequest) -> list[RoleRecord]:
    """List the roles."""
    return list(queries.roles(request.actor))


@router.post("", response={201: Recorded}, summary="Define a role")
def define(request: MemberRequest, wanted: RoleWanted) -> Status[Recorded]:
    """Define a role with its duties."""
    role = Role(
        role_id=wanted.role_id,
        name=wanted.name,
        has_ai_duties=wanted.has_ai_duties,
        duties=tuple(wanted.duties),
        systems=tuple(wanted.systems),
    )
    return Status(201, commands.define_role(actor=request.actor, role=role))


@router.get("/role/{role_id}", response=RoleShown, summary="Read a role")
def role(request: MemberRequest, role_id: str) -> RoleShown:
    """Read one role with its assignments and acceptances."""
    return RoleShown(
        record=queries.role(request.actor, role_id),
        assignments=list(queries.assignments(request.actor, role_id)),
        acceptances=list(queries.acceptances(request.actor, role_id)),
    )


@router.post("/role/{role_id}/accept", response={201: Recorded}, summary="Accept a role that you hold")
def accept(request: MemberRequest, role_id: str) -> Status[Recorded]:
    """Accept a role, signed in as its holder."""
    return Status(201, commands.accept_role(actor=request.actor, role_id=role_id))


@router.post("/assignments", response={201: Recorded}, summary="Give a duty")
def assign(request: MemberRequest, wanted: AssignmentWanted) -> Status[Recorded]:
    """Give a duty to a member; it counts once approved."""
    assignment = Assignment(role_id=wanted.role_id, duty=wanted.duty, holder=PersonId(wanted.holder))
    return Status(201, commands.assign_role(actor=request.actor, assignment=assignment))


@router.get("/reports", response=list[ReportRecord], summary="List performance reports")
def reports(request: MemberRequest) -> list[ReportRecord]:
    """List reports to management."""
    return list(queries.performance_reports(request.actor))


@router.post("/reports", response={201: Recorded}, summary="Record a performance report")
def report(request: MemberRequest, wanted: ReportWanted) -> Status[Recorded]:
    """Record that performance was reported upwards."""
    return Status(
        201,
        commands.report_performance(
            actor=request.actor, received_by=wanted.received_by, topics=wanted.topics, summary=wanted.summary
        ),
    )


@router.get("/systems", response=list[DutiesRecord], summary="List who holds the duties around systems")
def duties(request: MemberRequest) -> list[DutiesRecord]:
    """List the newest decisions on duties around systems."""
    return list(queries.system_duties(request.actor))


@router.post("/systems/{system_id}", response={201: Recorded}, summary="Decide who holds the duties around a system")
def decide(request: MemberRequest, system_id: str, wanted: DutiesWanted) -> Status[Recorded]:
    """Decide who holds each AI duty around a system; it counts once approved."""
    held = {duty: PersonId(person) for duty, person in wanted.held.items()}
    decided = SystemDuties(system_id=system_id, held=held, accountable=PersonId(wanted.accountable))
    return Status(201, commands.decide_system_duties(actor=request.actor, duties=decided))


class LineWanted(Schema):
    """Who has which letters (A, R, C, I) for a piece of work, from the version that was seen."""

    work_kind: str
    work_id: str
    letters: dict[str, str]
    expected_version: int


@router.get("/matrix", response=list[MatrixRow], summary="List who answers for which work")
def matrix(request: MemberRequest) -> list[MatrixRow]:
    """List processes and duties with who is accountable, responsible, consulted and informed, and the gaps."""
    return list(queries.matrix(request.actor))


@router.post("/matrix", response={201: Recorded}, summary="Decide who answers for a piece of work")
def decide_line(request: MemberRequest, wanted: LineWanted) -> Status[Recorded]:
    """Decide one line of the matrix."""
    made = commands.decide_line(
        actor=request.actor,
        work=Work(wanted.work_kind, wanted.work_id),
        letters=wanted.letters,
        expected_version=wanted.expected_version,
    )
    return Status(201, made)


@router.get("/committees", response=list[CommitteeRecord], summary="List committees")
def committees(request: MemberRequest) -> list[CommitteeRecord]:
    """List committees with their members, quorum and standing."""
    return list(bodies.committees(request.actor))


class SeatWanted(Schema):
    """A member of a committee and the function that they speak for."""

    person: str
    function: str


class CommitteeWanted(Schema):
    """A committee from the version that was seen; 0 for a new one."""

    model_config = {"extra": "forbid"}

    committee_id: str
    name: str
    charter: str
    seats: list[SeatWanted]
    quorum: int
    expected_version: int = 0


class DecidedWanted(Schema):
    """What was decided about a point of the agenda, by its place from 0."""

    place: int
    text: str


class MinutesWanted(Schema):
    """What a meeting said and decided, from the version of the minutes that was seen; 0 for the first."""

    model_config = {"extra": "forbid"}

    held_on: date
    present: list[str]
    text: str
    decisions: list[DecidedWanted] = []
    expected_version: int = 0


@router.post("/committees", response={201: Recorded}, summary="Set up or change a committee")
def constitute(request: MemberRequest, wanted: CommitteeWanted) -> Status[Recorded]:
    """Set up a committee, or change its charter or members; it counts once a second person approved it."""
    said = Committee(
        committee_id=wanted.committee_id,
        name=wanted.name,
        charter=wanted.charter,
        seats=tuple(Seat(PersonId(seat.person), seat.function) for seat in wanted.seats),
        quorum=wanted.quorum,
    )
    made = commands.constitute(actor=request.actor, said=said, expected_version=wanted.expected_version)
    return Status(201, made)


@router.get("/committees/{committee_id}", response=CommitteeRecord, summary="Read a committee")
def committee(request: MemberRequest, committee_id: str) -> CommitteeRecord:
    """Read one committee with its charter, members, quorum and standing."""
    return bodies.committee(request.actor, committee_id)


@router.get("/committees/{committee_id}/meetings", response=list[MeetingRecord], summary="List meetings")
def meetings(request: MemberRequest, committee_id: str) -> list[MeetingRecord]:
    """List the meetings of a committee with agenda and minutes, newest first."""
    bodies.committee(request.actor, committee_id)
    return list(bodies.meetings(request.actor, committee_id))


@router.get("/committees/{committee_id}/meetings/{number}", response=MeetingRecord, summary="Read a meeting")
def meeting(request: MemberRequest, committee_id: str, number: int) -> MeetingRecord:
    """Read one meeting with its agenda and its newest minutes."""
    return bodies.meeting(request.actor, committee_id, number)


@router.post("/committees/{committee_id}/meetings/{number}/minutes", response={201: Recorded}, summary="Write minutes")
def minutes(request: MemberRequest, committee_id: str, number: int, wanted: MinutesWanted) -> Status[Recorded]:
    """Record what a meeting said and decided; it counts once a second person approved the minutes."""
    said = Minutes(
        held_on=wanted.held_on,
        present=tuple(PersonId(person) for person in wanted.present),
        text=wanted.text,
        decisions=tuple(Decision(decided.place, decided.text) for decided in wanted.decisions),
    )
    made = commands.write_minutes(
        actor=request.actor,
        committee_id=committee_id,
        number=number,
        said=said,
        expected_version=wanted.expected_version,
    )
    return Status(201, made)
