"""The treatment plan as it would be laid down now, its versions, and the assessments of systems."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Q, QuerySet

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.registers.risk import models
from clerestory.registers.risk.rules.risk import Status, Treatment
from clerestory.registers.risk.rules.scale import Level, level_at
from clerestory.store import directory
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId, PersonId


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
    return tuple(_planned(actor).values_list("risk_id", flat=True))


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
    return rows.exclude(status=Status.CLOSED).count()


def plan_versions(actor: Actor) -> tuple[PlanRecord, ...]:
    """Return all versions of the plan, newest first."""
    permit(actor, "read", "risk")
    rows = models.Plan.objects.filter(organisation_id=actor.organisation_id).order_by("-version")
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
        raise SystemUnknown(f"There is no AI system {system_id!r}.", "Choose one of the list.")
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
