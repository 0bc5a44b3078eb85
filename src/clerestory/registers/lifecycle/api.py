"""Changes, releases and criteria over HTTP: the same commands and queries as the pages. Approving asks for a person."""

from datetime import date

from ninja import Query, Router, Schema, Status

from clerestory.desk.lists import ListQuery
from clerestory.desk.request import MemberRequest
from clerestory.registers.lifecycle import commands, queries
from clerestory.registers.lifecycle.commands import Recorded
from clerestory.registers.lifecycle.queries import ChangeRecord, Criteria, ReleaseRecord, SeenChange
from clerestory.registers.lifecycle.rules import Aspect, Assessment, Change, Level, Release, Renewal
from clerestory.store import clock

router = Router(tags=["lifecycle"])


class ChangeListWanted(Schema):
    """What is asked of a list."""

    q: str = ""
    page: int = 1
    size: int = 25


class Changes(Schema):
    """One page of changes."""

    rows: list[ChangeRecord]
    total: int


class ChangeWanted(Schema):
    """A change that is wanted, or that happened."""

    model_config = {"extra": "forbid"}

    system_id: str
    title: str
    aspects: list[Aspect]
    why: str
    decide_by: date
    planned: bool = True
    emergency: bool = False


class ChangeAssessmentWanted(Schema):
    """What a change does."""

    model_config = {"extra": "forbid"}

    renew: list[Renewal] = []
    nothing_to_renew: bool = False
    risk_before: Level
    risk_after: Level
    effect: str
    rollback: str
    expected_version: int


class MadeWanted(Schema):
    """When a change was made."""

    made_on: date
    expected_version: int


class ReleaseWanted(Schema):
    """A version that goes to work."""

    model_config = {"extra": "forbid"}

    system_id: str
    model_version: str
    conditions: list[str] = []
    despite: str = ""


class ProcessCriteriaWanted(Schema):
    """The criteria by which a process runs."""

    criteria: list[str]
    expected_version: int | None = None


@router.get("/changes", response=Changes, summary="List changes")
def changes(request: MemberRequest, wanted: Query[ChangeListWanted]) -> Changes:
    """List changes of AI systems, newest first."""
    query = ListQuery(search=wanted.q, page=max(wanted.page, 1), size=min(max(wanted.size, 1), 100))
    page = queries.changes(request.actor, query)
    return Changes(rows=list(page.rows), total=page.total)


@router.post("/changes", response={201: Recorded}, summary="Ask for a change")
def ask(request: MemberRequest, wanted: ChangeWanted) -> Status[Recorded]:
    """Ask for a change of a system, or note one that happened."""
    said = Change(**(wanted.dict() | {"aspects": tuple(wanted.aspects)}))
    return Status(201, commands.request_change(actor=request.actor, said=said))


@router.get("/unapproved", response=list[SeenChange], summary="List changes that nobody asked for")
def unapproved(request: MemberRequest) -> list[SeenChange]:
    """List the changes of systems at work that no approved request covers."""
    return list(queries.unapproved_changes(request.actor, clock.now()))


@router.get("/changes/{change_id}", response=ChangeRecord, summary="Read a change")
def change(request: MemberRequest, change_id: str) -> ChangeRecord:
    """Read one change."""
    return queries.change(request.actor, change_id)


@router.post("/changes/{change_id}/assessment", response={201: Recorded}, summary="Assess a change")
def assess(request: MemberRequest, change_id: str, wanted: ChangeAssessmentWanted) -> Status[Recorded]:
    """Say what a change does and propose it; a second person approves it."""
    said = Assessment(
        renew=tuple(wanted.renew),
        nothing_to_renew=wanted.nothing_to_renew,
        risk_before=wanted.risk_before,
        risk_after=wanted.risk_after,
        effect=wanted.effect,
        rollback=wanted.rollback,
    )
    made = commands.assess_change(
        actor=request.actor, change_id=change_id, said=said, expected_version=wanted.expected_version
    )
    return Status(201, made)


@router.post("/changes/{change_id}/made", response={201: Recorded}, summary="Note a change as made")
def made(request: MemberRequest, change_id: str, wanted: MadeWanted) -> Status[Recorded]:
    """Note that a change was made, after its approval or as an emergency."""
    noted = commands.note_made(
        actor=request.actor, change_id=change_id, made_on=wanted.made_on, expected_version=wanted.expected_version
    )
    return Status(201, noted)


@router.get("/releases", response=list[ReleaseRecord], summary="List releases")
def releases(request: MemberRequest) -> list[ReleaseRecord]:
    """List releases, newest first."""
    return list(queries.releases(request.actor))


@router.post("/releases", response={201: Recorded}, summary="Release a version")
def release(request: MemberRequest, wanted: ReleaseWanted) -> Status[Recorded]:
    """Release a version to work; whether an impact assessment is valid is read from the evidence."""
    said = Release(**(wanted.dict() | {"conditions": tuple(wanted.conditions)}))
    return Status(201, commands.release(actor=request.actor, said=said))


@router.get("/criteria", response=list[Criteria], summary="List criteria of processes")
def criteria(request: MemberRequest) -> list[Criteria]:
    """List every process with the criteria by which it runs."""
    return list(queries.criteria(request.actor))


@router.put("/criteria/{process_id}", response=Recorded, summary="Set the criteria of a process")
def set_criteria(request: MemberRequest, process_id: str, wanted: ProcessCriteriaWanted) -> Recorded:
    """Set the criteria by which a process runs; a second person approves them."""
    return commands.set_criteria(
        actor=request.actor,
        process_id=process_id,
        criteria=wanted.criteria,
        expected_version=wanted.expected_version,
    )
