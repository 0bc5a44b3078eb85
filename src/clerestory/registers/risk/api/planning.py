"""Planned actions, trials of the method and money over HTTP: the same commands and queries as the pages."""

from collections.abc import Mapping
from datetime import date, datetime

from ninja import Query, Router, Schema, Status

from clerestory.desk.day import today_of
from clerestory.desk.lists import ListQuery, page_of
from clerestory.desk.people import member_names
from clerestory.desk.request import MemberRequest
from clerestory.registers.risk import commands
from clerestory.registers.risk.commands import Written
from clerestory.registers.risk.queries import risk_record
from clerestory.registers.risk.queries.criteria import criteria_in_force
from clerestory.registers.risk.queries.lists import action_columns
from clerestory.registers.risk.queries.plan import (
    ActionPlanRecord,
    ActionRecord,
    TrialRecord,
    action_plans,
    action_record,
    planned_actions,
    planning_inputs,
    trial_record,
    trials,
)
from clerestory.registers.risk.queries.residual import EstimateRecord, curves, estimate_that_counts, estimates
from clerestory.registers.risk.rules.agreement import TOLERANCE
from clerestory.registers.risk.rules.money import Curve, Estimate, Shape
from clerestory.registers.risk.rules.planning import Action, Sort
from clerestory.registers.risk.rules.scale import DIMENSIONS, Rating
from clerestory.terms.ids import EntryId, PersonId

router = Router(tags=["risk"])


class Wanted(Schema):
    """Refuses keys that it does not know."""

    model_config = {"extra": "forbid"}


class ActionsWanted(Schema):
    """What is asked of the list of planned actions; filters as on the page."""

    q: str = ""
    sort: str = ""
    page: int = 1
    size: int = 25
    state: str = ""
    kind: str = ""

    def query(self) -> ListQuery:
        """Return the question that queries take."""
        asked = {"state": self.state, "sort": self.kind}
        filters = {name: value for name, value in asked.items() if value}
        size = min(max(self.size, 1), 100)
        return ListQuery(search=self.q[:200], filters=filters, sort=self.sort, page=max(self.page, 1), size=size)


class Actions(Schema):
    """One page of planned actions."""

    rows: list[ActionRecord]
    total: int


class PlannedActionWanted(Wanted):
    """An action on a risk or an opportunity of the management system."""

    sort: Sort
    about: str
    action: str
    meant: str
    owner: str
    evaluate_by: date
    inputs: list[str] = []

    def planned(self) -> Action:
        """Return the action."""
        return Action(
            sort=self.sort,
            about=self.about,
            action=self.action,
            meant=self.meant,
            owner=PersonId(self.owner),
            evaluate_by=self.evaluate_by,
            inputs=tuple(self.inputs),
        )


class ChangedAction(PlannedActionWanted):
    """An action, from the version that was seen."""

    expected_version: int


class JudgementWanted(Wanted):
    """What an action did, judged by somebody who neither owns nor planned it."""

    effective: bool
    judged_by: str
    expected_version: int


class PlanWanted(Wanted):
    """Why nothing is done about factors and needs that no action answers."""

    statements: dict[str, str] = {}


class PlansShown(Schema):
    """What the newest review of the context took on, and the plans that answer it, newest first."""

    inputs: list[str]
    plans: list[ActionPlanRecord]


class TrialWanted(Wanted):
    """Cases that two people rate apart."""

    cases: list[str]
    first: str
    second: str
    tolerance: float = TOLERANCE


class CaseRated(Wanted):
    """Steps on the scales of the trial, counted from 1."""

    likelihood: int
    organisation: int
    individuals: int
    societies: int

    def rating(self) -> Rating:
        """Return the rating."""
        return Rating(self.likelihood, tuple((name, getattr(self, name)) for name in DIMENSIONS))


class RatingsWanted(Wanted):
    """One rating for each case, in their order."""

    ratings: list[CaseRated]


class TrialShown(Schema):
    """A trial; ratings and result stay empty until both assessors are done."""

    trial_id: str
    cases: list[str]
    criteria_version: int
    tolerance: float
    assessors: list[str]
    done: list[str]
    levels: list[tuple[str, str, str]]
    result: dict[str, object]
    begun_at: datetime
    done_at: datetime | None
    entry_id: str
    version: int


class EstimateWanted(Wanted):
    """How often in a year and how much each time, by the quantiles of 5 % and 95 %."""

    often_low: float
    often_high: float
    loss_low: float
    loss_high: float
    shape: Shape = Shape.LOGNORMAL
    loss_likely: float = 0.0
    reason: str
    expected_version: int
    seed: int | None = None

    def said(self) -> Estimate:
        """Return the estimate."""
        return Estimate(
            often_low=self.often_low,
            often_high=self.often_high,
            loss_low=self.loss_low,
            loss_high=self.loss_high,
            shape=self.shape,
            loss_likely=self.loss_likely,
        )


class MoneyShown(Schema):
    """The estimates of a risk, newest first, and the one that counts, drawn without measures and with those that hold.

    One that says less than those before counts once a second person approved it; ``counts`` is its number.
    """

    version: int
    counts: int | None = None
    estimates: list[EstimateRecord]
    before: Curve | None = None
    now: Curve | None = None


@router.get("/opportunities", response=Actions, summary="List planned actions")
def actions(request: MemberRequest, asked: Query[ActionsWanted]) -> Actions:
    """List one page of actions on risks and opportunities, open ones first."""
    actor = request.actor
    columns = action_columns(actor, member_names(actor), today_of(actor))
    page = page_of(planned_actions(actor), asked.query(), columns)
    return Actions(rows=list(page.rows), total=page.total)


