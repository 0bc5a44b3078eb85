"""Evidence about changes, releases and operating criteria."""

from datetime import date, datetime

from clerestory.registers.lifecycle.rules import Assessment, Change, Outcome, Release
from clerestory.terms.evidence import Author, Evidence, Person, Subject
from clerestory.terms.ids import EntryId

DECISION = "approval.system_change"
RELEASE = "approval.release"


def change_evidence(change_id: str, change: Change, *, by: Person, at: datetime) -> Evidence:
    """Return the evidence that a change is wanted or happened; it asks for a decision by its day."""
    parts = ", ".join(change.aspects)
    return _author(change.system_id, by, at).evidence(
        "register.system_change",
        f"system_change/{change_id}",
        1,
        {
            "change": change.title,
            "planned": change.planned and not change.emergency,
            "decide_by": change.decide_by.isoformat(),
        },
        text=f"{parts}\n{change.why}",
    )


def decision_evidence(
    change_id: str,
    system_id: str,
    outcome: Outcome,
    said: Assessment | str,
    *,
    answers: EntryId,
    by: Person,
    at: datetime,
    version: int,
) -> Evidence:
    """Return the evidence of what was decided about a change; it counts once a second person approved it."""
    effect, text = (said.effect, _told(said)) if isinstance(said, Assessment) else (said, said)
    return _author(system_id, by, at).evidence(
        DECISION,
        f"system_change_decision/{change_id}",
        version,
        {"outcome": str(outcome), "effect_on_impact": effect},
        answers=(answers,),
        text=text,
    )


def made_evidence(change_id: str, system_id: str, made_on: date, *, before: bool, by: Person, at: datetime) -> Evidence:
    """Return the evidence that a change was made, and whether it had been approved before."""
    return _author(system_id, by, at).evidence(
        "record.change_made",
        f"change_made/{change_id}",
        1,
        {"made_on": made_on.isoformat(), "approved_before": before},
    )


def release_evidence(release: Release, *, assessed: bool, by: Person, at: datetime, version: int) -> Evidence:
    """Return the evidence that a version was released, and whether an impact assessment was valid on that day."""
    return _author(release.system_id, by, at).evidence(
        RELEASE,
        f"release/{release.system_id}",
        version,
        {
            "model_version": release.model_version,
            "impact_assessment_valid": assessed,
            "conditions": release.conditions,
        },
        links=(Subject("model_version", release.model_version),),
        text=release.despite,
    )


def criteria_evidence(
    process_id: str, criteria: tuple[str, ...], *, by: Person, at: datetime, version: int
) -> Evidence:
    """Return the evidence of the criteria by which a process runs."""
    return Author(Subject("process", process_id), by, at).evidence(
        "record.operating_criteria",
        f"operating_criteria/{process_id}",
        version,
        {"version": str(version), "criteria": criteria},
    )


def _author(system_id: str, by: Person, at: datetime) -> Author:
    return Author(Subject("ai_system", system_id), by, at)


def _told(said: Assessment) -> str:
    renew = ", ".join(said.renew) or "nothing"
    return (
        f"To renew: {renew}\nRisk before: {said.risk_before}, after: {said.risk_after}\n"
        f"Effect: {said.effect}\nWay back: {said.rollback}"
    )
