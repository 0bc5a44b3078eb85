"""The treatment plan as it would be laid down now, its versions, assessments of systems, planned actions and trials."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import CharField, DateField, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext as _

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.duty import Duty
from clerestory.desk.permit import permit
from clerestory.registers.risk import models
from clerestory.registers.risk.queries.criteria import InForce, scales_of
from clerestory.registers.risk.rules.agreement import TrialRefused
from clerestory.registers.risk.rules.planning import Action, Sort
from clerestory.registers.risk.rules.risk import Status, Treatment
from clerestory.registers.risk.rules.scale import DIMENSIONS, Level, Rating, level_at, level_of
from clerestory.store import directory, log
from clerestory.terms import sentence
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId, PersonId

_whole: log.Kept[tuple[str, ...]] = log.Kept(most=64)
_undecided: log.Kept[int] = log.Kept()


class SystemUnknown(ClerestoryError):
    """The inventory of the organisation has no such AI system."""


@dataclass(frozen=True, slots=True)
class PlanTask:
    """One task of the plan."""

    action: str
    owner: PersonId
    due_on: date
    state: str
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One risk of the plan with what was decided."""

    risk_id: str
    event: str
    owner: PersonId
    level: Level | None
    target: Level | None
    treatment: str
    controls: tuple[str, ...]
    tests: tuple[str, ...]
    tasks: tuple[PlanTask, ...]

    @property
    def cost(self) -> Decimal | None:
        """What its tasks cost together; None where no task says it."""
        said = [task.cost for task in self.tasks if task.cost is not None]
        return sum(said, Decimal(0)) if said else None

    def text(self) -> str:
        """Return the line as the evidence keeps it; people stand in it by id."""
        head = f"{self.risk_id} {self.level} -> {self.target or 'as it is'}: {self.treatment}; owner {self.owner}"
        controls = f"\n  controls: {', '.join(self.controls)}" if self.controls else ""
        tasks = "".join(f"\n  {t.due_on.isoformat()} {t.owner} [{t.state}] {t.action}{_cost(t)}" for t in self.tasks)
        return f"{head}\n  {self.event}{controls}{tasks}"


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """One version of the plan."""

    version: int
    risks: tuple[str, ...]
    body: str
    by: PersonId
    at: datetime
    entry_id: EntryId


@dataclass(frozen=True, slots=True)
class AssessmentRecord:
    """One assessment of a system as a whole."""

    number: int
    trigger: str
    risks: int
    over: int
    covered: tuple[str, ...]
    statements: dict[str, str]
    summary: str
    by: PersonId
    at: datetime
    entry_id: EntryId

    @property
    def uncovered(self) -> tuple[str, ...]:
        """The sources that it says nothing about."""
        return tuple(source for source in load().coverages["risk_sources"].items if source not in self.covered)


def planned(actor: Actor) -> tuple[str, ...]:
    """Return the ids of the risks that the plan holds as it would be laid down now, gravest first."""
    permit(actor, "read", "risk")
    return _whole.get(actor.organisation_id, "", lambda: tuple(_planned(actor).values_list("risk_id", flat=True)))


def plan_lines(actor: Actor, most: int | None = None) -> tuple[PlanLine, ...]:
    """Return the risks to treat that a decision was made about, gravest first, in two queries."""
    permit(actor, "read", "risk")
    wanted = list(_planned(actor)[:most])
    tasks: dict[int, list[PlanTask]] = {}
    kept = models.Task.objects.filter(organisation_id=actor.organisation_id).exclude(state="dropped")
    kept = kept.filter(risk__in=wanted) if most is not None else kept.exclude(risk__status=Status.CLOSED)
    for task in kept.order_by("due_on", "id"):
        tasks.setdefault(task.risk_id, []).append(
            PlanTask(task.action, PersonId(task.owner), task.due_on, task.state, task.cost)
        )
    return tuple(
        PlanLine(
            row.risk_id,
            row.event,
            PersonId(row.owner),
            level_at(row.level),
            level_at(row.target),
            row.treatment,
            tuple(row.controls),
            tuple(row.tests),
            tuple(tasks.get(row.pk, ())),
        )
        for row in wanted
    )


def undecided(actor: Actor) -> int:
    """Return how many risks over the criteria have no decision, and so stand in no plan."""
    permit(actor, "read", "risk")
    rows = models.Risk.objects.filter(organisation_id=actor.organisation_id, over=True, treatment="")
    return _undecided.get(actor.organisation_id, "", rows.exclude(status=Status.CLOSED).count)


