"""The inventory over HTTP: the same commands and queries as the pages."""

from ninja import Query, Router, Schema, Status

from clerestory.catalogue.law.read import load_law
from clerestory.desk.day import today_of
from clerestory.desk.lists import ListQuery, page_of
from clerestory.desk.request import MemberRequest
from clerestory.registers.inventory import commands, queries
from clerestory.registers.inventory.commands.record import Registered
from clerestory.registers.inventory.queries import (
    Budget,
    ClassifiedSystem,
    ClassRow,
    DatasetRecord,
    ModelRecord,
    SystemRecord,
)
from clerestory.registers.inventory.queries.triage import UseRecord
from clerestory.registers.inventory.queries.triage import use as find_use
from clerestory.registers.inventory.rules.imported import read_sheet
from clerestory.registers.inventory.rules.record import (
    InventoryRefused,
    ModelStatus,
    Stage,
    read_dataset,
    read_model,
    read_system,
)
from clerestory.registers.inventory.rules.use import Question
from clerestory.terms.ids import PersonId
from clerestory.terms.sentence import gettext as _

router = Router(tags=["inventory"])


class ListWanted(Schema):
    """What is asked of a list."""

    q: str = ""
    sort: str = ""
    page: int = 1
    size: int = 25

    def query(self) -> ListQuery:
        """Return the question that queries take."""
        return ListQuery(search=self.q, sort=self.sort, page=max(self.page, 1), size=min(max(self.size, 1), 100))


class Systems(Schema):
    """One page of AI systems."""

    rows: list[SystemRecord]
    total: int


class Models(Schema):
    """One page of model versions."""

    rows: list[ModelRecord]
    total: int


class Datasets(Schema):
    """One page of versions of data."""

    rows: list[DatasetRecord]
    total: int


class Budgets(Schema):
    """One page of privacy budgets."""

    rows: list[Budget]
    total: int


class SystemWanted(Schema):
    """An AI system; what is left out is unknown."""

    model_config = {"extra": "forbid"}

    system_id: str
    name: str
    purpose: str
    owner: str
    stage: Stage = Stage.OPERATION
    ai_role: list[str] = []
    use_areas: list[str] = []
    interacts: bool | None = None
    in_scope: bool | None = None
    affects_people: bool | None = None
    affected_groups: list[str] = []
    has_customers: bool | None = None
    involves_third_parties: bool | None = None
    suppliers: list[str] = []
    deployment_context: str = ""
    autonomy_level: int | None = None
    architecture_facts: dict[str, str] = {}


class ImportWanted(Schema):
    """A table of systems as CSV text, and which column means what; nothing is written by a dry run."""

    model_config = {"extra": "forbid"}

    table: str
    name: str = "systems.csv"
    mapping: dict[str, str] = {}
    dry_run: bool = True


class UseWanted(Schema):
    """What a member wants to use AI for, with which system, and what is true of it."""

    model_config = {"extra": "forbid"}

    purpose: str
    system_id: str = ""
    marks: list[str]


class SystemChanged(SystemWanted):
    """A whole new version of a system's record, from the version that was read."""

    expected_version: int


class StageWanted(Schema):
    """The next stage of a system's life."""

    stage: Stage
    expected_version: int


class OwnerWanted(Schema):
    """The next owner of a system."""

    owner: str
    expected_version: int


class ModelWanted(Schema):
    """A version of a model."""

    model_config = {"extra": "forbid"}

    system_id: str
    artefact_digest: str
    origin: str | None = None
    generative: bool | None = None


class StatusWanted(Schema):
    """The next status of a model version."""

    status: ModelStatus
    expected_version: int


class DatasetWanted(Schema):
    """A version of data."""

    model_config = {"extra": "forbid"}

    system_id: str
    role: str
    content_digest: str
    origin: str | None = None
    labelled_by_people: bool | None = None
    about_people: bool | None = None
    sources: list[str] = []


@router.get("/systems", response=Systems, summary="List AI systems")
def systems(request: MemberRequest, wanted: Query[ListWanted]) -> Systems:
    """List the AI systems."""
    page = queries.ai_systems(request.actor, wanted.query())
    return Systems(rows=list(page.rows), total=page.total)


