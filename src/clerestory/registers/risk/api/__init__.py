"""The risk register over HTTP: the same commands and queries as the pages. Signing asks for a person."""

from datetime import date
from decimal import Decimal

from ninja import Query, Router, Schema, Status

from clerestory.desk.day import today_of
from clerestory.desk.lists import ListQuery
from clerestory.desk.people import members
from clerestory.desk.request import MemberRequest
from clerestory.registers.risk import commands, queries
from clerestory.registers.risk.api.planning import router as planning
from clerestory.registers.risk.api.threat import router as threats
from clerestory.registers.risk.commands import Written
from clerestory.registers.risk.queries import RiskCounts, RiskRecord
from clerestory.registers.risk.queries.counts import Cell, heat_maps
from clerestory.registers.risk.queries.criteria import MethodRecord, method_versions
from clerestory.registers.risk.queries.lists import risk_columns, task_columns
from clerestory.registers.risk.queries.plan import AssessmentRecord, assessments, system_name
from clerestory.registers.risk.queries.record import StepRecord, TaskRecord, risk_with_steps, tasks_of
from clerestory.registers.risk.rules.risk import Decision, Done, Nature, NewTask, Reduction, Risk, Treatment, Trigger
from clerestory.registers.risk.rules.scale import DIMENSIONS, Rating
from clerestory.terms.ids import EntryId, PersonId

router = Router(tags=["risk"])
router.add_router("/threats", threats)
router.add_router("", planning)


class RiskListWanted(Schema):
    """What is asked of a list; filters as on the page."""

    q: str = ""
    sort: str = ""
    page: int = 1
    size: int = 25
    level: str = ""
    status: str = ""
    system: str = ""
    owner: str = ""
    treatment: str = ""
    over: str = ""
    look: str = ""
    state: str = ""

    def query(self) -> ListQuery:
        """Return the question that queries take."""
        names = ("level", "status", "system", "owner", "treatment", "over", "look", "state")
        filters = {name: getattr(self, name) for name in names if getattr(self, name)}
        size = min(max(self.size, 1), 100)
        return ListQuery(search=self.q[:200], filters=filters, sort=self.sort, page=max(self.page, 1), size=size)


class Risks(Schema):
    """One page of risks."""

    rows: list[RiskRecord]
    total: int


class Tasks(Schema):
    """One page of tasks."""

    rows: list[TaskRecord]
    total: int


class WholeRisk(Schema):
    """A risk with every step taken and its tasks."""

    risk: RiskRecord
    steps: list[StepRecord]
    tasks: list[TaskRecord]


class HeatMaps(Schema):
    """Counts by likelihood and consequence, now and before treatment."""

    criteria_version: int
    now: list[list[Cell]]
    before: list[list[Cell]]


class Wanted(Schema):
    """Refuses keys that it does not know."""

    model_config = {"extra": "forbid"}


class RatingWanted(Wanted):
    """Steps on the scales in force, counted from 1, and why."""

    likelihood: int
    organisation: int
    individuals: int
    societies: int
    reason: str

    def rating(self) -> Rating:
        """Return the rating."""
        return Rating(self.likelihood, tuple((name, getattr(self, name)) for name in DIMENSIONS))


class RiskWanted(Wanted):
    """A risk in words, with its owner."""

    event: str
    source: str
    consequence: str
    owner: str
    system_id: str = ""
    cause: str = ""
    affected: list[str] = []

    def risk(self) -> Risk:
        """Return the risk."""
        return Risk(
            event=self.event,
            source=self.source,
            consequence=self.consequence,
            owner=PersonId(self.owner),
            system_id=self.system_id,
            cause=self.cause,
            affected=tuple(self.affected),
        )


class NewRisk(RiskWanted):
    """A risk, and its rating where that is known already."""

    rating: RatingWanted | None = None


class ChangedRisk(RiskWanted):
    """A risk, from the version that was seen."""

    expected_version: int


class Analysis(RatingWanted):
    """A rating, from the version that was seen."""

    expected_version: int
    after_treatment: bool = False


