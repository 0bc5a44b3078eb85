"""The only writes of applicability: each writes a row, its evidence and the proposal in one transaction."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.approval import propose
from clerestory.desk.permit import permit
from clerestory.desk.version import first_wins
from clerestory.registers.applicability import models
from clerestory.registers.applicability.facts import decision_evidence, exception_evidence, trace_evidence
from clerestory.registers.applicability.queries import FRAMEWORK, statement
from clerestory.registers.applicability.rules import (
    APPROVER_ROLE,
    ApplicabilityRefused,
    Decision,
    Loosening,
    check_decision,
    check_loosening,
)
from clerestory.store import clock, evidence, trace
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Evidence, Subject
from clerestory.terms.ids import EntryId

URL = "/applicability/"


@dataclass(frozen=True, slots=True)
class Decided:
    """What a command wrote: the record's id and version and its entry."""

    record_id: str
    version: int
    entry_id: EntryId


def decide_applicability(*, actor: Actor, decision: Decision, now: datetime | None = None) -> Decided:
    """Decide whether a control applies; it counts once designated management, not its author, approved it.

    Raises:
        ApplicabilityRefused: it is a clause or no control, or has no reason.
    """
    permit(actor, "write", "applicability")
    moment = now or clock.now()
    requirements = load().frameworks[FRAMEWORK].requirements
    check_decision(
        decision,
        [r.id for r in requirements if r.kind == "control" and r.assessable],
        [r.id for r in requirements if r.kind == "clause"],
    )
    with first_wins(), atomic():
        rows = models.Decision.objects.filter(organisation_id=actor.organisation_id, control=decision.control)
        version = (rows.aggregate(newest=Max("version"))["newest"] or 0) + 1
        made = decision_evidence(decision, actor.organisation_id, by=actor.person(), at=moment, version=version)
        entry = _append(actor, made, moment)
        models.Decision.objects.create(
            organisation_id=actor.organisation_id,
            control=decision.control,
            version=version,
            included=decision.included,
            justification=decision.justification.strip(),
            ground=decision.ground,
            risks=list(decision.risks),
            decided_by=actor.person_id,
            decided_at=moment,
            entry_id=entry.entry_id,
        )
        for risk in decision.risks:
            trace.link(actor.organisation_id, "risk", risk, "calls for", "control", decision.control)
        propose(
            entry,
            actor=actor,
            url=f"{URL}{decision.control}/",
            approver_role=APPROVER_ROLE,
            title=f"{decision.control} {'applies' if decision.included else 'is excluded'}",
        )
    return Decided(str(decision.control), version, entry.entry_id)


def trace_applicability(*, actor: Actor, now: datetime | None = None) -> Decided:
    """Follow every decision back to a risk, a law or an impact result, and record how many have one.

    Raises:
        ApplicabilityRefused: nothing was decided yet.
    """
    permit(actor, "write", "applicability")
    moment = now or clock.now()
    rows = statement(actor)
    decided = [row.newest.decision for row in rows if row.newest is not None]
    if not decided:
        raise ApplicabilityRefused("No control was decided yet.", "Decide on the controls first.")
    traced = [str(decision.control) for decision in decided if decision.is_traced]
    with first_wins(), atomic():
        earlier = models.Trace.objects.filter(organisation_id=actor.organisation_id)
        version = (earlier.aggregate(newest=Max("version"))["newest"] or 0) + 1
        made = trace_evidence(traced, len(rows), actor.organisation_id, by=actor.person(), at=moment, version=version)
        entry = _append(actor, made, moment)
        models.Trace.objects.create(
            organisation_id=actor.organisation_id,
            version=version,
            rows_traced=len(traced),
            rows_total=len(rows),
            traced_by=actor.person_id,
            traced_at=moment,
            entry_id=entry.entry_id,
        )
    return Decided("applicability_trace", version, entry.entry_id)


def loosen_rule(*, actor: Actor, loosening: Loosening, now: datetime | None = None) -> Decided:
    """Loosen a rule of the organisation until a day; it counts once a second person in management approved it.

    Raises:
        ApplicabilityRefused: the rule is unknown, the reason is missing, or the day is past or too far.
    """
    permit(actor, "write", "applicability")
    moment = now or clock.now()
    check_loosening(loosening, [rule.name for rule in load().rules[FRAMEWORK]], moment.date())
    subject = Subject("organisation", actor.organisation_id)
    with first_wins(), atomic():
        number = f"exception-{secrets.token_hex(6)}"
        entry = _append(
            actor, exception_evidence(loosening, subject, by=actor.person(), at=moment, number=number), moment
        )
        models.Loosening.objects.create(
            organisation_id=actor.organisation_id,
            exception_id=number,
            rule=loosening.rule,
            subject_kind=subject.kind,
            subject_id=subject.id,
            justification=loosening.justification.strip(),
            valid_until=loosening.valid_until,
            owner=actor.person_id,
            decided_at=moment,
            entry_id=entry.entry_id,
        )
        propose(
            entry,
            actor=actor,
            url=f"{URL}exceptions/",
            approver_role=APPROVER_ROLE,
            title=f"{loosening.rule} loosened until {loosening.valid_until.isoformat()}",
        )
    return Decided(number, 1, entry.entry_id)


def _append(actor: Actor, made: Evidence, now: datetime) -> evidence.Entry:
    return evidence.append(made, organisation_id=actor.organisation_id, now=now)
