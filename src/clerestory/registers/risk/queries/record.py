"""One risk as its page shows it: what was identified, each step taken, its tasks, and what does not fit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.expressions import BaseExpression

from clerestory.desk.actor import Actor
from clerestory.desk.day import day_of
from clerestory.desk.people import members
from clerestory.desk.permit import permit
from clerestory.desk.version import expect
from clerestory.registers.risk import models
from clerestory.registers.risk.queries import words
from clerestory.registers.risk.queries.criteria import InForce, scales_of
from clerestory.registers.risk.queries.residual import Barrier, read_barriers, read_reductions
from clerestory.registers.risk.rules.consistency import Oddity, Seen, oddities
from clerestory.registers.risk.rules.risk import FIRST_TEXT, Nature, Reduction, Risk, Status, Treatment
from clerestory.registers.risk.rules.scale import Level, Rating, level_at
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId, PersonId
from clerestory.terms.sentence import gettext as _

RETIRED = "retirement"


class RiskUnknown(ClerestoryError):
    """The organisation has no such risk or task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """One analysis, decision, judgement of effect, acceptance or closing, as it was made."""

    kind: str
    number: int
    level: Level | None
    criteria_version: int
    said: Mapping[str, object]
    reason: str
    by: PersonId
    at: datetime
    entry_id: EntryId

    @property
    def why(self) -> str:
        """Why it was done: what a person wrote, or which measures moved."""
        return words.derived(self.reason) if self.kind == "residual" else self.reason

    @property
    def rating(self) -> Rating | None:
        """The rating of an analysis."""
        likelihood, consequences = self.said.get("likelihood"), self.said.get("consequences")
        if not isinstance(likelihood, int) or not isinstance(consequences, dict):
            return None
        return Rating(likelihood, tuple(consequences.items()))

    @property
    def signed_on(self) -> date | None:
        """The day an acceptance was signed, where it came in later than that."""
        said = self.said.get("signed_on")
        return date.fromisoformat(said) if isinstance(said, str) and said else None

    @property
    def valid_until(self) -> date | None:
        """The last day of an acceptance."""
        said = self.said.get("valid_until")
        return date.fromisoformat(said) if isinstance(said, str) and said else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRecord:
    """A task of treatment with the risk it belongs to."""

    task_id: str
    risk_id: str
    event: str
    action: str
    owner: PersonId
    due_on: date
    cost: Decimal | None
    state: str
    dropping_by: PersonId
    done_on: date | None
    done_by: PersonId
    done_entry: EntryId | None
    shown_by: tuple[EntryId, ...]
    note: str
    version: int
    entry_id: EntryId
    owner_name: str = ""

    def is_late(self, on: date) -> bool:
        """Whether it is open after its day."""
        return self.state == "open" and self.due_on < on


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskRecord:
    """A risk with its present state; ``likelihood`` and ``consequence`` are before treatment, ``now_`` after it."""

    risk_id: str
    risk: Risk
    system_name: str
    system_stage: str
    status: Status
    likelihood: int
    consequence: int
    inherent: Level | None
    now_likelihood: int
    now_consequence: int
    level: Level | None
    level_since: datetime | None
    over: bool
    criteria_version: int
    analysed_at: datetime | None
    treatment: Treatment | None
    nature: Nature | None
    controls: tuple[str, ...]
    tests: tuple[str, ...]
    reductions: tuple[Reduction, ...]
    barriers: tuple[Barrier, ...]
    failing: int
    observed_likelihood: int
    observed_consequence: int
    expected_loss: float | None
    loss_over: bool | None
    target: Level | None
    decided_level: Level | None
    tasks_total: int
    tasks_open: int
    next_due: date | None
    effective: bool | None
    accepted_until: date | None
    accepted_criteria: int
    accepted_by_two: bool
    closing_by: PersonId
    version: int
    entry_id: EntryId
    identified_at: datetime
    changed_at: datetime
    text_version: int = FIRST_TEXT
    asked_treatment: str = ""
    asked_nature: str = ""
    same_text: bool = False
    other_scales: bool = False
    owner_name: str = ""

    def is_accepted(self, on: date) -> bool:
        """Whether an acceptance is in force on a day: signed by the owner and approved by somebody else."""
        return self.accepted_by_two and self.is_signed(on)

    def is_signed(self, on: date) -> bool:
        """Whether the owner signed an acceptance that goes on to a day, approved or not."""
        return self.accepted_until is not None and self.accepted_until >= on

    def state(self, on: date) -> str:
        """The state on a day: an acceptance that ended or that nobody approved leaves a risk open."""
        if self.status is Status.ACCEPTED and not self.is_accepted(on):
            return Status.OPEN
        return self.status

    @property
    def is_reduced(self) -> bool:
        """Whether it was analysed again after treatment."""
        return (self.now_likelihood, self.now_consequence) != (self.likelihood, self.consequence)

    def next_step(self, on: date) -> str:
        """What is to be done next: analyse, decide, task, carry-out, confirm, accept, or nothing."""
        if self.status is Status.CLOSED:
            return ""
        if self.level is None:
            return "analyse"
        if self.treatment is None or (self.over and self.decided_level is not self.level):
            return "decide" if self.over or self.treatment is not None else ""
        if self.treatment is not Treatment.RETAIN:
            if not self.tasks_total:
                return "task"
            if self.tasks_open:
                return "carry-out"
            if self.effective is None:
                return "confirm"
        return "accept" if self.over and not self.is_signed(on) else ""

    @property
    def asks_more(self) -> bool:
        """Whether what counts of its decisions asks for more than the one made last, which waits."""
        said = (str(self.treatment or ""), str(self.nature or ""))
        return self.status is not Status.CLOSED and said != (self.asked_treatment, self.asked_nature)

    def rated_lower(self, steps: Iterable[StepRecord]) -> StepRecord | None:
        """Return the newest rating, of steps newest first, where it is lower than what counts and waits."""
        step = next((step for step in steps if step.kind == "analysis"), None)
        if step is None or step.rating is None or step.said.get("after_treatment") or self.status is Status.CLOSED:
            return None
        said = (step.rating.likelihood, step.rating.consequence)
        return None if said == (self.likelihood, self.consequence) else step

    def is_rewritten(self, steps: Iterable[StepRecord]) -> bool:
        """Return whether it says something else than when it was rated last, or its treatment was decided last."""
        newest: dict[str, object] = {}
        for step in steps:
            if step.kind in ("analysis", "decision"):
                newest.setdefault(step.kind, step.said.get("text", FIRST_TEXT))
        return self.status is not Status.CLOSED and any(text != self.text_version for text in newest.values())

    def oddities(
        self, actor: Actor, *, on: date, in_force: int, present: Iterable[str] | None = None
    ) -> tuple[Oddity, ...]:
        """Return what does not fit together; ``present`` are the ids of members who did not leave."""
        return tuple(oddities(self._seen(actor, present), on=on, criteria_in_force=in_force))

    def _seen(self, actor: Actor, present: Iterable[str] | None) -> Seen:
        return Seen(
            status=self.status,
            level=self.level.rank if self.level else 0,
            inherent=self.inherent.rank if self.inherent else 0,
            over=self.over,
            treatment=self.treatment,
            decided_level=self.decided_level.rank if self.decided_level else 0,
            controls=len(self.controls),
            tasks=self.tasks_total,
            analysed_on=day_of(actor, self.analysed_at) if self.analysed_at else None,
            criteria_version=self.criteria_version,
            accepted_criteria=self.accepted_criteria,
            accepted_until=self.accepted_until,
            accepted_by_two=self.accepted_by_two,
            next_due=self.next_due,
            owner_left=present is not None and self.risk.owner not in present,
            system_retired=self.system_stage == RETIRED,
            same_text=self.same_text,
            failing=self.failing,
            reduced=self.now_likelihood < self.likelihood or self.now_consequence < self.consequence,
            reductions=len(self.reductions),
            loss_over=bool(self.loss_over),
            has_system=bool(self.risk.system_id) or self.risk.wide,
        )