class TaskWanted(Wanted):
    """One step of treatment."""

    action: str
    owner: str
    due_on: date
    cost: Decimal | None = None

    def task(self) -> NewTask:
        """Return the task."""
        return NewTask(action=self.action, owner=PersonId(self.owner), due_on=self.due_on, cost=self.cost)


class ReductionWanted(Wanted):
    """What one control or check takes away while its evidence holds: steps of a scale, percents of money, and why."""

    measure: str
    why: str
    likelihood: int = 0
    consequence: int = 0
    frequency: int = 0
    loss: int = 0


class DecisionWanted(Wanted):
    """Which treatment, from the version that was seen."""

    treatment: Treatment
    reason: str
    expected_version: int
    nature: Nature | None = None
    controls: list[str] = []
    tests: list[str] = []
    tasks: list[TaskWanted] = []
    reductions: list[ReductionWanted] = []
    target_likelihood: int = 0
    target_consequence: int = 0


class DoneWanted(Wanted):
    """That a task was carried out, from the version that was seen."""

    done_on: date
    expected_version: int
    shown_by: list[str] = []
    note: str = ""


class EffectWanted(Wanted):
    """What the treatment did, judged by somebody else."""

    effective: bool
    judged_by: str
    expected_version: int
    rating: RatingWanted | None = None


class AssessmentWanted(Wanted):
    """The risks of a system as a whole; statements say why a source brings no risk."""

    trigger: Trigger
    summary: str
    statements: dict[str, str] = {}


@router.get("", response=Risks, summary="List risks")
def risks(request: MemberRequest, asked: Query[RiskListWanted]) -> Risks:
    """List one page of risks, gravest first."""
    actor = request.actor
    everybody = members(actor, past=True)
    columns = risk_columns(actor, today_of(actor), everybody)
    known = {c.name: {str(value) for value, _label in c.options} for c in columns if c.filtered}
    query = asked.query()
    fits = all(name not in known or not known[name] or value in known[name] for name, value in query.filters.items())
    if not fits:
        return Risks(rows=[], total=0)
    page = queries.risk_page(actor, query, columns, {m.person_id: m.name for m in everybody})
    return Risks(rows=list(page.rows), total=page.total)


@router.post("", response={201: Written}, summary="Identify a risk")
def identify(request: MemberRequest, wanted: NewRisk) -> Status[Written]:
    """Register a risk; with a rating it is analysed at once."""
    rating, reason = (None, "") if wanted.rating is None else (wanted.rating.rating(), wanted.rating.reason)
    made = commands.identify_risk(actor=request.actor, risk=wanted.risk(), rating=rating, reason=reason)
    return Status(201, made)


@router.get("/counts", response=RiskCounts, summary="Count risks")
def counts(request: MemberRequest) -> RiskCounts:
    """Count risks by level, and what of them waits for somebody."""
    return queries.risk_counts(request.actor, today_of(request.actor))


@router.get("/map", response=HeatMaps, summary="Read the heat map")
def heat_map(request: MemberRequest) -> HeatMaps:
    """Read the counts by likelihood and consequence."""
    in_force, before, now = heat_maps(request.actor)
    return HeatMaps(
        criteria_version=in_force.version,
        now=[list(row) for row in now.rows],
        before=[list(row) for row in before.rows],
    )


@router.get("/criteria", response=list[MethodRecord], summary="Read criteria and method")
def criteria(request: MemberRequest) -> list[MethodRecord]:
    """Read all versions of criteria and method, newest first."""
    return list(method_versions(request.actor))


@router.get("/tasks", response=Tasks, summary="List tasks of treatment")
def tasks(request: MemberRequest, asked: Query[RiskListWanted]) -> Tasks:
    """List one page of tasks."""
    page = queries.task_page(request.actor, asked.query(), task_columns(request.actor, today_of(request.actor)))
    return Tasks(rows=list(page.rows), total=page.total)


@router.post("/tasks/{task_id}/done", response={201: Written}, summary="Say that a task was carried out")
def done(request: MemberRequest, task_id: str, wanted: DoneWanted) -> Status[Written]:
    """Say that a task was carried out; it counts once a second person approved it."""
    shown = tuple(EntryId(entry) for entry in wanted.shown_by)
    said = Done(done_on=wanted.done_on, shown_by=shown, note=wanted.note)
    made = commands.implement_task(
        actor=request.actor, task_id=task_id, done=said, expected_version=wanted.expected_version
    )
    return Status(201, made)