@router.post("/systems", response={201: Registered}, summary="Register an AI system")
def register_system(request: MemberRequest, wanted: SystemWanted) -> Status[Registered]:
    """Register an AI system with its owner."""
    made = commands.register_ai_system(actor=request.actor, system=read_system(wanted.dict()))
    return Status(201, made)


@router.post("/systems/import", response=commands.Report, summary="Import AI systems from a table")
def import_systems(request: MemberRequest, wanted: ImportWanted) -> commands.Report:
    """Try an import, or do it: every row is registered, or none. A long one is handed to a job."""
    sheet = read_sheet(wanted.table.encode(), wanted.name)
    if wanted.dry_run:
        return commands.try_import(actor=request.actor, sheet=sheet, mapping=wanted.mapping)
    return commands.begin_import(actor=request.actor, sheet=sheet, file_name=wanted.name, mapping=wanted.mapping)


@router.post("/uses", response={201: Registered}, summary="Ask to use AI for something")
def ask_for_use(request: MemberRequest, wanted: UseWanted) -> Status[Registered]:
    """Ask to use AI for something; the rules answer at once where they can."""
    question = Question(wanted.purpose, wanted.system_id, tuple(wanted.marks))
    return Status(201, commands.ask_for_use(actor=request.actor, question=question))


@router.get("/uses/{use_id}", response=UseRecord, summary="Read a question about a use of AI")
def use_of_ai(request: MemberRequest, use_id: str) -> UseRecord:
    """Read one question with its answer."""
    return find_use(request.actor, use_id)


@router.get("/systems/{system_id}", response=SystemRecord, summary="Read an AI system")
def system(request: MemberRequest, system_id: str) -> SystemRecord:
    """Read one AI system."""
    return queries.ai_system(request.actor, system_id)


@router.put("/systems/{system_id}", response=Registered, summary="Change an AI system")
def change_system(request: MemberRequest, system_id: str, wanted: SystemChanged) -> Registered:
    """Write a new version of a system's record; its id stays."""
    if wanted.system_id != system_id:
        raise InventoryRefused(
            _(
                "The address names {system_id!r}, and the body {sent!r}.",
                system_id=system_id,
                sent=wanted.system_id[:80],
            ),
            _("Send the id of the system that is changed; it stays for good."),
        )
    changed = read_system(wanted.dict() | {"system_id": system_id})
    return commands.update_ai_system(actor=request.actor, system=changed, expected_version=wanted.expected_version)


@router.post("/systems/{system_id}/stage", response=Registered, summary="Move a system to another stage")
def change_stage(request: MemberRequest, system_id: str, wanted: StageWanted) -> Registered:
    """Move a system to another stage of its life."""
    return commands.change_stage(
        actor=request.actor, system_id=system_id, stage=wanted.stage, expected_version=wanted.expected_version
    )


@router.post("/systems/{system_id}/owner", response=Registered, summary="Give a system to another owner")
def change_owner(request: MemberRequest, system_id: str, wanted: OwnerWanted) -> Registered:
    """Give a system to another owner."""
    return commands.change_owner(
        actor=request.actor, system_id=system_id, owner=PersonId(wanted.owner), expected_version=wanted.expected_version
    )


@router.get("/models", response=Models, summary="List model versions")
def models(request: MemberRequest, wanted: Query[ListWanted]) -> Models:
    """List the versions of models."""
    page = queries.model_versions(request.actor, wanted.query())
    return Models(rows=list(page.rows), total=page.total)


@router.post("/models", response={201: Registered}, summary="Register a model version")
def register_model(request: MemberRequest, wanted: ModelWanted) -> Status[Registered]:
    """Register a version of a model; the same again changes nothing."""
    read = read_model(wanted.system_id, wanted.dict())
    return Status(201, commands.register_model_version(actor=request.actor, model=read))


@router.get("/models/{path:version_id}", response=ModelRecord, summary="Read a model version")
def model(request: MemberRequest, version_id: str) -> ModelRecord:
    """Read one version of a model."""
    return queries.model_version(request.actor, version_id)