def plan_versions(actor: Actor, most: int | None = None) -> tuple[PlanRecord, ...]:
    """Return the versions of the plan, newest first."""
    permit(actor, "read", "risk")
    rows = models.Plan.objects.filter(organisation_id=actor.organisation_id).order_by("-version")[:most]
    return tuple(
        PlanRecord(r.version, tuple(r.risks), r.body, PersonId(r.by_person), r.at, EntryId(r.entry_id)) for r in rows
    )


def system_name(actor: Actor, system_id: str) -> str:
    """Return how a system is called.

    Raises:
        SystemUnknown: there is no such system.
    """
    permit(actor, "read", "risk")
    known = directory.known(actor.organisation_id, "ai_system", system_id)
    if known is None:
        raise SystemUnknown(
            sentence.gettext("There is no AI system {system_id!r}.", system_id=system_id),
            sentence.gettext("Choose one of the list."),
        )
    return known.label


def assessments(actor: Actor, system_id: str) -> tuple[AssessmentRecord, ...]:
    """Return the assessments of a system, newest first."""
    permit(actor, "read", "risk")
    rows = models.Assessment.objects.filter(organisation_id=actor.organisation_id, system__system_id=system_id)
    return tuple(
        AssessmentRecord(
            r.number,
            r.trigger,
            r.risks_count,
            r.over_count,
            tuple(r.covered),
            r.statements,
            r.summary,
            PersonId(r.by_person),
            r.at,
            EntryId(r.entry_id),
        )
        for r in rows.order_by("-number")
    )


def sources_of(actor: Actor, system_id: str) -> dict[str, int]:
    """Return how many open risks of a system come from each source."""
    permit(actor, "read", "risk")
    rows = models.Risk.objects.filter(organisation_id=actor.organisation_id, system__system_id=system_id)
    found: dict[str, int] = {}
    for source in rows.exclude(status=Status.CLOSED).values_list("source", flat=True):
        found[source] = found.get(source, 0) + 1
    return found


def _cost(task: PlanTask) -> str:
    return "" if task.cost is None else f" (costs {task.cost})"


def _planned(actor: Actor) -> QuerySet[models.Risk]:
    rows = models.Risk.objects.filter(organisation_id=actor.organisation_id).exclude(status=Status.CLOSED)
    return rows.filter(_to_treat()).exclude(treatment="").order_by("-level", "number")


def _to_treat() -> Q:
    """Return what the facts list as risks to treat: over the criteria, or treated so that they no longer are."""
    return Q(inherent__gt=0) & (Q(over=True) | ~Q(treatment__in=["", str(Treatment.RETAIN)]))


WARNING = timedelta(days=14)
REVIEW, INPUTS = "record.context_review", "planning_inputs"


