"""The organisation over HTTP: the same commands and queries as the screens. It translates and holds no rule."""

from datetime import date, datetime

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from clerestory.desk.actor import Actor
from clerestory.desk.lists import ListQuery
from clerestory.registers.organisation import commands, queries
from clerestory.registers.organisation.rules import Process, Profile, Run, Shared
from clerestory.store import clock
from clerestory.terms.evidence import Content, Subject

router = Router(tags=["organisation"])


class ProfileBody(Schema):
    """The organisation's profile."""

    name: str = Field(max_length=200)
    units: list[str] = []
    sites: list[str] = []
    jurisdictions: list[str] = []


class ProfileChange(ProfileBody):
    """A new profile, from the version that was read; without a time zone that of before stays."""

    time_zone: str | None = Field(None, max_length=64, examples=["Pacific/Auckland"])
    expected_version: int


class OrganisationShown(ProfileBody):
    """The organisation as it stands; its days begin and end in its time zone, moments are in UTC everywhere here."""

    id: str
    time_zone: str
    version: int
    entry_id: str


class ProcessBody(Schema):
    """A process and when it runs."""

    process_id: str = Field(max_length=80)
    name: str = Field(max_length=200)
    clause_family: str
    owner: str
    interval: str = Field(examples=["P1M"], max_length=40)
    first_run_on: date
    externally_provided: bool = False
    inputs: list[str] = []
    outputs: list[str] = []


class ProcessChange(ProcessBody):
    """A changed process, from the version that was read."""

    expected_version: int


class ProcessShown(ProcessBody):
    """A process as it stands."""

    version: int
    entry_id: str


class ProcessList(Schema):
    """One page of processes."""

    total: int
    page: int
    rows: list[ProcessShown]


class RunBody(Schema):
    """One run of a process; without a moment it ended now."""

    planned_for: date
    outcome: str
    criteria_met: bool
    ran_at: datetime | None = None
    report: str = Field("", max_length=1_000_000)


class NilReturnBody(Schema):
    """A register that rightly holds nothing; without a subject about the organisation."""

    register_name: str = Field(alias="register")
    period_from: date
    period_to: date
    how_known: str
    subject_kind: str = "organisation"
    subject_id: str = ""


class RecordedShown(Schema):
    """What was written and its entry in the log."""

    id: str
    version: int
    entry_id: str


class Paging(Schema):
    """Which page of a list."""

    q: str = ""
    sort: str = ""
    page: int = 1
    size: int = 25


@router.get("/", response=OrganisationShown)
def show(request: HttpRequest) -> OrganisationShown:
    """Show the organisation."""
    record = queries.organisation(_actor(request))
    profile = record.profile
    return OrganisationShown(
        id=record.organisation_id,
        version=record.version,
        entry_id=record.entry_id,
        name=profile.name,
        units=list(profile.units),
        sites=list(profile.sites),
        jurisdictions=list(profile.jurisdictions),
        time_zone=profile.time_zone,
    )


@router.put("/", response=RecordedShown)
def change(request: HttpRequest, body: ProfileChange) -> RecordedShown:
    """Write a new version of the profile."""
    actor = _actor(request)
    profile = Profile(
        name=body.name,
        units=tuple(body.units),
        sites=tuple(body.sites),
        jurisdictions=tuple(body.jurisdictions),
        time_zone=body.time_zone or queries.organisation(actor).profile.time_zone,
    )
    return _shown(commands.change_organisation(actor=actor, profile=profile, expected_version=body.expected_version))


@router.get("/processes/", response=ProcessList)
def processes(request: HttpRequest, paging: Query[Paging]) -> ProcessList:
    """List the processes."""
    query = ListQuery.read({name: str(value) for name, value in paging.dict().items()}, queries.PROCESS_COLUMNS)
    page = queries.processes(_actor(request), query)
    return ProcessList(total=page.total, page=page.page, rows=[_process(row) for row in page.rows])


@router.post("/processes/", response={201: RecordedShown})
def add_process(request: HttpRequest, body: ProcessBody) -> Status[RecordedShown]:
    """Register a process and plan its runs."""
    return Status(201, _shown(commands.register_process(actor=_actor(request), process=Process(**body.dict()))))


@router.get("/processes/{process_id}/", response=ProcessShown)
def process(request: HttpRequest, process_id: str) -> ProcessShown:
    """Show a process."""
    return _process(queries.process_of(_actor(request), process_id))


@router.put("/processes/{process_id}/", response=RecordedShown)
def change_process(request: HttpRequest, process_id: str, body: ProcessChange) -> RecordedShown:
    """Write a new version of a process and plan its runs further."""
    said = body.dict(exclude={"expected_version"}) | {"process_id": process_id}
    return _shown(
        commands.change_process(actor=_actor(request), process=Process(**said), expected_version=body.expected_version)
    )


@router.post("/processes/{process_id}/runs/", response={201: RecordedShown})
def add_run(request: HttpRequest, process_id: str, body: RunBody) -> Status[RecordedShown]:
    """Record one run of a process."""
    run = Run(
        process_id=process_id,
        planned_for=body.planned_for,
        outcome=body.outcome,
        criteria_met=body.criteria_met,
        ran_at=body.ran_at or clock.now(),
    )
    report = Content(body.report.encode(), "text/markdown; charset=utf-8") if body.report.strip() else None
    return Status(201, _shown(commands.record_process_run(actor=_actor(request), run=run, report=report)))


@router.post("/nil-returns/", response={201: RecordedShown})
def add_nil_return(request: HttpRequest, body: NilReturnBody) -> Status[RecordedShown]:
    """Record that a register rightly holds nothing for a period."""
    actor = _actor(request)
    subject = Subject(body.subject_kind, body.subject_id or actor.organisation_id)
    return Status(
        201,
        _shown(
            commands.record_nil_return(
                actor=actor,
                register=body.register_name,
                subject=subject,
                period_from=body.period_from,
                period_to=body.period_to,
                how_known=body.how_known,
            )
        ),
    )


class SharedBody(Schema):
    """A part that is shared with another management system."""

    other: str = Field(examples=["iso27001-2022"])
    requirement: str = Field(examples=["9.2.1"])
    other_clause: str
    process_id: str = ""
    reused: str


@router.get("/shared-parts", response=list[queries.Part], summary="List parts shared with other management systems")
def shared_parts(request: HttpRequest) -> list[queries.Part]:
    """List what is used for another management system as well."""
    return list(queries.parts(_actor(request)))


@router.post("/shared-parts", response={201: commands.Recorded}, summary="Record a shared part")
def share_part(request: HttpRequest, body: SharedBody) -> Status[commands.Recorded]:
    """Record which part of another management system is used for this one as well."""
    return Status(201, commands.share_part(actor=_actor(request), shared=Shared(**body.dict())))


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _process(record: queries.ProcessRecord) -> ProcessShown:
    made = record.process
    return ProcessShown(
        process_id=made.process_id,
        name=made.name,
        clause_family=made.clause_family,
        owner=made.owner,
        interval=made.interval,
        first_run_on=made.first_run_on,
        externally_provided=made.externally_provided,
        inputs=list(made.inputs),
        outputs=list(made.outputs),
        version=record.version,
        entry_id=record.entry_id,
    )


def _shown(made: commands.Recorded) -> RecordedShown:
    return RecordedShown(id=made.record_id, version=made.version, entry_id=made.entry_id)
