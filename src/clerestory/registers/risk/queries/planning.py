"""Planned actions and their plan, what they are to answer, and trials of the method."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from clerestory.desk.actor import Actor
from clerestory.desk.duty import Duty
from clerestory.desk.permit import permit
from clerestory.registers.risk import models
from clerestory.registers.risk.queries.criteria import InForce, scales_of
from clerestory.registers.risk.rules.agreement import TrialRefused
from clerestory.registers.risk.rules.planning import Action, Sort
from clerestory.registers.risk.rules.scale import DIMENSIONS, Rating, level_of
from clerestory.store import log
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId, PersonId

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
    found = log.search(actor.organisation_id, log.Search(kind=REVIEW, size=1)).rows
    if not found:
        return ()
    return tuple(log.entry(actor.organisation_id, found[0].entry_id).fact.lists.get(INPUTS, ()))


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
        raise PlanningUnknown(f"There is no planned action {action_id!r}.", "Choose one of the list.")
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
    """Return which actions of the member are due for a judgement, and which trial waits for their ratings."""
    permit(actor, "read", "risk")
    due = models.PlannedAction.objects.filter(organisation_id=actor.organisation_id, owner=actor.person_id)
    due = due.filter(state="open", evaluate_by__lte=on + WARNING).order_by("evaluate_by")
    found = [
        Duty(
            topic="risk",
            title=row.action,
            url=reverse("risk-action", args=[f"PA-{row.number}"]),
            why=_("Ask somebody who did not plan it to judge what this action did."),
            due_on=row.evaluate_by,
        )
        for row in due[:20]
    ]
    open_ = models.Trial.objects.filter(organisation_id=actor.organisation_id, done_at=None)
    for trial in open_.filter(Q(first=actor.person_id) | Q(second=actor.person_id)).order_by("number")[:20]:
        if actor.person_id not in trial.ratings:
            title = _("Rate the cases of trial %(trial)s") % {"trial": f"CT-{trial.number}"}
            url = reverse("risk-trial", args=[f"CT-{trial.number}"])
            found.append(Duty(topic="risk", title=title, url=url, why=_("You were asked to rate them apart.")))
    return found


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
        raise PlanningUnknown(f"There is no trial {trial_id!r}.", "Choose one of the list.")
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
        raise TrialRefused("A rating is not whole.", "Rate the likelihood and each consequence.")
    return Rating(stored[0], tuple(zip(DIMENSIONS, stored[1:], strict=True)))