@router.post("/opportunities", response={201: Written}, summary="Plan an action")
def plan_action(request: MemberRequest, wanted: PlannedActionWanted) -> Status[Written]:
    """Plan an action on a risk or an opportunity, with the day by which its effect is judged."""
    return Status(201, commands.plan_action(actor=request.actor, said=wanted.planned()))


@router.get("/opportunities/{action_id}", response=ActionRecord, summary="Read a planned action")
def action(request: MemberRequest, action_id: str) -> ActionRecord:
    """Read one planned action with what it did, where that was judged."""
    return action_record(request.actor, action_id)


@router.put("/opportunities/{action_id}", response=Written, summary="Change a planned action")
def change_action(request: MemberRequest, action_id: str, wanted: ChangedAction) -> Written:
    """Change an action that is open, from the version that was seen."""
    return commands.change_action(
        actor=request.actor,
        action_id=action_id,
        said=wanted.planned(),
        expected_version=wanted.expected_version,
    )


@router.post("/opportunities/{action_id}/judgement", response={201: Written}, summary="Judge what an action did")
def judge_action(request: MemberRequest, action_id: str, wanted: JudgementWanted) -> Status[Written]:
    """Judge, as somebody who neither owns nor planned it, what an action did; a second person approves that."""
    made = commands.judge_action(
        actor=request.actor,
        action_id=action_id,
        effective=wanted.effective,
        judged_by=wanted.judged_by,
        expected_version=wanted.expected_version,
    )
    return Status(201, made)


@router.get("/action-plans", response=PlansShown, summary="Read plans for risks and opportunities")
def plans(request: MemberRequest) -> PlansShown:
    """Read all versions of the plan, newest first, with the factors and needs that it has to answer."""
    return PlansShown(inputs=list(planning_inputs(request.actor)), plans=list(action_plans(request.actor)))


@router.post("/action-plans", response={201: Written}, summary="Propose the plan for risks and opportunities")
def propose_plan(request: MemberRequest, wanted: PlanWanted) -> Status[Written]:
    """Propose which actions answer which factors and needs; it counts once a second person approved it."""
    return Status(201, commands.propose_action_plan(actor=request.actor, statements=wanted.statements))


@router.get("/trials", response=list[TrialShown], summary="List trials of the method")
def all_trials(request: MemberRequest) -> list[TrialShown]:
    """List the trials in which two people rated the same cases apart, newest first."""
    return [_trial(record) for record in trials(request.actor)]


@router.post("/trials", response={201: Written}, summary="Begin a trial of the method")
def begin_trial(request: MemberRequest, wanted: TrialWanted) -> Status[Written]:
    """Ask two people to rate the same cases apart."""
    made = commands.begin_trial(
        actor=request.actor,
        cases=wanted.cases,
        first=PersonId(wanted.first),
        second=PersonId(wanted.second),
        tolerance=wanted.tolerance,
    )
    return Status(201, made)


@router.get("/trials/{trial_id}", response=TrialShown, summary="Read a trial of the method")
def trial(request: MemberRequest, trial_id: str) -> TrialShown:
    """Read one trial; what an assessor said is shown once both are done."""
    return _trial(trial_record(request.actor, trial_id))


@router.post("/trials/{trial_id}/ratings", response={201: Written}, summary="Rate the cases of a trial")
def rate_cases(request: MemberRequest, trial_id: str, wanted: RatingsWanted) -> Status[Written]:
    """Rate all cases, once, as one of the two who were asked."""
    ratings = [case.rating() for case in wanted.ratings]
    return Status(201, commands.rate_cases(actor=request.actor, trial_id=trial_id, ratings=ratings))


@router.get("/risks/{risk_id}/money", response=MoneyShown, summary="Read what a risk may cost")
def money(request: MemberRequest, risk_id: str) -> MoneyShown:
    """Read the estimates of a risk, and what the one that counts gives with the measures that hold now."""
    actor = request.actor
    record, made = risk_record(actor, risk_id), estimates(actor, risk_id)
    counts = estimate_that_counts(actor, made)
    if counts is None:
        return MoneyShown(version=record.version, estimates=[])
    holding = {barrier.reduction.measure for barrier in record.barriers if barrier.holds}
    appetite = criteria_in_force(actor).criteria.money
    before, now = curves(counts.said, counts.seed, record.reductions, holding, appetite)
    return MoneyShown(version=record.version, counts=counts.number, estimates=list(made), before=before, now=now)


@router.post("/risks/{risk_id}/money", response={201: Written}, summary="Estimate what a risk may cost")
def estimate(request: MemberRequest, risk_id: str, wanted: EstimateWanted) -> Status[Written]:
    """Keep what people who know said about frequency and loss; the seed of the simulation stays with it."""
    made = commands.estimate_loss(
        actor=request.actor,
        risk_id=risk_id,
        said=wanted.said(),
        reason=wanted.reason,
        expected_version=wanted.expected_version,
        seed=wanted.seed,
    )
    return Status(201, made)


def _trial(record: TrialRecord) -> TrialShown:
    result: Mapping[str, object] = record.result if record.done_at else {}
    return TrialShown(
        trial_id=record.trial_id,
        cases=list(record.cases),
        criteria_version=record.scales.version,
        tolerance=record.tolerance,
        assessors=list(record.assessors),
        done=list(record.done),
        levels=list(record.levels()),
        result=dict(result),
        begun_at=record.begun_at,
        done_at=record.done_at,
        entry_id=record.entry_id or EntryId(""),
        version=record.version,
    )
