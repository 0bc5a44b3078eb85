"""Concerns over HTTP: the procedure and its trials. What somebody wrote is read on the pages, by people, only."""

from datetime import date

from ninja import Router, Schema, Status

from clerestory.desk.day import today_of
from clerestory.desk.request import MemberRequest
from clerestory.registers.incidents import commands, queries
from clerestory.registers.incidents.queries import ConcernCounts, ProcedureRecord, TrialRecord
from clerestory.registers.incidents.rules import Procedure
from clerestory.terms.ids import EntryId, PersonId

router = Router(tags=["incidents"])


class ConcernProcedureWanted(Schema):
    """How people speak up."""

    text: str
    safeguards: list[str]
    receivers: list[str]
    answer_days: int
    outside: str
    expected_version: int


class Written(Schema):
    """The entry that was written."""

    entry_id: EntryId


@router.get("/procedures", response=list[ProcedureRecord], summary="List versions of the procedure")
def procedures(request: MemberRequest) -> list[ProcedureRecord]:
    """List the versions of how people speak up, newest first."""
    return list(queries.procedures(request.actor))


@router.post("/procedures", response={201: Written}, summary="Propose a procedure")
def propose(request: MemberRequest, wanted: ConcernProcedureWanted) -> Status[Written]:
    """Propose how people speak up; a second person approves it."""
    said = Procedure(
        text=wanted.text,
        safeguards=tuple(wanted.safeguards),
        receivers=tuple(PersonId(name) for name in wanted.receivers),
        answer_days=wanted.answer_days,
        outside=wanted.outside,
    )
    made = commands.propose_procedure(actor=request.actor, procedure=said, expected_version=wanted.expected_version)
    return Status(201, Written(entry_id=made))


@router.get("/counts", response=ConcernCounts, summary="Count concerns")
def counts(request: MemberRequest, today: date | None = None) -> ConcernCounts:
    """Count how many concerns came, wait, are late, and were answered by their day."""
    return queries.concern_counts(request.actor, today or today_of(request.actor))


@router.get("/trials", response=list[TrialRecord], summary="List trials of the channel")
def trials(request: MemberRequest) -> list[TrialRecord]:
    """List the trials of the channel, newest first."""
    return list(queries.trials(request.actor))


@router.post("/trials", response={201: TrialRecord}, summary="Begin a trial of the channel")
def begin_trial(request: MemberRequest) -> Status[TrialRecord]:
    """Begin a trial: a message through the channel that holds its words is recognised."""
    return Status(201, commands.begin_trial(actor=request.actor))