@router.get("/systems/{system_id}/assessments", response=list[AssessmentRecord], summary="Read assessments of a system")
def system_assessments(request: MemberRequest, system_id: str) -> list[AssessmentRecord]:
    """Read the assessments of a system as a whole, newest first."""
    system_name(request.actor, system_id)
    return list(assessments(request.actor, system_id))


@router.post("/systems/{system_id}/assessments", response={201: Written}, summary="Assess a system as a whole")
def assess(request: MemberRequest, system_id: str, wanted: AssessmentWanted) -> Status[Written]:
    """Assess the risks of a system; it counts once a second person approved it."""
    made = commands.assess_system(
        actor=request.actor,
        system_id=system_id,
        trigger=wanted.trigger,
        summary=wanted.summary,
        statements=wanted.statements,
    )
    return Status(201, made)


@router.get("/risks/{risk_id}", response=WholeRisk, summary="Read a risk")
def risk(request: MemberRequest, risk_id: str) -> WholeRisk:
    """Read one risk with its steps and tasks."""
    record, steps, _criteria = risk_with_steps(request.actor, risk_id)
    return WholeRisk(risk=record, steps=list(steps), tasks=list(tasks_of(request.actor, risk_id)))


@router.put("/risks/{risk_id}", response=Written, summary="Change a risk")
def update(request: MemberRequest, risk_id: str, wanted: ChangedRisk) -> Written:
    """Change what a risk is and who owns it."""
    return commands.update_risk(
        actor=request.actor, risk_id=risk_id, risk=wanted.risk(), expected_version=wanted.expected_version
    )


@router.post("/risks/{risk_id}/analyses", response={201: Written}, summary="Rate a risk")
def analyse(request: MemberRequest, risk_id: str, wanted: Analysis) -> Status[Written]:
    """Rate a risk; it counts once a second person approved it."""
    made = commands.analyse_risk(
        actor=request.actor,
        risk_id=risk_id,
        rating=wanted.rating(),
        reason=wanted.reason,
        after_treatment=wanted.after_treatment,
        expected_version=wanted.expected_version,
    )
    return Status(201, made)


@router.post("/risks/{risk_id}/decisions", response={201: Written}, summary="Decide on the treatment")
def decide(request: MemberRequest, risk_id: str, wanted: DecisionWanted) -> Status[Written]:
    """Decide on the treatment; it counts once a second person approved it."""
    decision = Decision(
        treatment=wanted.treatment,
        reason=wanted.reason,
        nature=wanted.nature,
        controls=tuple(wanted.controls),
        tests=tuple(wanted.tests),
        reductions=tuple(Reduction(**said.dict()) for said in wanted.reductions),
        target_likelihood=wanted.target_likelihood,
        target_consequence=wanted.target_consequence,
    )
    made = commands.decide_treatment(
        actor=request.actor,
        risk_id=risk_id,
        decision=decision,
        tasks=tuple(task.task() for task in wanted.tasks),
        expected_version=wanted.expected_version,
    )
    return Status(201, made)


@router.post("/risks/{risk_id}/tasks", response={201: Written}, summary="Plan a task")
def plan_task(request: MemberRequest, risk_id: str, wanted: TaskWanted) -> Status[Written]:
    """Plan one more task."""
    return Status(201, commands.add_task(actor=request.actor, risk_id=risk_id, task=wanted.task()))


@router.post("/risks/{risk_id}/effects", response={201: Written}, summary="Judge the effect of a treatment")
def effect(request: MemberRequest, risk_id: str, wanted: EffectWanted) -> Status[Written]:
    """Judge, as somebody who did not treat it, what the treatment did."""
    made = commands.confirm_effectiveness(
        actor=request.actor,
        risk_id=risk_id,
        effective=wanted.effective,
        judged_by=wanted.judged_by,
        rating=None if wanted.rating is None else wanted.rating.rating(),
        expected_version=wanted.expected_version,
    )
    return Status(201, made)