class PlanningUnknown(ClerestoryError):
    """The organisation has no such action or trial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRecord:
    """A planned action with where it stands."""

    action_id: str
    action: Action
    state: str
    effective: bool | None
    judged_by: str
    judge: PersonId
    judged_at: datetime | None
    judge_entry: EntryId | None
    version: int
    entry_id: EntryId
    changed_at: datetime

    def is_late(self, on: date) -> bool:
        """Whether nobody judged it by its day."""
        return self.state == "open" and self.action.evaluate_by < on

    def state_on(self, on: date) -> str:
        """Return where it stands on a day: open, late, effective or not."""
        if self.state == "open":
            return "late" if self.is_late(on) else "open"
        return "effective" if self.effective else "not effective"


@dataclass(frozen=True, slots=True)
class ActionPlanRecord:
    """One version of the plan of actions."""

    version: int
    actions: tuple[str, ...]
    covered: tuple[str, ...]
    statements: Mapping[str, str]
    by: PersonId
    at: datetime
    entry_id: EntryId


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRecord:
    """A trial; what one assessor said is shown to nobody else until both are done."""

    trial_id: str
    cases: tuple[str, ...]
    scales: InForce
    tolerance: float
    first: PersonId
    second: PersonId
    done: tuple[PersonId, ...]
    ratings: Mapping[str, tuple[Rating, ...]]
    result: Mapping[str, Any]
    begun_by: PersonId
    begun_at: datetime
    done_at: datetime | None
    entry_id: EntryId | None
    version: int

    @property
    def assessors(self) -> tuple[PersonId, PersonId]:
        """Both assessors."""
        return self.first, self.second

    @property
    def state(self) -> str:
        """Where it stands: open until both rated, then whether they agree enough, or that nobody can say."""
        if self.done_at is None:
            return "open"
        return "unsaid" if self.result["value"] is None else "enough" if self.result["within"] else "not enough"

    @property
    def interval(self) -> str:
        """The agreement with its interval; how many rated while it is open."""
        if self.done_at is None:
            return _("%(n)d of 2 rated") % {"n": len(self.done)}
        value = self.result["value"]
        return "" if value is None else f"{value:.2f} [{self.result['low']:.2f}, {self.result['high']:.2f}]"

    def levels(self) -> tuple[tuple[str, str, str], ...]:
        """Return each case with the level that each assessor came to; empty until both are done."""
        if self.done_at is None:
            return ()
        one, other = (self.ratings[person] for person in self.assessors)
        criteria = self.scales.criteria
        return tuple(
            (case, str(level_of(criteria, a)), str(level_of(criteria, b)))
            for case, a, b in zip(self.cases, one, other, strict=True)
        )


def planning_inputs(actor: Actor) -> tuple[str, ...]:
    """Return the factors and needs that the newest review of the context took on, as the judge counts them."""
    permit(actor, "read", "risk")
    found = log.newest(actor.organisation_id, REVIEW)
    return () if found is None else tuple(found.lists.get(INPUTS, ()))


def planned_actions(actor: Actor) -> tuple[ActionRecord, ...]:
    """Return all planned actions, open ones first, by day."""
    permit(actor, "read", "risk")
    rows = models.PlannedAction.objects.filter(organisation_id=actor.organisation_id)
    return tuple(read_action(row) for row in rows.order_by("-state", "evaluate_by", "number"))


def action_record(actor: Actor, action_id: str) -> ActionRecord:
    """Return one planned action."""
    permit(actor, "read", "risk")
    return read_action(action_row(actor, action_id))


# house: allow permit-first: a part of a command, which asked
def action_row(actor: Actor, action_id: str) -> models.PlannedAction:
    """Return the row of a planned action.

    Raises:
        PlanningUnknown: there is none with that id.
    """
    number = action_id.removeprefix("PA-")
    known = number.isdecimal() and len(number) < 10 and action_id.startswith("PA-")
    rows = models.PlannedAction.objects.filter(organisation_id=actor.organisation_id)
    row = rows.filter(number=int(number)).first() if known else None
    if row is None:
        raise PlanningUnknown(
            sentence.gettext("There is no planned action {action_id!r}.", action_id=action_id),
            sentence.gettext("Choose one of the list."),
        )
    return row


def action_plans(actor: Actor) -> tuple[ActionPlanRecord, ...]:
    """Return all versions of the plan, newest first."""
    permit(actor, "read", "risk")
    rows = models.ActionPlan.objects.filter(organisation_id=actor.organisation_id).order_by("-version")
    return tuple(_plan(row) for row in rows)


def _plan(row: models.ActionPlan) -> ActionPlanRecord:
    by, entry_id = PersonId(row.by_person), EntryId(row.entry_id)
    return ActionPlanRecord(row.version, tuple(row.actions), tuple(row.covered), row.statements, by, row.at, entry_id)


def planning_duties(actor: Actor, on: date) -> list[Duty]:
    """Return what else waits for the member, in one query: actions to be judged, trials to be rated, tasks to be done.

    Of each at most so many, the next due first.
    """
    permit(actor, "read", "risk")
    actions = models.PlannedAction.objects.filter(organisation_id=actor.organisation_id, owner=actor.person_id)
    actions = actions.filter(state="open", evaluate_by__lte=on + WARNING)
    tasks = models.Task.objects.filter(organisation_id=actor.organisation_id, owner=actor.person_id)
    tasks = tasks.filter(state="open", due_on__lte=on + WARNING)
    asked = models.Trial.objects.filter(organisation_id=actor.organisation_id, done_at=None)
    asked = asked.filter(Q(first=actor.person_id) | Q(second=actor.person_id))
    trials = asked.exclude(ratings__has_key=actor.person_id)
    found = actions.values_list(_text("action"), Cast("number", CharField()), "action", "evaluate_by").union(
        tasks.values_list(_text("task"), "task_id", "action", "due_on"),
        trials.values_list(_text("trial"), Cast("number", CharField()), _text(""), Cast(Value(None), DateField())),
        all=True,
    )
    rows = sorted(found, key=lambda row: (row[3] or date.max, row[1]))
    made = {"action": _action_duty, "task": _task_duty, "trial": _trial_duty}
    return [duty(*row[1:]) for sort, duty in made.items() for row in [one for one in rows if one[0] == sort][:20]]


def _text(said: str) -> Value:
    return Value(said, output_field=CharField())


def _action_duty(number: str, action: str, due_on: date) -> Duty:
    why = _("Ask somebody who did not plan it to judge what this action did.")
    return Duty(topic="risk", title=action, url=reverse("risk-action", args=[f"PA-{number}"]), why=why, due_on=due_on)


def _task_duty(task_id: str, action: str, due_on: date) -> Duty:
    url = reverse("risk-task", args=[task_id])
    return Duty(topic="risk", title=action, url=url, why=_("A task of treatment is yours."), due_on=due_on)


def _trial_duty(number: str, _action: str, _due_on: date | None) -> Duty:
    title = _("Rate the cases of trial %(trial)s") % {"trial": f"CT-{number}"}
    url = reverse("risk-trial", args=[f"CT-{number}"])
    return Duty(topic="risk", title=title, url=url, why=_("You were asked to rate them apart."))


def trials(actor: Actor) -> tuple[TrialRecord, ...]:
    """Return all trials, newest first."""
    permit(actor, "read", "risk")
    rows = models.Trial.objects.filter(organisation_id=actor.organisation_id).order_by("-number")
    return tuple(read_trial(row, actor) for row in rows)


def trial_record(actor: Actor, trial_id: str) -> TrialRecord:
    """Return one trial, as far as this member may see it."""
    permit(actor, "read", "risk")
    return read_trial(trial_row(actor, trial_id), actor)


# house: allow permit-first: a part of a command, which asked
def trial_row(actor: Actor, trial_id: str) -> models.Trial:
    """Return the row of a trial.

    Raises:
        PlanningUnknown: there is none with that id.
    """
    number = trial_id.removeprefix("CT-")
    known = number.isdecimal() and len(number) < 10 and trial_id.startswith("CT-")
    rows = models.Trial.objects.filter(organisation_id=actor.organisation_id)
    row = rows.filter(number=int(number)).first() if known else None
    if row is None:
        raise PlanningUnknown(
            sentence.gettext("There is no trial {trial_id!r}.", trial_id=trial_id),
            sentence.gettext("Choose one of the list."),
        )
    return row


# house: allow permit-first: translates a row that was read with permission
def read_action(row: models.PlannedAction) -> ActionRecord:
    """Read a planned action from its row."""
    said = Action(
        sort=Sort(row.sort),
        about=row.about,
        action=row.action,
        meant=row.meant,
        owner=PersonId(row.owner),
        evaluate_by=row.evaluate_by,
        inputs=tuple(row.inputs),
    )
    return ActionRecord(
        action_id=f"PA-{row.number}",
        action=said,
        state=row.state,
        effective=row.effective,
        judged_by=row.judged_by,
        judge=PersonId(row.judge),
        judged_at=row.judged_at,
        judge_entry=EntryId(row.judge_entry_id) if row.judge_entry_id else None,
        version=row.version,
        entry_id=EntryId(row.entry_id),
        changed_at=row.changed_at,
    )


# house: allow permit-first: translates a row that was read with permission
def read_trial(row: models.Trial, actor: Actor) -> TrialRecord:
    """Read a trial from its row; of an open one nobody sees another's ratings."""
    shown = row.ratings if row.done_at else {who: told for who, told in row.ratings.items() if who == actor.person_id}
    return TrialRecord(
        trial_id=f"CT-{row.number}",
        cases=tuple(row.cases),
        scales=scales_of(row.criteria_version, row.criteria),
        tolerance=row.tolerance,
        first=PersonId(row.first),
        second=PersonId(row.second),
        done=tuple(PersonId(who) for who in row.ratings),
        ratings={who: tuple(read_rating(one) for one in told) for who, told in shown.items()},
        result=row.result,
        begun_by=PersonId(row.begun_by),
        begun_at=row.begun_at,
        done_at=row.done_at,
        entry_id=EntryId(row.entry_id) if row.entry_id else None,
        version=row.version,
    )


# house: allow permit-first: translates a row that was read with permission
def read_rating(stored: list[int]) -> Rating:
    """Read a rating from the steps that a trial keeps."""
    if len(stored) != 1 + len(DIMENSIONS):
        raise TrialRefused(
            sentence.gettext("A rating is not whole."), sentence.gettext("Rate the likelihood and each consequence.")
        )
    return Rating(stored[0], tuple(zip(DIMENSIONS, stored[1:], strict=True)))
