"""Documents about data over HTTP: the same commands and queries as the pages. Approving asks for a person."""

from ninja import Router, Schema, Status

from clerestory.desk.request import MemberRequest
from clerestory.registers.data import commands, queries
from clerestory.registers.data.commands import Proposed
from clerestory.registers.data.queries import CriteriaRecord, DataRow, DatasheetRecord, ProcedureRecord
from clerestory.registers.data.rules import Datasheet, Limit, Procedure, QualityCriteria

router = Router(tags=["data"])


class LimitWanted(Schema):
    """One limit on one topic of quality."""

    topic: str
    text: str


class CriteriaWanted(Schema):
    """Limits that a version of data must keep."""

    limits: list[LimitWanted]


class DatasheetWanted(Schema):
    """The description of a version of data, by topic."""

    sections: dict[str, str]
    known_bias: list[str] = []
    keep_for: str


class ProcedureWanted(Schema):
    """How data are managed."""

    parts: list[str]
    steps: list[str]
    text: str


@router.get("/versions", response=list[DataRow], summary="List versions of data with their newest documents")
def versions(request: MemberRequest) -> list[DataRow]:
    """List versions of data."""
    return list(queries.data_rows(request.actor))


@router.get("/criteria/{path:version_id}", response=list[CriteriaRecord], summary="Read quality criteria")
def criteria(request: MemberRequest, version_id: str) -> list[CriteriaRecord]:
    """Read all versions of the criteria of a version of data, newest first."""
    queries.data_row(request.actor, version_id)
    return list(queries.criteria_versions(request.actor, version_id))


@router.post("/criteria/{path:version_id}", response={201: Proposed}, summary="Propose quality criteria")
def propose(request: MemberRequest, version_id: str, wanted: CriteriaWanted) -> Status[Proposed]:
    """Propose limits; they count once a second person approved them."""
    limits = tuple(Limit(limit.topic, limit.text) for limit in wanted.limits)
    said = QualityCriteria(dataset_version_id=version_id, limits=limits)
    return Status(201, commands.propose_criteria(actor=request.actor, criteria=said))


@router.get("/datasheets/{path:version_id}", response=list[DatasheetRecord], summary="Read datasheets")
def datasheets(request: MemberRequest, version_id: str) -> list[DatasheetRecord]:
    """Read all versions of the datasheet of a version of data, newest first."""
    queries.data_row(request.actor, version_id)
    return list(queries.datasheet_versions(request.actor, version_id))


@router.post("/datasheets/{path:version_id}", response={201: Proposed}, summary="Propose a datasheet")
def describe(request: MemberRequest, version_id: str, wanted: DatasheetWanted) -> Status[Proposed]:
    """Propose a description; it counts once a second person approved it."""
    sheet = Datasheet(
        dataset_version_id=version_id,
        sections=tuple(wanted.sections.items()),
        known_bias=tuple(wanted.known_bias),
        keep_for=wanted.keep_for,
    )
    return Status(201, commands.propose_datasheet(actor=request.actor, sheet=sheet))


@router.get("/procedure", response=list[ProcedureRecord], summary="Read the data management procedure")
def procedure(request: MemberRequest) -> list[ProcedureRecord]:
    """Read all versions of the procedure, newest first."""
    return list(queries.procedure_versions(request.actor))


@router.post("/procedure", response={201: Proposed}, summary="Propose the data management procedure")
def lay_down(request: MemberRequest, wanted: ProcedureWanted) -> Status[Proposed]:
    """Propose how data are managed; it counts once a second person approved it."""
    said = Procedure(parts=tuple(wanted.parts), steps=tuple(wanted.steps), text=wanted.text)
    return Status(201, commands.propose_procedure(actor=request.actor, procedure=said))