def risk_rows(actor: Actor) -> QuerySet[models.Risk]:
    """Return the risks of the organisation with their systems."""
    permit(actor, "read", "risk")
    return models.Risk.objects.filter(organisation_id=actor.organisation_id).select_related("system")


def risk_record(actor: Actor, risk_id: str) -> RiskRecord:
    """Return one risk, in one query.

    Raises:
        RiskUnknown: there is none with that id.
    """
    permit(actor, "read", "risk")
    row = risk_rows(actor).filter(risk_id=risk_id).annotate(twin=Exists(_twins(actor))).first()
    if row is None:
        raise unknown_risk(risk_id)
    return read_risk(row, same_text=bool(row.twin))


def risk_with_steps(actor: Actor, risk_id: str) -> tuple[RiskRecord, tuple[StepRecord, ...], InForce]:
    """Return one risk with every step taken about it, newest first, and the criteria in force, in one query.

    Raises:
        RiskUnknown: there is none with that id.
    """
    permit(actor, "read", "risk")
    newest = models.Scales.objects.filter(organisation_id=actor.organisation_id).exclude(in_force_at=None)
    newest = newest.order_by("-version")
    asked: dict[str, BaseExpression] = {
        "in_force": Subquery(newest.values("version")[:1]),
        "criteria": Subquery(newest.values("criteria")[:1]),
    }
    known = models.Scales.objects.filter(organisation_id=actor.organisation_id)
    steps = models.Step.objects.filter(organisation_id=actor.organisation_id, **_of(actor, risk_id))
    made = known.filter(version=OuterRef("risk__criteria_version")).values("criteria")[:1]
    steps = steps.select_related("risk__system").annotate(
        twin=Exists(_twins(actor, "risk__")), made_by=Subquery(made), **asked
    )
    rows = list(steps.order_by("-at", "-id"))
    told: Any = rows[0] if rows else None
    if told is None:
        made = known.filter(version=OuterRef("criteria_version")).values("criteria")[:1]
        told = risk_rows(actor).filter(risk_id=risk_id)
        told = told.annotate(twin=Exists(_twins(actor)), made_by=Subquery(made), **asked).first()
    if told is None:
        raise unknown_risk(risk_id)
    row: models.Risk = told.risk if rows else told
    in_force = scales_of(told.in_force, told.criteria)
    rated_by = scales_of(row.criteria_version, told.made_by)
    other = not rated_by.criteria.same_scales(in_force.criteria)
    return (
        replace(read_risk(row, same_text=told.twin), other_scales=other),
        tuple(_step(step) for step in rows),
        in_force,
    )


