"""Plan actions on risks and opportunities (6.1.1), lay down their plan, and let somebody else judge what they did."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Max

from clerestory.desk.actor import Actor
from clerestory.desk.approval import propose
from clerestory.desk.day import today_of
from clerestory.desk.people import require_member
from clerestory.desk.permit import permit
from clerestory.desk.version import change, expect, first_wins, next_number
from clerestory.registers.risk import models
from clerestory.registers.risk.commands.writing import URL, Written, append
from clerestory.registers.risk.facts.planning import Planner
from clerestory.registers.risk.queries.plan import action_row, planned_actions, planning_inputs
from clerestory.registers.risk.rules.planning import (
    Action,
    PlanningRefused,
    check_action,
    check_judge,
    check_statements,
)
from clerestory.registers.risk.rules.risk import check_reason
from clerestory.store import clock, directory, log
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Person
from clerestory.terms.ids import EntryId, PersonId
from clerestory.terms.sentence import gettext as _

KIND = "planned_action"


def plan_action(*, actor: Actor, said: Action, now: datetime | None = None) -> Written:
    """Plan an action on a risk or an opportunity, with the day by which its effect is judged.

    Raises:
        PlanningRefused: the day or an input does not fit.
        NotAMember: the owner is no member now.
    """
    permit(actor, "write", "risk")
    moment = now or clock.now()
    kept = check_action(said, planning_inputs(actor), today_of(actor, moment))
    with first_wins(), atomic():
        require_member(actor.organisation_id, kept.owner)
        rows = models.PlannedAction.objects.filter(organisation_id=actor.organisation_id)
        number = next_number(actor.organisation_id, rows)
        action_id = f"PA-{number}"
        entry = append(actor, _planner(actor, kept.owner, moment).action(kept, action_id, 1), moment)
        models.PlannedAction.objects.create(
            organisation_id=actor.organisation_id,
            number=number,
            entry_id=entry.entry_id,
            changed_at=moment,
            **_columns(kept),
        )
        _publish(actor, action_id, kept)
    return Written(action_id, 1, entry.entry_id)


def change_action(
    *, actor: Actor, action_id: str, said: Action, expected_version: int, now: datetime | None = None
) -> Written:
    """Change a planned action that is open, from the version that its editor saw; a day that passed is not moved.

    Raises:
        PlanningRefused: it was judged already, or the day or an input does not fit.
        ChangedMeanwhile: somebody else changed it since.
    """
    permit(actor, "write", "risk")
    moment = now or clock.now()
    with first_wins(), atomic():
        row = action_row(actor, action_id)
        expect(row.version, expected_version)
        _check_open(row)
        if row.evaluate_by < today_of(actor, moment):
            raise PlanningRefused(
                _(
                    "Its effect was to be judged by {evaluate_by}; a day that passed is not moved.",
                    evaluate_by=row.evaluate_by.isoformat(),
                ),
                _("Have it judged late, and plan another action."),
            )
        kept = check_action(said, {*planning_inputs(actor), *row.inputs}, today_of(actor, moment))
        if row.owner != kept.owner:
            require_member(actor.organisation_id, kept.owner)
        rows = models.PlannedAction.objects.filter(organisation_id=actor.organisation_id, pk=row.pk)
        version = change(rows, expected=expected_version, changed_at=moment, **_columns(kept))
        entry = append(actor, _planner(actor, kept.owner, moment).action(kept, action_id, version), moment)
        rows.update(entry_id=entry.entry_id)
        _publish(actor, action_id, kept)
    return Written(action_id, version, entry.entry_id)


def judge_action(
    *,
    actor: Actor,
    action_id: str,
    effective: bool,
    judged_by: str,
    expected_version: int,
    now: datetime | None = None,
) -> Written:
    """Judge, as somebody who neither owns nor planned it, what an action did; a second person approves the judgement.

    Raises:
        PlanningRefused: the actor owns or planned it, or it was judged already.
        ChangedMeanwhile: somebody else changed it since.
    """
    permit(actor, "write", "risk")
    moment = now or clock.now()
    why = check_reason(judged_by, _("ground of the judgement"))
    with first_wins(), atomic():
        row = action_row(actor, action_id)
        expect(row.version, expected_version)
        _check_open(row)
        planner = log.entry(actor.organisation_id, EntryId(row.entry_id)).fact.produced_by
        wrote = [planner.person_id] if isinstance(planner, Person) else []
        check_judge(actor.person_id, [PersonId(row.owner), *wrote])
        rows = models.PlannedAction.objects.filter(organisation_id=actor.organisation_id, pk=row.pk)
        made = Planner(actor.organisation_id, actor.person(responsible=False), moment).effect(
            action_id, EntryId(row.entry_id), effective=effective, judged_by=why, version=1
        )
        entry = append(actor, made, moment)
        propose(entry, actor=actor, title=f"{action_id} judged: {row.action}", url=_url(action_id))
        version = change(
            rows,
            expected=expected_version,
            changed_at=moment,
            state="judged",
            effective=effective,
            judged_by=why,
            judge=actor.person_id,
            judged_at=moment,
            judge_entry_id=entry.entry_id,
        )
    return Written(action_id, version, entry.entry_id)


def propose_action_plan(*, actor: Actor, statements: Mapping[str, str], now: datetime | None = None) -> Written:
    """Lay down which actions answer which factors and needs; ``statements`` say why nothing is done about others.

    What neither an action nor a reason answers stays visibly uncovered. It counts once a second person approved it.

    Raises:
        PlanningRefused: there is no action, or a statement is about what an action answers.
    """
    permit(actor, "write", "risk")
    moment = now or clock.now()
    inputs = planning_inputs(actor)
    actions = planned_actions(actor)
    answered = {item for record in actions for item in record.action.inputs if item in inputs}
    said = check_statements(statements, inputs, answered)
    if not actions:
        raise PlanningRefused(_("No action is planned."), _("Plan what is done about risks and opportunities first."))
    covered = tuple(item for item in inputs if item in answered or item in said)
    lines = [f"{one.action_id} {one.action.sort}: {one.action.action}" for one in actions]
    with first_wins(), atomic():
        rows = models.ActionPlan.objects.filter(organisation_id=actor.organisation_id)
        version = (rows.aggregate(newest=Max("version"))["newest"] or 0) + 1
        made = Planner(actor.organisation_id, actor.person(), moment).plan(lines, covered, said, version)
        entry = append(actor, made, moment)
        title = f"Plan for risks and opportunities {version}: {len(actions)} actions"
        propose(entry, actor=actor, title=title, url=f"{URL}opportunities/")
        models.ActionPlan.objects.create(
            organisation_id=actor.organisation_id,
            version=version,
            actions=[one.action_id for one in actions],
            covered=list(covered),
            statements=said,
            by_person=actor.person_id,
            at=moment,
            entry_id=entry.entry_id,
        )
    return Written("risk_and_opportunity_plan", version, entry.entry_id)


def _planner(actor: Actor, owner: PersonId, now: datetime) -> Planner:
    return Planner(actor.organisation_id, actor.person(responsible=actor.person_id == owner), now)


def _check_open(row: models.PlannedAction) -> None:
    if row.state != "open":
        raise PlanningRefused(_("What it did was judged already."), _("Plan another action."))


def _columns(said: Action) -> dict[str, Any]:
    return {
        "sort": said.sort,
        "about": said.about,
        "action": said.action,
        "meant": said.meant,
        "owner": said.owner,
        "evaluate_by": said.evaluate_by,
        "inputs": list(said.inputs),
    }


def _publish(actor: Actor, action_id: str, said: Action) -> None:
    directory.publish(actor.organisation_id, KIND, action_id, f"{action_id} {said.action}", _url(action_id), said.owner)


def _url(action_id: str) -> str:
    return f"{URL}opportunities/{action_id}/"
