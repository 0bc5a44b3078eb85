"""Decide on the treatment of a risk, judge its effect, and accept what remains."""

from datetime import datetime
from typing import Any

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.approval import standings, when_standing_changes
from clerestory.desk.day import day_of, end_of, today_of
from clerestory.desk.permit import permit
from clerestory.desk.version import first_wins
from clerestory.registers.risk import models
from clerestory.registers.risk.commands.identify import _analysed, _check_open, _rated
from clerestory.registers.risk.commands.residual import check_runs_on, present, relies_on
from clerestory.registers.risk.commands.task import new_task
from clerestory.registers.risk.commands.writing import (
    Written,
    address,
    append,
    append_and_propose,
    controls,
    keep,
    level_changes,
    link_controls,
    locked,
    next_step,
    person,
    write,
)
from clerestory.registers.risk.facts.risk import (
    acceptance_evidence,
    decision_evidence,
    effectiveness_evidence,
    signed_at,
)
from clerestory.registers.risk.queries.criteria import criteria_in_force, scales_for
from clerestory.registers.risk.queries.residual import asked_of, stored_reductions
from clerestory.registers.risk.rules.residual import Decided, Place, check_reductions, planned
from clerestory.registers.risk.rules.risk import (
    APPROVES_PLAN,
    Acceptance,
    AcceptanceRefused,
    Decision,
    NewTask,
    Status,
    Treatment,
    TreatmentRefused,
    check_acceptance,
    check_decision,
    check_reason,
)
from clerestory.registers.risk.rules.scale import Criteria, Rating, level_at
from clerestory.store import clock
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Person
from clerestory.terms.fact import Fact
from clerestory.terms.ids import PersonId
from clerestory.terms.sentence import gettext as _


def decide_treatment(
    *,
    actor: Actor,
    risk_id: str,
    decision: Decision,
    expected_version: int,
    tasks: tuple[NewTask, ...] = (),
    now: datetime | None = None,
) -> Written:
    """Choose what is done about a risk, with the controls it calls for and the first tasks.

    It counts once a second person approved it; until then a risk that was to be treated is asked for that as before.
    An acceptance given before no longer counts.

    Raises:
        TreatmentRefused: the risk was not analysed, a test runs on another system, or the decision or a task does not
            hold together.
        ChangedMeanwhile: somebody else changed it since.
    """
    permit(actor, "write", "risk")
    moment = now or clock.now()
    check_decision(decision, controls(actor), tuple(load().checks))
    check_reductions(decision.reductions, {*decision.controls, *decision.tests})
    with first_wins(), atomic():
        row = locked(actor, risk_id, expected_version)
        _check_open(row)
        if not row.level:
            raise TreatmentRefused(_("The risk was not analysed."), _("Rate its likelihood and consequences first."))
        check_runs_on(actor, row.system.system_id if row.system else "", decision.tests)
        values = _decided(actor, row, decision, moment)
        target = values["target"]
        link_controls(actor, risk_id, row.controls, decision.controls)
        relies_on(actor, row, decision.reductions)
        written = write(actor, row, moment, moved_by="decision", **values)
        number = next_step(actor, row, "decision")
        made = decision_evidence(risk_id, decision, by=person(actor, row), at=moment, version=number)
        title = f"{risk_id} to {decision.treatment}: {row.event}"
        entry = append_and_propose(actor, made, moment, title=title, url=address(risk_id))
        said = {
            "treatment": decision.treatment,
            "nature": decision.nature or "",
            "controls": list(decision.controls),
            "tests": list(decision.tests),
            "reductions": stored_reductions(decision.reductions),
            "target": target,
            "owner": row.owner,
            "text": row.text_version,
        }
        keep(
            actor, row, "decision", moment, entry.entry_id,
            number=number, level=row.level, reason=decision.reason, said=said,
        )  # fmt: skip
        for task in tasks:
            new_task(actor, row, task, moment)
    return Written(risk_id, written.version, entry.entry_id)