def steps_of(actor: Actor, risk_id: str) -> tuple[StepRecord, ...]:
    """Return every step taken about a risk, newest first."""
    permit(actor, "read", "risk")
    rows = models.Step.objects.filter(organisation_id=actor.organisation_id, **_of(actor, risk_id))
    return tuple(_step(row) for row in rows.order_by("-at", "-id"))


def tasks_of(actor: Actor, risk_id: str) -> tuple[TaskRecord, ...]:
    """Return the tasks of a risk: open ones first, by day."""
    permit(actor, "read", "risk")
    rows = models.Task.objects.filter(organisation_id=actor.organisation_id, **_of(actor, risk_id))
    found = [read_task(row) for row in rows.select_related("risk").order_by("due_on", "id")]
    return tuple(sorted(found, key=lambda task: task.state != "open"))


def task_record(actor: Actor, task_id: str) -> TaskRecord:
    """Return one task."""
    permit(actor, "read", "risk")
    rows = models.Task.objects.filter(organisation_id=actor.organisation_id, task_id=task_id).select_related("risk")
    row = rows.first()
    if row is None:
        raise RiskUnknown(_("There is no task {task_id!r}.", task_id=task_id), _("Choose one of the list."))
    return read_task(row)


def unchanged(actor: Actor, seen: Mapping[str, int]) -> None:
    """Refuse where a risk is no longer at the version that was seen, in one query.

    Raises:
        ChangedMeanwhile: somebody changed one of them since.
    """
    permit(actor, "read", "risk")
    rows = models.Risk.objects.filter(organisation_id=actor.organisation_id, risk_id__in=list(seen))
    for risk_id, version in rows.values_list("risk_id", "version"):
        expect(version, seen[risk_id])


def people(actor: Actor) -> tuple[dict[str, str], frozenset[str]]:
    """Return the names of all members, past ones too, and the ids of those who did not leave."""
    permit(actor, "read", "risk")
    everybody = members(actor, past=True)
    return {m.person_id: m.name for m in everybody}, frozenset(m.person_id for m in everybody if m.ended_at is None)


