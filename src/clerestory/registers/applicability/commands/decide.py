"""Writes of decisions, of the statement and of loosened rules: row, evidence and proposal in one transaction."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.approval import ApprovalRefused, approve, approve_all, approved_as_a_whole, propose, standings
from clerestory.desk.day import today_of
from clerestory.desk.permit import permit
from clerestory.desk.version import expect, first_wins
from clerestory.registers.applicability import models, queries
from clerestory.registers.applicability.facts import (
    decision_evidence,
    exception_evidence,
    statement_evidence,
    trace_evidence,
)
from clerestory.registers.applicability.queries import FRAMEWORK, annex, statement
from clerestory.registers.applicability.rules import (
    APPROVER_ROLE,
    ApplicabilityRefused,
    Decision,
    Loosening,
    check_decision,
    check_loosening,
    check_statement,
    keys_of,
)
from clerestory.store import clock, evidence, trace
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Evidence, Subject
from clerestory.terms.ids import EntryId, RequirementId
from clerestory.terms.sentence import gettext as _

URL = "/applicability/"
RESTS_ON = "rests_on"
_WORDS = {"risk": _("risks"), "impact_assessment": _("impact assessments"), "obligation": _("obligations")}
_REMEDIES = {
    "risk": _("Choose risks of the risk register."),
    "impact_assessment": _("Choose impact assessments that were begun."),
    "obligation": _("Choose obligations of the register of obligations."),
}
approved_as_a_whole("record.applicability_statement")


@dataclass(frozen=True, slots=True)
class Decided:
    """What a command wrote: the record's id and version and its entry."""

    record_id: str
    version: int
    entry_id: EntryId


def decide_applicability(
    *, actor: Actor, decision: Decision, expected_version: int | None = None, now: datetime | None = None
) -> Decided:
    """Decide whether a control applies; it counts once designated management, not its author, approved it.

    Raises:
        ApplicabilityRefused: it is a clause or no control, or has no reason.
        ChangedMeanwhile: somebody else decided since the version that was expected.
    """
    permit(actor, "write", "applicability")
    moment = now or clock.now()
    check_decided(actor=actor, decision=decision)
    with first_wins(), atomic():
        rows = models.Decision.objects.filter(organisation_id=actor.organisation_id, control=decision.control)
        newest = rows.aggregate(newest=Max("version"))["newest"] or 0
        expect(newest, expected_version)
        version = newest + 1
        made = decision_evidence(decision, actor.organisation_id, by=actor.person(), at=moment, version=version)
        entry = append(actor, made, moment)
        models.Decision.objects.create(
            organisation_id=actor.organisation_id,
            control=decision.control,
            version=version,
            included=decision.included,
            justification=decision.justification.strip(),
            ground=decision.ground,
            risks=list(decision.risks),
            impacts=list(decision.impacts),
            obligations=list(decision.obligations),
            decided_by=actor.person_id,
            decided_at=moment,
            entry_id=entry.entry_id,
        )
        link_behind(actor, decision.control, decision.behind)
        propose(
            entry,
            actor=actor,
            url=f"{URL}{decision.control}/",
            approver_role=APPROVER_ROLE,
            title=f"{decision.control} {'applies' if decision.included else 'is excluded'}",
        )
    return Decided(str(decision.control), version, entry.entry_id)


def check_decided(*, actor: Actor, decision: Decision) -> Decision:
    """Return a decision that could be made; so a sheet of many names what each of them lacks.

    Raises:
        ApplicabilityRefused: it is about a clause or no control, has no reason, or names records that are not there.
    """
    permit(actor, "write", "applicability")
    requirements = load().frameworks[FRAMEWORK].requirements
    check_decision(
        decision,
        [r.id for r in requirements if r.kind == "control" and r.assessable],
        [r.id for r in requirements if r.kind == "clause"],
    )
    check_behind(actor, decision.control, decision.behind)
    return decision


def decide_many(
    *,
    actor: Actor,
    decisions: Sequence[Decision],
    expected: Mapping[RequirementId, int] | None = None,
    now: datetime | None = None,
) -> tuple[Decided, ...]:
    """Decide on several controls at once, all or none; ``expected`` are the versions that the editor saw.

    Raises:
        ApplicabilityRefused: one of them is a clause or no control, or has no reason; it is named.
        ChangedMeanwhile: somebody else decided on one of them since.
    """
    permit(actor, "write", "applicability")
    moment = now or clock.now()
    with atomic():
        return tuple(
            decide_applicability(
                actor=actor, decision=decision, expected_version=(expected or {}).get(decision.control), now=moment
            )
            for decision in decisions
        )