def confirm_effectiveness(
    *,
    actor: Actor,
    risk_id: str,
    effective: bool,
    judged_by: str,
    expected_version: int,
    rating: Rating | None = None,
    now: datetime | None = None,
) -> Written:
    """Judge, as somebody who neither owns nor treated the risk, what the treatment did.

    A rating is what they observe now: it counts where it is worse than what follows from the measures that hold.

    Raises:
        TreatmentRefused: the actor owns it or carried out a task, or nothing was treated.
        RatingRefused: a step is not on its scale.
        ChangedMeanwhile: somebody else changed it since.
    """
    permit(actor, "write", "risk")
    moment = now or clock.now()
    why = check_reason(judged_by, _("ground of the judgement"))
    with first_wins(), atomic():
        row = locked(actor, risk_id, expected_version)
        _check_open(row)
        _check_judge(actor, row)
        values: dict[str, Any] = {"effective": effective}
        if rating is not None:
            values |= _rated(actor, row, rating, criteria_in_force(actor), moment, after_treatment=True)
            values |= level_changes(row, values["level"], moment)
        if effective and not row.tasks_open and row.status == Status.OPEN:
            values |= {"status": Status.TREATED}
        elif not effective and row.status == Status.TREATED:
            values |= {"status": Status.OPEN}
        by = actor.person(responsible=False)
        written = write(actor, row, moment, by=by, **values)
        if rating is not None:
            _analysed(actor, row, rating, criteria_in_force(actor), why, moment, after_treatment=True)
        number, residual = next_step(actor, row, "effect"), level_at(row.level)
        if residual is None:
            raise TreatmentRefused(_("The risk was not analysed."), _("Rate its likelihood and consequences first."))
        made = effectiveness_evidence(
            risk_id, effective=effective, residual=residual, judged_by=why, by=by, at=moment, version=number
        )
        entry = append(actor, made, moment)
        said = {"effective": effective}
        keep(actor, row, "effect", moment, entry.entry_id, number=number, level=row.level, reason=why, said=said)
    return Written(risk_id, written.version, entry.entry_id)


def accept_risk(
    *, actor: Actor, risk_id: str, acceptance: Acceptance, expected_version: int, now: datetime | None = None
) -> Written:
    """Accept, as its owner, what remains of a risk at the level seen, until a day.

    It is a signature, and counts once designated management, not the owner, approved it. One that was signed on an
    earlier day is kept as signed then and received now.

    Raises:
        NotAuthenticatedAnew: the owner did not prove anew who they are.
        AcceptanceRefused: not the owner, another level, back-dated before the level, or no fitting end.
        ChangedMeanwhile: somebody else changed the risk since.
    """
    permit(actor, "approve", "risk")
    moment = now or clock.now()
    today = today_of(actor, moment)
    with first_wins(), atomic():
        row = locked(actor, risk_id, expected_version)
        _check_open(row)
        version = criteria_in_force(actor).version
        check_acceptance(
            acceptance,
            criteria=version,
            by=actor.person_id,
            owner=PersonId(row.owner),
            level=level_at(row.level),
            level_since=day_of(actor, row.level_since or row.identified_at),
            today=today,
        )
        if not row.treatment:
            raise AcceptanceRefused(_("No treatment was decided."), _("Decide first, be it to retain the risk."))
        owner = Person(actor.person_id, "risk_owner", True, authentication_id=actor.authentication_id)
        values: dict[str, Any] = {
            "accepted_until": acceptance.valid_until,
            "accepted_criteria": version,
            "accepted_by_two": False,
            "status": Status.ACCEPTED,
        }
        written = write(actor, row, moment, by=owner, **values)
        early = acceptance.signed_on if (acceptance.signed_on or today) < today else None
        number, signed = next_step(actor, row, "acceptance"), signed_at(moment, end_of(actor, early) if early else None)
        made = acceptance_evidence(risk_id, acceptance, by=owner, observed=signed, version=number)
        title = f"{risk_id} accepted at {acceptance.seen_level} until {acceptance.valid_until.isoformat()}: {row.event}"
        entry = append_and_propose(actor, made, moment, title=title, url=address(risk_id), approver_role=APPROVES_PLAN)
        said = {"valid_until": acceptance.valid_until.isoformat(), "signed_on": early.isoformat() if early else ""}
        keep(
            actor,
            row,
            "acceptance",
            moment,
            entry.entry_id,
            number=number,
            level=row.level,
            criteria_version=version,
            reason=acceptance.reason.strip(),
            said=said,
        )
    return Written(risk_id, written.version, entry.entry_id)