@router.put("/models/{path:version_id}", response=Registered, summary="Release or withdraw a model version")
def change_status(request: MemberRequest, version_id: str, wanted: StatusWanted) -> Registered:
    """Change the status of a version of a model."""
    return commands.change_model_status(
        actor=request.actor, version_id=version_id, status=wanted.status, expected_version=wanted.expected_version
    )


@router.get("/budgets", response=Budgets, summary="List privacy budgets")
def budgets(request: MemberRequest, wanted: Query[ListWanted]) -> Budgets:
    """List the privacy budgets of data sets, with what spent them and what every result told."""
    page = page_of(queries.privacy_budgets(request.actor), wanted.query(), queries.BUDGET_COLUMNS)
    return Budgets(rows=list(page.rows), total=page.total)


@router.get("/budgets/{key}", response=Budget, summary="Read a privacy budget")
def budget(request: MemberRequest, key: str) -> Budget:
    """Read one privacy budget."""
    return queries.privacy_budget(request.actor, key)


@router.get("/datasets", response=Datasets, summary="List versions of data")
def datasets(request: MemberRequest, wanted: Query[ListWanted]) -> Datasets:
    """List the versions of data."""
    page = queries.dataset_versions(request.actor, wanted.query())
    return Datasets(rows=list(page.rows), total=page.total)


@router.post("/datasets", response={201: Registered}, summary="Register a version of data")
def register_dataset(request: MemberRequest, wanted: DatasetWanted) -> Status[Registered]:
    """Register a version of data; the same again changes nothing."""
    read = read_dataset(wanted.system_id, wanted.dict())
    return Status(201, commands.register_dataset_version(actor=request.actor, dataset=read))


@router.get("/datasets/{path:version_id}", response=DatasetRecord, summary="Read a version of data")
def dataset(request: MemberRequest, version_id: str) -> DatasetRecord:
    """Read one version of data."""
    return queries.dataset_version(request.actor, version_id)


class Classes(Schema):
    """One page of systems with their classes under the EU AI Act."""

    rows: list[ClassRow]
    total: int


class AnswersWanted(Schema):
    """Answers by question; a question that is left out stays unknown."""

    model_config = {"extra": "forbid"}

    given: dict[str, list[str]]
    expected_version: int | None = None


class AffectedSystem(Schema):
    """A system that a version of the law affects."""

    system_id: str
    name: str
    before: str
    after: str
    effects: list[str]


@router.get("/classes", response=Classes, summary="List classes under the EU AI Act")
def classes(request: MemberRequest, wanted: Query[ListWanted]) -> Classes:
    """List the systems with their classes under the EU AI Act."""
    page = queries.classifications(request.actor, wanted.query())
    return Classes(rows=list(page.rows), total=page.total)


@router.get("/classes/{system_id}", response=ClassifiedSystem, summary="Read a class with its reasoning")
def legal_class(request: MemberRequest, system_id: str) -> ClassifiedSystem:
    """Read the class of one system with its reasoning, its duties, their days, and what is open. Not legal advice."""
    return queries.legal_class(request.actor, system_id)


@router.put("/classes/{system_id}", response=Registered, summary="Answer what decides about a class")
def classify(request: MemberRequest, system_id: str, wanted: AnswersWanted) -> Registered:
    """Answer what decides about a class; the class follows from the answers by the law in force."""
    given = {question: tuple(points) for question, points in wanted.given.items()}
    return commands.classify_system(
        actor=request.actor, system_id=system_id, given=given, expected_version=wanted.expected_version
    )


@router.get("/law/affected", response=list[AffectedSystem], summary="List systems that a version of the law affects")
def affected(request: MemberRequest, before: str = "", after: str = "") -> list[AffectedSystem]:
    """List the classified systems for which something differs between two versions of the law."""
    law = load_law()
    old, new = queries.compared(law, today_of(request.actor), before, after)
    return [
        AffectedSystem(
            system_id=one.system_id,
            name=one.name,
            before=one.change.before.klass,
            after=one.change.after.klass,
            effects=list(queries.effects(law, one.change)),
        )
        for one in queries.affected(request.actor, law, old.id, new.id)
    ]
