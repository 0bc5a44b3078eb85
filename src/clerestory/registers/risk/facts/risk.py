"""Evidence about risks: each version of a risk, each analysis, decision, task and signature is a fact of its own.

What is not known yet is left out of a fact, never guessed. The words of a risk are the content behind its fact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from clerestory.registers.risk.rules.risk import (
    FIRST_TEXT,
    Acceptance,
    Decision,
    Done,
    NewTask,
    Reduction,
    Risk,
    Status,
    Trigger,
)
from clerestory.registers.risk.rules.scale import LIKELIHOOD, Criteria, Level, Method, Rating
from clerestory.terms.evidence import Author, Content, Evidence, FactValue, Machine, Person, Subject
from clerestory.terms.ids import EntryId, OrganisationId, PersonId
from clerestory.terms.moment import Period

TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskState:
    """A risk as one version of its record says it; ``to_treat``: over the criteria, or no longer so by treatment."""

    risk_id: str
    risk: Risk
    level: Level | None
    over: bool
    to_treat: bool
    treatment: str
    nature: str
    controls: tuple[str, ...]
    status: Status
    text_version: int = FIRST_TEXT
    note: str = ""


def risk_subject(risk_id: str) -> Subject:
    """Return the subject of a risk."""
    return Subject("risk", risk_id)


def risk_evidence(state: RiskState, *, by: Machine | Person, at: datetime, version: int) -> Evidence:
    """Return the evidence that one version of a risk's record is; a list names it while it is to be treated."""
    risk = state.risk
    values: dict[str, FactValue] = {
        "risk_owner": risk.owner,
        "controls_called_for": state.controls,
        "status": str(state.status),
    }
    if state.level is not None:
        values |= {"risk_level": str(state.level), "above_criteria": state.over}
    values |= {"text_version": str(state.text_version)} if state.text_version != FIRST_TEXT else {}
    values |= {"treatment": state.treatment} if state.treatment else {}
    values |= {"treatment_nature": state.nature} if state.nature else {}
    written = (
        ("Event", risk.event),
        ("Source", risk.source),
        ("Cause", risk.cause),
        ("Consequence", risk.consequence),
        ("Affected", ", ".join(risk.affected)),
        ("Stage", risk.stage),
        ("Objectives", ", ".join(risk.objectives)),
        ("Note", state.note),
    )
    return Author(risk_subject(state.risk_id), by, at).evidence(
        "register.risk",
        f"risk/{state.risk_id}",
        version,
        values=values,
        lists={"risks_to_treat": (state.risk_id,) if state.to_treat else ()},
        links=(Subject("ai_system", risk.system_id),) if risk.system_id else (),
        text=_said(written),
    )


def analysis_evidence(
    risk_id: str,
    rating: Rating,
    criteria: Criteria,
    *,
    level: Level,
    owner: PersonId,
    criteria_version: int,
    reason: str,
    by: Machine | Person,
    at: datetime,
    version: int,
) -> Evidence:
    """Return the evidence of one analysis: likelihood and each consequence by its scale, with the reason as content."""
    named = [(LIKELIHOOD, rating.likelihood), *rating.consequences]
    words = {name: f"{step} {criteria.scale(name)[step - 1].label}" for name, step in named}
    return Author(risk_subject(risk_id), by, at).evidence(
        "record.risk_analysis",
        f"risk_analysis/{risk_id}",
        version,
        values={
            "likelihood": words[LIKELIHOOD],
            "consequences": "; ".join(f"{name}: {words[name]}" for name, _ in rating.consequences),
            "risk_owner": owner,
            "risk_level": str(level),
            "criteria_version": str(criteria_version),
        },
        covers=tuple(sorted(words)),
        text=_said((("Reason", reason),)),
    )


def decision_evidence(
    risk_id: str, decision: Decision, *, by: Machine | Person, at: datetime, version: int
) -> Evidence:
    """Return the evidence of the treatment chosen; it counts once a second person approved it."""
    return Author(risk_subject(risk_id), by, at).evidence(
        "decision.treatment",
        f"treatment/{risk_id}",
        version,
        values={"treatment": str(decision.treatment), "controls_called_for": decision.controls},
        text=_said((("Reason", decision.reason), ("Tests", ", ".join(decision.tests)), *_argued(decision.reductions))),
    )


def task_evidence(
    risk_id: str, task_id: str, task: NewTask, *, by: Machine | Person, at: datetime, version: int
) -> Evidence:
    """Return the evidence that one version of a task is."""
    return Author(risk_subject(risk_id), by, at).evidence(
        "register.treatment_task",
        f"treatment_task/{task_id}",
        version,
        values={"action": task.action.strip(), "owner": task.owner, "due_on": task.due_on.isoformat()},
        text="" if task.cost is None else _said((("Cost", str(task.cost)),)),
    )


def done_evidence(risk_id: str, task_id: str, task: EntryId, done: Done, *, by: Person, at: datetime) -> Evidence:
    """Return the evidence that a task was carried out; it answers the task and counts once a second person approved."""
    return Author(risk_subject(risk_id), by, at).evidence(
        "record.treatment_implementation",
        f"treatment_implementation/{task_id}",
        1,
        values={"done_on": done.done_on.isoformat(), "shown_by": tuple(done.shown_by)},
        answers=(task,),
        text=_said((("Note", done.note),)),
    )