def issue_statement(*, actor: Actor, now: datetime | None = None) -> Decided:
    """Issue the newest decisions on all controls as one version; it counts once designated management approved it.

    Raises:
        StatementIncomplete: a control is undecided.
        ApplicabilityRefused: nothing changed since the newest version.
    """
    permit(actor, "write", "applicability")
    moment = now or clock.now()
    with first_wins(), atomic():
        lines, newest = queries.newest_lines(actor), queries.newest_statement(actor)
        same = newest is not None and newest.decisions == keys_of(lines)
        check_statement(
            {row.control: row.newest is not None for row in statement(actor)},
            newest.version if newest is not None and same else None,
        )
        version = newest.version + 1 if newest is not None else 1
        made = statement_evidence(lines, actor.organisation_id, by=actor.person(), at=moment, version=version)
        entry = append(actor, made, moment)
        included = sum(line.included for line in lines)
        models.Statement.objects.create(
            organisation_id=actor.organisation_id,
            version=version,
            decisions=keys_of(lines),
            included=included,
            excluded=len(lines) - included,
            issued_by=actor.person_id,
            issued_at=moment,
            entry_id=entry.entry_id,
        )
        propose(
            entry,
            actor=actor,
            url=f"{URL}versions/{version}/",
            approver_role=APPROVER_ROLE,
            title=f"Statement of Applicability, version {version}",
        )
    return Decided("applicability_statement", version, entry.entry_id)


def approve_statement(*, actor: Actor, version: int, now: datetime | None = None) -> EntryId:
    """Approve one version of the statement and every decision in it that nobody approved yet, all or none.

    Raises:
        StatementUnknown: there is no such version.
        StatementIncomplete: a control is undecided now, or was when the version was issued.
        ApprovalRefused: a decision was changed or taken back since, is the actor's own, or the role is missing.
    """
    permit(actor, "approve", "applicability")
    moment = now or clock.now()
    with atomic():
        record = queries.statement_version(actor, version)
        check_statement({row.control: row.newest is not None for row in statement(actor)}, None)
        if record.decisions != keys_of(queries.newest_lines(actor)):
            raise ApprovalRefused(
                _("Decisions changed since version {version} was issued.", version=version),
                _("Issue the statement anew and approve that."),
            )
        stand = standings(actor, [line.entry_id for line in record.lines])
        open_lines = {line.entry_id: str(line.control) for line in record.lines if not stand[line.entry_id].is_approved}
        if open_lines:
            approve_all(actor=actor, entry_ids=open_lines, now=moment)
        approve(actor=actor, entry_id=record.entry_id, now=moment, whole=True)
    return record.entry_id


def trace_applicability(*, actor: Actor, now: datetime | None = None) -> Decided:
    """Follow every decision back to a risk, a law or an impact result, and record how many have one.

    Raises:
        ApplicabilityRefused: nothing was decided yet.
    """
    permit(actor, "write", "applicability")
    moment = now or clock.now()
    rows = annex(actor)
    decided = [row.newest.decision for row in rows if row.newest is not None]
    if not decided:
        raise ApplicabilityRefused(_("No control was decided yet."), _("Decide on the controls first."))
    traced = [str(decision.control) for decision in decided if decision.is_traced]
    with first_wins(), atomic():
        earlier = models.Trace.objects.filter(organisation_id=actor.organisation_id)
        version = (earlier.aggregate(newest=Max("version"))["newest"] or 0) + 1
        made = trace_evidence(traced, len(rows), actor.organisation_id, by=actor.person(), at=moment, version=version)
        entry = append(actor, made, moment)
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
    check_loosening(loosening, [rule.name for rule in load().rules[FRAMEWORK]], today_of(actor, moment))
    subject = Subject("organisation", actor.organisation_id)
    with first_wins(), atomic():
        number = f"exception-{secrets.token_hex(6)}"
        entry = append(
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


def check_behind(actor: Actor, control: str, behind: Sequence[tuple[str, str]]) -> None:
    """Refuse records that are not there.

    Raises:
        ApplicabilityRefused: a risk, an impact assessment or an obligation is unknown; all unknown ones are named.
    """
    permit(actor, "write", "applicability")
    known = queries.named(actor, behind)
    unknown = [pair for pair in behind if pair not in known]
    if unknown:
        kind = unknown[0][0]
        ids = ", ".join(record_id for other, record_id in unknown if other == kind)
        raise ApplicabilityRefused(
            _("The decision on {control} names unknown {words}: {ids}.", control=control, words=_WORDS[kind], ids=ids),
            _REMEDIES[kind],
        )


def link_behind(actor: Actor, control: str, behind: Sequence[tuple[str, str]]) -> None:
    """Link the control to the records that the newest decision rests on, and to no others."""
    permit(actor, "write", "applicability")
    here = (actor.organisation_id, "control", control)
    for link in trace.links_from(*here):
        if link.relation == RESTS_ON and (link.to_kind, link.to_id) not in behind:
            trace.unlink(*here, RESTS_ON, link.to_kind, link.to_id)
    for kind, record_id in behind:
        trace.link(*here, RESTS_ON, kind, record_id)


def append(actor: Actor, made: Evidence, now: datetime) -> evidence.Entry:
    """Append the evidence of a command."""
    permit(actor, "write", "applicability")
    return evidence.append(made, organisation_id=actor.organisation_id, now=now)