# house: allow permit-first: translates a row that was read with permission
def unknown_risk(risk_id: str) -> RiskUnknown:
    """Return the error about a risk that is not there."""
    return RiskUnknown(
        _("There is no risk {risk_id!r}.", risk_id=risk_id), _("Identify it, or choose one of the list.")
    )


def _of(actor: Actor, risk_id: str) -> dict[str, Any]:
    """Return what finds the rows of a risk: with its organisation both databases find the risk by its index."""
    return {"risk__organisation_id": actor.organisation_id, "risk__risk_id": risk_id}


def _twins(actor: Actor, through: str = "") -> QuerySet[models.Risk]:
    """Return the other open risks that say the same as the one asked about."""
    rows = models.Risk.objects.filter(organisation_id=actor.organisation_id, event_key=OuterRef(f"{through}event_key"))
    return rows.exclude(pk=OuterRef(f"{through}pk")).exclude(status=Status.CLOSED)


# house: allow permit-first: translates a row that was read with permission
def read_risk(row: models.Risk, *, same_text: bool = False) -> RiskRecord:
    """Read a risk from its row."""
    system = row.system
    return RiskRecord(
        risk_id=row.risk_id,
        risk=Risk(
            event=row.event,
            source=row.source,
            consequence=row.consequence_text,
            owner=PersonId(row.owner),
            system_id=system.system_id if system else "",
            cause=row.cause,
            affected=tuple(row.affected),
            stage=row.stage,
            objectives=tuple(row.objectives),
            wide=row.wide,
        ),
        system_name=system.name if system else "",
        system_stage=system.stage if system else "",
        status=Status(row.status),
        likelihood=row.likelihood,
        consequence=row.consequence,
        inherent=level_at(row.inherent),
        now_likelihood=row.now_likelihood,
        now_consequence=row.now_consequence,
        level=level_at(row.level),
        level_since=row.level_since,
        over=row.over,
        criteria_version=row.criteria_version,
        analysed_at=row.analysed_at,
        treatment=Treatment(row.treatment) if row.treatment else None,
        nature=Nature(row.nature) if row.nature else None,
        controls=tuple(row.controls),
        tests=tuple(row.tests),
        reductions=read_reductions(row.reductions),
        barriers=read_barriers(row.reductions),
        failing=row.failing,
        observed_likelihood=row.observed_likelihood,
        observed_consequence=row.observed_consequence,
        expected_loss=row.expected_loss,
        loss_over=row.loss_over,
        target=level_at(row.target),
        decided_level=level_at(row.decided_level),
        tasks_total=row.tasks_total,
        tasks_open=row.tasks_open,
        next_due=row.next_due,
        effective=row.effective,
        accepted_until=row.accepted_until,
        accepted_criteria=row.accepted_criteria,
        accepted_by_two=row.accepted_by_two,
        closing_by=PersonId(row.closing_by),
        version=row.version,
        entry_id=EntryId(row.entry_id),
        identified_at=row.identified_at,
        changed_at=row.changed_at,
        text_version=row.text_version,
        asked_treatment=row.asked_treatment,
        asked_nature=row.asked_nature,
        same_text=same_text,
    )


# house: allow permit-first: translates a row that was read with permission
def read_task(row: models.Task) -> TaskRecord:
    """Read a task from its row, whose risk is joined."""
    return TaskRecord(
        task_id=row.task_id,
        risk_id=row.risk.risk_id,
        event=row.risk.event,
        action=row.action,
        owner=PersonId(row.owner),
        due_on=row.due_on,
        cost=row.cost,
        state=row.state,
        dropping_by=PersonId(row.dropping_by),
        done_on=row.done_on,
        done_by=PersonId(row.done_by),
        done_entry=EntryId(row.done_entry_id) if row.done_entry_id else None,
        shown_by=tuple(EntryId(entry) for entry in row.shown_by),
        note=row.note,
        version=row.version,
        entry_id=EntryId(row.entries[-1]),
    )


def _step(row: models.Step) -> StepRecord:
    return StepRecord(
        kind=row.kind,
        number=row.number,
        level=level_at(row.level),
        criteria_version=row.criteria_version,
        said=row.said,
        reason=row.reason,
        by=PersonId(row.by_person),
        at=row.at,
        entry_id=EntryId(row.entry_id),
    )