# house: allow permit-first: follows an approval or a revocation, which asked
def note_acceptance(actor: Actor, fact: Fact, now: datetime) -> None:
    """Keep with the risk whether its newest acceptance counts: approved by somebody else, and not taken back."""
    steps = models.Step.objects.filter(organisation_id=actor.organisation_id, kind="acceptance")
    step = steps.filter(entry_id=fact.entry_id).first()
    if step is None or steps.filter(risk=step.risk_id, number__gt=step.number).exists():
        return
    rows = models.Risk.objects.filter(organisation_id=actor.organisation_id, pk=step.risk_id)
    standing = standings(actor, (fact.entry_id,)).get(fact.entry_id)
    values: dict[str, Any] = {"accepted_by_two": standing is not None and standing.is_approved}
    if standing is not None and standing.revoked_at is not None:
        values |= {"accepted_until": None, "accepted_criteria": 0, "accepted_by_two": False}
    rows.update(changed_at=now, **values)


when_standing_changes("approval.residual_risk", note_acceptance)


def _decided(actor: Actor, row: models.Risk, decision: Decision, now: datetime) -> dict[str, Any]:
    criteria, inherent = scales_for(actor, row.criteria_version).criteria, Place(row.likelihood, row.consequence)
    observed = Place(row.observed_likelihood, row.observed_consequence)
    standing = present(actor, row, criteria, decision.reductions, inherent=inherent, observed=observed)
    values: dict[str, Any] = (
        standing
        | level_changes(row, standing["level"], now)
        | asked_of(actor, row, Decided(decision.treatment, decision.nature or "", is_approved=False))
        | {
            "treatment": decision.treatment,
            "nature": decision.nature or "",
            "controls": list(decision.controls),
            "tests": list(decision.tests),
            "target": _target(criteria, decision, inherent),
            "decided_level": standing["level"],
            "accepted_until": None,
            "accepted_criteria": 0,
            "accepted_by_two": False,
        }
    )
    if row.status == Status.ACCEPTED or row.treatment != decision.treatment:
        values |= {"status": Status.OPEN, "effective": None}
    return values


def _target(criteria: Criteria, decision: Decision, inherent: Place) -> int:
    """Return the rank of the level that is meant to remain: derived from what was argued; 0 where nothing is said."""
    if decision.reductions:
        place = planned(inherent, decision.reductions)
        meant = criteria.cell(place.likelihood, place.consequence)
        return meant.rank if meant else 0
    if not decision.target_likelihood and not decision.target_consequence:
        return 0
    level = criteria.cell(decision.target_likelihood, decision.target_consequence)
    if level is None:
        raise TreatmentRefused(_("What is meant to remain is not on the scales."), _("Choose a step of each scale."))
    return level.rank


def _check_judge(actor: Actor, row: models.Risk) -> None:
    if row.asked_treatment in ("", Treatment.RETAIN) or not row.tasks_total:
        raise TreatmentRefused(
            _("Nothing was done that could have an effect."), _("Decide on a treatment with tasks first.")
        )
    decisions = models.Step.objects.filter(organisation_id=actor.organisation_id, risk=row, kind="decision")
    newest = decisions.order_by("-number").first()
    mine = models.Task.objects.filter(organisation_id=actor.organisation_id, risk=row).exclude(state="dropped")
    involved = {row.owner, newest.said.get("owner", "") if newest else ""} | {
        who for pair in mine.values_list("owner", "done_by") for who in pair
    }
    if actor.person_id in involved:
        raise TreatmentRefused(
            _("You own this risk, owned it when its treatment was decided, or carried out a task of it."),
            _("Ask somebody who did not treat it to judge the effect."),
        )
