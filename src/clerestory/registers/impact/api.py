"""Impact over HTTP: the same commands and queries as the pages. Approving asks for a person."""

from datetime import date
from typing import Any

from ninja import Router, Schema, Status

from clerestory.desk.actor import Actor
from clerestory.desk.day import today_of
from clerestory.desk.request import MemberRequest
from clerestory.registers.impact import commands, queries
from clerestory.registers.impact.commands import Recorded
from clerestory.registers.impact.queries import Assessed, Made
from clerestory.registers.impact.rules.assessment import Assessment, Cause, Effect, Nature, Reach
from clerestory.registers.impact.rules.change import Reason, Result
from clerestory.registers.impact.rules.law import answers_of, views
from clerestory.registers.impact.rules.method import Method
from clerestory.registers.impact.rules.outcome import (
    Carried,
    Condition,
    Consultation,
    Disclosure,
    Outcome,
    Proceeding,
    Way,
)
from clerestory.registers.impact.rules.threshold import Met, Thresholds, Weight
from clerestory.terms.ids import PersonId
from clerestory.terms.sentence import gettext as _

router = Router(tags=["impact"])


class AssessmentTold(Schema):
    """Where the assessment of a system stands."""

    system_id: str
    label: str
    state: str
    weight: Weight
    met: list[Met]
    reasons: list[Reason]
    open_points: list[str]
    assessment: Assessment
    version: int
    measured: list[Result]


class MethodWanted(Schema):
    """How consequences are judged."""

    triggers: list[str]
    texts: dict[str, str]
    scales: dict[str, list[str]]
    every_months: int = 12
    treat_from: int = 6


class ThresholdsWanted(Schema):
    """Which uses are sensitive, restricted or refused."""

    weights: dict[str, Weight]
    own: dict[str, Weight] = {}
    severity_from: int = 4
    autonomy_from: int = 4
    sensitive_role: str = ""
    restricted_role: str = "top_management"
    reason: str


class ImpactAnswersWanted(Schema):
    """Answers by question; what is not named stays as it is."""

    answers: dict[str, str]
    expected_version: int | None = None


class ImpactUseWanted(Schema):
    """What a use touches, and why."""

    marks: list[str] = []
    reason: str
    expected_version: int | None = None


class ImpactEffectWanted(Schema):
    """One judged line; with an id it takes the place of that line."""

    effect_id: str = ""
    topic: str
    nature: Nature
    reason: str
    reach: Reach = Reach.INDIVIDUALS
    cause: Cause = Cause.USE
    who: str = ""
    what: str = ""
    severity: int = 0
    likelihood: int = 0
    reversibility: int = 0
    measure: str = ""
    remaining_severity: int = 0
    remaining_likelihood: int = 0
    rests_on: list[str] = []
    expected_version: int | None = None


class ConsultationWanted(Schema):
    """That affected people were heard."""

    group: str
    held_on: date
    way: Way
    people: int
    said: str
    done: str


class ConditionWanted(Schema):
    """A condition of a decision."""

    text: str
    owner: str
    due_on: date


class ProceedingWanted(Schema):
    """Whether to proceed, and the version of the assessment that was seen."""

    outcome: Outcome
    reason: str
    conditions: list[ConditionWanted] = []
    assessment: int
    expected_version: int | None = None


class MetWanted(Schema):
    """How a condition was met, and the version of the decision that was seen."""

    decision: int
    how: str


class CarriedWanted(Schema):
    """A finding with the risks that it became, or why it became none."""

    finding: str
    risks: list[str] = []
    reason: str = ""


class TraceWanted(Schema):
    """The findings carried on, and the version of the assessment that was seen."""

    rows: list[CarriedWanted]
    assessment: int
    expected_version: int | None = None


class DisclosureWanted(Schema):
    """Who is told the results, and the version of the assessment that was seen."""

    audiences: list[str] = []
    justification: str
    assessment: int
    expected_version: int | None = None


class RetentionWanted(Schema):
    """How long reports are kept."""

    years: int
    citation: str


class PointTold(Schema):
    """One point of a law with what answers it and what does not."""

    place: str
    answers: dict[str, str]
    effects: list[Effect]
    unanswered: list[str]


