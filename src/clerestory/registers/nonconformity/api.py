"""Nonconformities over HTTP: the same commands and queries as the pages. Approving and confirming ask for a person."""

from datetime import date
from typing import Annotated

from ninja import Field, Router, Schema, Status

from clerestory.desk.day import today_of
from clerestory.desk.lists import ListQuery
from clerestory.desk.request import MemberRequest
from clerestory.registers.nonconformity import commands, queries
from clerestory.registers.nonconformity.commands import Written
from clerestory.registers.nonconformity.queries import Detail, NonconformityCounts, NonconformityRow
from clerestory.registers.nonconformity.rules import (
    Action,
    Cause,
    Correction,
    Days,
    FoundBy,
    Grade,
    NonconformityRefused,
    Opening,
    default_days,
)
from clerestory.terms.ids import PersonId
from clerestory.terms.sentence import gettext as _

router = Router(tags=["nonconformity"])


class OpeningWanted(Schema):
    """What is said when a nonconformity is opened by hand; days left out follow from the grade."""

    title: str
    statement: str
    requirement: str
    found_by: FoundBy
    found_on: date
    owner: str
    grade: Grade = Grade.MINOR
    system_id: str = ""
    correct_by: date | None = None
    cause_by: date | None = None
    act_by: date | None = None
    confirm_by: date | None = None


class CorrectionWanted(Schema):
    """What was done at once."""

    action: str
    done_on: date


class CauseWanted(Schema):
    """The cause, the method, and what was found in each place where like cases were looked for."""

    cause: str
    method: str
    similar: dict[str, str] = {}


class ActionWanted(Schema):
    """What was done so that it does not happen again."""

    action: str
    done_on: date
    responsible: str
    confirmer: str


class NonconformityPage(Schema):
    """One page of nonconformities."""

    total: int
    page: int
    rows: list[NonconformityRow]


@router.get("/nonconformities", response=NonconformityPage, summary="List nonconformities, the next due first")
def listed(
    request: MemberRequest, page: Annotated[int, Field(ge=1)] = 1, step: str = "", system: str = ""
) -> NonconformityPage:
    """List nonconformities."""
    filters = {name: value for name, value in (("step", step), ("system", system)) if value}
    query = ListQuery(page=page, size=100, filters=filters)
    found = queries.nonconformities(request.actor, query, today_of(request.actor))
    return NonconformityPage(total=found.total, page=found.page, rows=list(found.rows))


@router.get("/counts", response=NonconformityCounts, summary="Count nonconformities by step")
def counts(request: MemberRequest) -> NonconformityCounts:
    """Count nonconformities."""
    return queries.nonconformity_counts(request.actor, today_of(request.actor))


@router.get("/nonconformities/{nonconformity_id}", response=Detail, summary="Read a nonconformity with its steps")
def detail(request: MemberRequest, nonconformity_id: str) -> Detail:
    """Read one nonconformity."""
    return queries.nonconformity(request.actor, nonconformity_id)


@router.post("/nonconformities", response={201: Written}, summary="Open a nonconformity")
def open_by_hand(request: MemberRequest, wanted: OpeningWanted) -> Status[Written]:
    """Open one; failed checks open theirs by themselves."""
    if wanted.found_by is FoundBy.CHECK:
        raise NonconformityRefused(_("Failed checks open nonconformities by themselves."), _("Push the result."))
    usual = default_days(wanted.grade, today_of(request.actor))
    names = ("correct_by", "cause_by", "act_by", "confirm_by")
    said = Opening(
        title=wanted.title,
        statement=wanted.statement,
        requirement=wanted.requirement,
        grade=wanted.grade,
        found_by=wanted.found_by,
        found_on=wanted.found_on,
        days=Days(**{name: getattr(wanted, name) or getattr(usual, name) for name in names}),
        owner=PersonId(wanted.owner),
        system_id=wanted.system_id,
    )
    return Status(201, commands.open_nonconformity(actor=request.actor, opening=said))


@router.post("/nonconformities/{nonconformity_id}/correction", response={201: Written}, summary="Record the correction")
def correct(request: MemberRequest, nonconformity_id: str, wanted: CorrectionWanted) -> Status[Written]:
    """Record what was done at once."""
    said = Correction(action=wanted.action, done_on=wanted.done_on)
    return Status(
        201, commands.record_correction(actor=request.actor, nonconformity_id=nonconformity_id, correction=said)
    )


@router.post("/nonconformities/{nonconformity_id}/cause", response={201: Written}, summary="Propose the cause")
def analyse(request: MemberRequest, nonconformity_id: str, wanted: CauseWanted) -> Status[Written]:
    """Propose the cause; it counts once a second person approved it."""
    said = Cause(cause=wanted.cause, method=wanted.method, similar=tuple(wanted.similar.items()))
    return Status(201, commands.analyse_cause(actor=request.actor, nonconformity_id=nonconformity_id, cause=said))


@router.post("/nonconformities/{nonconformity_id}/action", response={201: Written}, summary="Propose the action")
def act(request: MemberRequest, nonconformity_id: str, wanted: ActionWanted) -> Status[Written]:
    """Propose the corrective action; it counts once a second person approved it."""
    said = Action(
        action=wanted.action,
        done_on=wanted.done_on,
        responsible=PersonId(wanted.responsible),
        confirmer=PersonId(wanted.confirmer),
    )
    return Status(201, commands.take_action(actor=request.actor, nonconformity_id=nonconformity_id, action=said))