def effectiveness_evidence(
    risk_id: str, *, effective: bool, residual: Level, judged_by: str, by: Person, at: datetime, version: int
) -> Evidence:
    """Return the evidence of what somebody else found the treatment to have done."""
    return Author(risk_subject(risk_id), by, at).evidence(
        "record.treatment_effectiveness",
        f"treatment_effectiveness/{risk_id}",
        version,
        values={"effective": effective, "residual_level": str(residual)},
        text=_said((("Judged by", judged_by),)),
    )


def acceptance_evidence(
    risk_id: str, acceptance: Acceptance, *, by: Person, observed: Period, version: int
) -> Evidence:
    """Return the evidence that the owner accepts what remains until a day; ``observed`` is when it was signed."""
    return Evidence(
        kind="approval.residual_risk",
        subject=risk_subject(risk_id),
        produced_by=by,
        observed=observed,
        entity=f"acceptance/{risk_id}",
        entity_version=version,
        values={"risk_level": str(acceptance.seen_level), "valid_until": acceptance.valid_until.isoformat()},
        content=Content(_said((("Reason", acceptance.reason),)).encode(), TEXT),
    )


def criteria_evidence(
    criteria: Criteria, organisation_id: OrganisationId, *, by: Person, at: datetime, version: int
) -> Evidence:
    """Return the evidence of one version of the criteria; they count once top management approved them."""
    rows = "\n".join(" | ".join(map(str, row)) for row in criteria.matrix)
    written = [("Acceptable level", str(criteria.acceptable)), ("Matrix, by likelihood", rows)]
    for name in (LIKELIHOOD, *(name for name, _ in criteria.consequences)):
        steps = criteria.scale(name)
        written.append((f"Scale of {name}", "\n".join(f"{s.label}: {s.description}" for s in steps)))
    if criteria.money is not None:
        points = "\n".join(f"more than {amount:,.0f}: at most {p:.4g}" for amount, p in criteria.money.points)
        written.append((f"Appetite, {criteria.money.currency} a year", points))
    return Author(Subject("organisation", organisation_id), by, at).evidence(
        "record.risk_criteria",
        "risk_criteria/main",
        version,
        values={"version": str(version), "acceptable_level": str(criteria.acceptable)},
        text=_said((*written, ("Source", criteria.source))),
    )


def method_evidence(
    method: Method, organisation_id: OrganisationId, *, by: Person, at: datetime, version: int
) -> Evidence:
    """Return the evidence of one version of the method; it covers the parts that it says something about."""
    return Author(Subject("organisation", organisation_id), by, at).evidence(
        "record.risk_method",
        "risk_method/main",
        version,
        values={"version": str(version), "scales": method.criteria.scales},
        covers=method.covered,
        text=_said(method.parts),
    )


def process_evidence(
    steps: Sequence[str], text: str, organisation_id: OrganisationId, *, by: Person, at: datetime, version: int
) -> Evidence:
    """Return the evidence of how treatments and controls are chosen."""
    return Author(Subject("organisation", organisation_id), by, at).evidence(
        "record.treatment_process",
        "treatment_process/main",
        version,
        values={"version": str(version), "steps": tuple(steps)},
        text=_said((("Steps", "\n".join(steps)), ("Text", text))),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentState:
    """What an assessment of a system as a whole found."""

    system_id: str
    trigger: Trigger
    risks: int
    over: int
    covered: tuple[str, ...]
    statements: Mapping[str, str]
    summary: str


def assessment_evidence(said: AssessmentState, *, by: Person, at: datetime, version: int) -> Evidence:
    """Return the evidence of an assessment as a whole; it covers the sources with a risk or a stated reason."""
    return Author(Subject("ai_system", said.system_id), by, at).evidence(
        "record.risk_assessment",
        f"risk_assessment/{said.system_id}",
        version,
        values={"risks_count": said.risks, "over_criteria_count": said.over, "trigger": str(said.trigger)},
        covers=said.covered,
        text=_said((("Summary", said.summary), *sorted(said.statements.items()))),
    )


def plan_evidence(
    risks: Sequence[str],
    tests: Sequence[str],
    body: str,
    organisation_id: OrganisationId,
    *,
    by: Person,
    at: datetime,
    version: int,
) -> Evidence:
    """Return the evidence of the treatment plan: the risks it covers and the tests it names, with the plan itself."""
    return Author(Subject("organisation", organisation_id), by, at).evidence(
        "record.treatment_plan",
        "treatment_plan/main",
        version,
        values={"version": str(version), "risks_covered": len(risks)},
        covers=tuple(sorted(risks)),
        lists={"treatment_tests": tuple(sorted(set(tests)))},
        text=body,
    )


def signed_at(now: datetime, day_ended_at: datetime | None) -> Period:
    """Return when something was signed: now, or when the earlier day that was named had ended."""
    return Period.at(now if day_ended_at is None else day_ended_at.replace(microsecond=0))


def _argued(reductions: Sequence[Reduction]) -> list[tuple[str, str]]:
    """Return what each measure was argued to take away, as the content keeps it."""
    return [
        (
            f"{said.measure} lowers it",
            (
                f"likelihood by {said.likelihood}, consequence by {said.consequence} steps; "
                f"frequency by {said.frequency} %, loss by {said.loss} %: {said.why}"
            ),
        )
        for said in reductions
    ]


def _said(written: Sequence[tuple[str, str]]) -> str:
    """Return what was written under its heads; what is empty is left out."""
    return "\n\n".join(f"{head}\n{text.strip()}" for head, text in written if text.strip())