@router.get("/method", response=list[Made], summary="List versions of method, thresholds and retention")
def method(request: MemberRequest) -> list[Made]:
    """List the versions of the method, of the thresholds and of how long reports are kept, newest first."""
    return list(queries.in_force(request.actor).versions)


@router.post("/method", response={201: Recorded}, summary="Propose a method")
def propose_method(request: MemberRequest, wanted: MethodWanted) -> Status[Recorded]:
    """Propose how consequences are judged."""
    said = Method(
        triggers=tuple(wanted.triggers), texts=wanted.texts,
        scales={name: tuple(steps) for name, steps in wanted.scales.items()},
        every_months=wanted.every_months, treat_from=wanted.treat_from,
    )  # fmt: skip
    return Status(201, commands.propose_method(actor=request.actor, method=said))


@router.post("/thresholds", response={201: Recorded}, summary="Propose thresholds")
def propose_thresholds(request: MemberRequest, wanted: ThresholdsWanted) -> Status[Recorded]:
    """Propose which uses are sensitive, restricted or refused."""
    said = Thresholds(
        weights=wanted.weights, own=tuple(wanted.own.items()), severity_from=wanted.severity_from,
        autonomy_from=wanted.autonomy_from, reason=wanted.reason,
        roles={Weight.SENSITIVE: wanted.sensitive_role, Weight.RESTRICTED: wanted.restricted_role},
    )  # fmt: skip
    return Status(201, commands.propose_thresholds(actor=request.actor, said=said))


@router.post("/retention", response={201: Recorded}, summary="Propose how long reports are kept")
def keep_reports(request: MemberRequest, wanted: RetentionWanted) -> Status[Recorded]:
    """Propose how long reports are kept."""
    return Status(201, commands.keep_reports(actor=request.actor, years=wanted.years, citation=wanted.citation))


@router.get("/systems", response=list[AssessmentTold], summary="List the systems with their assessments")
def systems(request: MemberRequest) -> list[AssessmentTold]:
    """List every AI system with where its assessment stands."""
    return [_told(request.actor, found) for found in queries.listed(request.actor)]


@router.get("/systems/{system_id}", response=AssessmentTold, summary="Show the assessment of a system")
def system(request: MemberRequest, system_id: str) -> AssessmentTold:
    """Show what is said and judged about a system, what it rests on, and why it must be assessed again."""
    return _told(request.actor, queries.assessed(request.actor, system_id))


@router.get("/systems/{system_id}/made", response=list[Made], summary="List versions and decisions")
def made(request: MemberRequest, system_id: str) -> list[Made]:
    """List versions, people heard, decisions, traces and disclosures of a system, newest first."""
    return list(queries.assessed(request.actor, system_id).made)


@router.get("/systems/{system_id}/law/{view}", response=list[PointTold], summary="Show the answers as a law asks")
def law(request: MemberRequest, system_id: str, view: str) -> list[PointTold]:
    """Show the answers by the points of a law: fria or dpia. Not legal advice."""
    chosen = views().get(view)
    if chosen is None:
        raise queries.ImpactUnknown(
            _("There is no view {view!r}.", view=view[:40]), _("Use one of: {choices}.", choices=", ".join(views()))
        )
    found = queries.assessed(request.actor, system_id)
    told = answers_of(found.assessment, chosen, people_heard=found.people_heard)
    return [
        PointTold(
            place=one.point.place, answers=dict(one.said), effects=list(one.effects), unanswered=list(one.lacking)
        )
        for one in told
    ]


@router.post("/systems/{system_id}/answers", response={201: Recorded}, summary="Answer questions")
def answer(request: MemberRequest, system_id: str, wanted: ImpactAnswersWanted) -> Status[Recorded]:
    """Write answers into the assessment of a system."""
    return Status(
        201,
        commands.answer(
            actor=request.actor, system_id=system_id, answers=wanted.answers, expected_version=wanted.expected_version
        ),
    )


@router.post("/systems/{system_id}/use", response={201: Recorded}, summary="Say what the use touches")
def mark_use(request: MemberRequest, system_id: str, wanted: ImpactUseWanted) -> Status[Recorded]:
    """Name what a use touches that thresholds ask for."""
    done = commands.mark_use(
        actor=request.actor, system_id=system_id, marks=tuple(wanted.marks), reason=wanted.reason,
        expected_version=wanted.expected_version,
    )  # fmt: skip
    return Status(201, done)


