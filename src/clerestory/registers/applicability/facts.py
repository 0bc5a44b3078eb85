"""Evidence of applicability: one fact per decision on a control, so that each is approved and replaced alone."""

from collections.abc import Sequence
from datetime import datetime

from clerestory.registers.applicability.rules import Decision, Line, Loosening, OwnControl
from clerestory.terms.evidence import Content, Evidence, Person, Subject
from clerestory.terms.ids import OrganisationId, RequirementId
from clerestory.terms.moment import Period


def decision_evidence(
    decision: Decision, organisation_id: OrganisationId, *, by: Person, at: datetime, version: int
) -> Evidence:
    """Return the evidence of one decision; it counts once designated management approved it."""
    lists = {"applicability_reasons": (str(decision.control),)} if decision.is_traced else {}
    return Evidence(
        kind="decision.applicability",
        subject=Subject("organisation", organisation_id),
        produced_by=by,
        observed=Period.at(at),
        entity=f"applicability/{decision.control}",
        entity_version=version,
        values={
            "control": decision.control,
            "included": decision.included,
            "justification": decision.justification.strip(),
            "risks_linked": decision.risks,
            "impacts_linked": decision.impacts,
            "obligations_linked": decision.obligations,
        },
        covers=(decision.control,),
        lists=lists,
        links=tuple(Subject("risk", risk) for risk in decision.risks),
    )


def own_control_evidence(
    control: RequirementId,
    said: OwnControl,
    organisation_id: OrganisationId,
    *,
    by: Person,
    at: datetime,
    version: int,
    retired: str = "",
) -> Evidence:
    """Return the evidence of one version of an own control; ``retired`` is why it is not wanted any more."""
    return Evidence(
        kind="register.own_control",
        subject=Subject("organisation", organisation_id),
        produced_by=by,
        observed=Period.at(at),
        entity=f"applicability/{control}",
        entity_version=version,
        values={
            "control": control,
            "title": said.title.strip(),
            "purpose": said.purpose.strip(),
            "owner": said.owner,
            "justification": retired or said.why.strip(),
            "risks_linked": said.risks,
            "impacts_linked": said.impacts,
            "obligations_linked": said.obligations,
            "proved_by": said.proved_by,
            "status": "retired" if retired else "in force",
        },
        links=tuple(Subject("risk", risk) for risk in said.risks),
    )


def trace_evidence(
    traced: Sequence[str], total: int, organisation_id: OrganisationId, *, by: Person, at: datetime, version: int
) -> Evidence:
    """Return the evidence that decisions were followed back to a risk, a law or an impact result."""
    return Evidence(
        kind="record.applicability_trace",
        subject=Subject("organisation", organisation_id),
        produced_by=by,
        observed=Period.at(at),
        entity="applicability_trace/main",
        entity_version=version,
        values={"rows_traced": len(traced), "rows_total": total},
        covers=tuple(sorted(traced)),
    )


def statement_evidence(
    lines: Sequence[Line], organisation_id: OrganisationId, *, by: Person, at: datetime, version: int
) -> Evidence:
    """Return the evidence of one version of the whole statement; its content is the statement in words."""
    included = sum(line.included for line in lines)
    return Evidence(
        kind="record.applicability_statement",
        subject=Subject("organisation", organisation_id),
        produced_by=by,
        observed=Period.at(at),
        entity="applicability_statement/main",
        entity_version=version,
        values={
            "version": str(version),
            "included_count": included,
            "excluded_count": len(lines) - included,
            "decisions": tuple(line.entry_id for line in lines),
        },
        covers=tuple(str(line.control) for line in lines),
        content=Content("\n".join(map(_in_words, lines)).encode(), "text/plain; charset=utf-8"),
    )


def _in_words(line: Line) -> str:
    records = [record_id for _kind, record_id in line.behind]
    risks = f" ({', '.join(records)})" if records else ""
    decision = "applies" if line.included else "is excluded"
    reason = " ".join(line.justification.split())
    return f"{line.control} {decision}, version {line.version}, {line.entry_id}: {reason} [{line.ground}{risks}]"


def exception_evidence(loosening: Loosening, subject: Subject, *, by: Person, at: datetime, number: str) -> Evidence:
    """Return the evidence that a rule is loosened until a day; it counts once a second person approved it."""
    return Evidence(
        kind="approval.exception",
        subject=subject,
        produced_by=by,
        observed=Period.at(at),
        entity=f"exception/{number}",
        values={
            "rule": loosening.rule,
            "justification": loosening.justification.strip(),
            "valid_until": loosening.valid_until.isoformat(),
        },
    )