@router.post("/systems/{system_id}/effects", response={201: Recorded}, summary="Judge an effect")
def judge_effect(request: MemberRequest, system_id: str, wanted: ImpactEffectWanted) -> Status[Recorded]:
    """Judge one effect, new or again."""
    said: dict[str, Any] = wanted.dict(exclude={"expected_version"})
    effect = Effect(**{**said, "rests_on": tuple(wanted.rests_on)})
    done = commands.judge_effect(
        actor=request.actor, system_id=system_id, effect=effect, expected_version=wanted.expected_version
    )
    return Status(201, done)


@router.post("/systems/{system_id}/versions", response={201: Recorded}, summary="Propose the assessment")
def propose(request: MemberRequest, system_id: str) -> Status[Recorded]:
    """Propose what is written as a version."""
    return Status(201, commands.propose_assessment(actor=request.actor, system_id=system_id))


@router.post("/systems/{system_id}/heard", response={201: Recorded}, summary="Record that people were heard")
def hear(request: MemberRequest, system_id: str, wanted: ConsultationWanted) -> Status[Recorded]:
    """Record that affected people were heard."""
    said = Consultation(**wanted.dict())
    return Status(201, commands.hear_people(actor=request.actor, system_id=system_id, said=said))


@router.post("/systems/{system_id}/decisions", response={201: Recorded}, summary="Decide whether to proceed")
def decide(request: MemberRequest, system_id: str, wanted: ProceedingWanted) -> Status[Recorded]:
    """Decide whether to proceed on the version that was seen."""
    conditions = tuple(Condition(text=c.text, owner=PersonId(c.owner), due_on=c.due_on) for c in wanted.conditions)
    said = Proceeding(outcome=wanted.outcome, reason=wanted.reason, conditions=conditions)
    made = commands.decide(
        actor=request.actor, system_id=system_id, said=said, seen=wanted.assessment,
        expected_version=wanted.expected_version,
    )  # fmt: skip
    return Status(201, made)


@router.post("/systems/{system_id}/conditions/{place}", response={201: Recorded}, summary="Meet a condition")
def meet(request: MemberRequest, system_id: str, place: int, wanted: MetWanted) -> Status[Recorded]:
    """Record how a condition was met."""
    done = commands.meet_condition(
        actor=request.actor, system_id=system_id, decision=wanted.decision, place=place, how=wanted.how
    )
    return Status(201, done)


@router.post("/systems/{system_id}/risks", response={201: Recorded}, summary="Carry findings into risks")
def trace(request: MemberRequest, system_id: str, wanted: TraceWanted) -> Status[Recorded]:
    """Record into which risks each finding was carried, or why into none."""
    rows = [Carried(finding=row.finding, risks=tuple(row.risks), reason=row.reason) for row in wanted.rows]
    made = commands.trace_findings(
        actor=request.actor, system_id=system_id, rows=rows, seen=wanted.assessment,
        expected_version=wanted.expected_version,
    )  # fmt: skip
    return Status(201, made)


@router.post("/systems/{system_id}/told", response={201: Recorded}, summary="Decide who is told")
def disclose(request: MemberRequest, system_id: str, wanted: DisclosureWanted) -> Status[Recorded]:
    """Decide to whom the results are told."""
    said = Disclosure(audiences=tuple(wanted.audiences), justification=wanted.justification)
    made = commands.disclose(
        actor=request.actor, system_id=system_id, said=said, seen=wanted.assessment,
        expected_version=wanted.expected_version,
    )  # fmt: skip
    return Status(201, made)


def _told(actor: Actor, found: Assessed) -> AssessmentTold:
    on = today_of(actor)
    return AssessmentTold(
        system_id=found.system_id, label=found.label, state=found.state(on), weight=found.depth.weight,
        met=list(found.depth.met), reasons=list(found.reasons(on)), open_points=list(found.open_points),
        assessment=found.assessment, version=0 if found.draft is None else found.draft.version,
        measured=list(found.known.results),
    )  # fmt: skip
