"""Threats over HTTP: the same commands and queries as the pages. A review asks for a second person, who signs in."""

from datetime import date

from ninja import Query, Router, Schema, Status

from clerestory.desk.lists import ListQuery
from clerestory.desk.request import MemberRequest
from clerestory.registers.risk import commands
from clerestory.registers.risk.commands import Written
from clerestory.registers.risk.commands.threat import Raised
from clerestory.registers.risk.queries.threat_lists import SYSTEM_COLUMNS
from clerestory.registers.risk.queries.threats import ReviewRecord, SystemThreats, threat_page, threat_systems
from clerestory.registers.risk.rules.threat_cover import Covered, Decided, Figures, Measure
from clerestory.registers.risk.rules.threat_known import Contradiction
from clerestory.store import clock

router = Router(tags=["risk"])


class Wanted(Schema):
    """Refuses keys that it does not know."""

    model_config = {"extra": "forbid"}


class SystemsWanted(Schema):
    """What is asked of the list of systems."""

    q: str = ""
    page: int = 1
    size: int = 25

    def query(self) -> ListQuery:
        """Return the question that queries take."""
        return ListQuery(search=self.q[:200], page=max(self.page, 1), size=min(max(self.size, 1), 100))


class ThreatSystems(Schema):
    """One page of systems with the figures of their threat models."""

    rows: list[SystemThreats]
    total: int


class Model(Schema):
    """The threat model of a system; ``version`` 0 where nobody began it."""

    system_id: str
    version: int
    data_version: str
    facts: dict[str, list[str]]
    contradictions: list[Contradiction]
    unknown: list[str]
    figures: Figures
    threats: list[Covered]
    came: list[str]
    gone: list[str]
    reviews: list[ReviewRecord]


class FactsWanted(Wanted):
    """Values by fact, from the version that was seen; what is left out is unknown."""

    facts: dict[str, list[str]]
    expected_version: int


class MitigationWanted(Wanted):
    """What is decided about a mitigation, from the version that was seen."""

    measure: Measure
    expected_version: int
    reason: str = ""
    due_on: date | None = None
    controls: list[str] = []


class ReasonWanted(Wanted):
    """Why nothing is done about a threat, from the version that was seen; empty takes it up again."""

    reason: str
    expected_version: int


class ThreatReviewWanted(Wanted):
    """What going through the threats came to, from the version that was seen."""

    conclusion: str
    expected_version: int


@router.get("", response=ThreatSystems, summary="List systems with their threats")
def systems(request: MemberRequest, asked: Query[SystemsWanted]) -> ThreatSystems:
    """List one page of systems with the figures of their threat models."""
    page = threat_systems(request.actor, asked.query(), SYSTEM_COLUMNS, clock.now())
    return ThreatSystems(rows=list(page.rows), total=page.total)


@router.get("/{system_id}", response=Model, summary="Read the threats of a system")
def model(request: MemberRequest, system_id: str) -> Model:
    """Read facts, threats, and how far they are met now."""
    page = threat_page(request.actor, system_id, clock.now())
    return Model(
        system_id=system_id,
        version=page.record.version,
        data_version=page.data.version,
        facts={name: list(values) for name, values in page.record.facts.items()},
        contradictions=list(page.contradictions),
        unknown=list(page.unknown),
        figures=page.figures,
        threats=list(page.covered),
        came=list(page.came),
        gone=list(page.gone),
        reviews=list(page.reviews),
    )


@router.put("/{system_id}/facts", response=Written, summary="Describe the architecture of a system")
def facts(request: MemberRequest, system_id: str, wanted: FactsWanted) -> Written:
    """Say what is known of the architecture of a system."""
    return commands.describe_architecture(
        actor=request.actor, system_id=system_id, facts=wanted.facts, expected_version=wanted.expected_version
    )


@router.put("/{system_id}/mitigations/{mitigation}", response=Written, summary="Decide on a mitigation")
def decide(request: MemberRequest, system_id: str, mitigation: str, wanted: MitigationWanted) -> Written:
    """Decide whether a mitigation is in place, planned or not taken."""
    said = Decided(measure=wanted.measure, reason=wanted.reason, due_on=wanted.due_on, controls=tuple(wanted.controls))
    return commands.decide_mitigation(
        actor=request.actor,
        system_id=system_id,
        mitigation=mitigation,
        said=said,
        expected_version=wanted.expected_version,
    )


@router.put("/{system_id}/aside/{threat_id}", response=Written, summary="Set a threat aside")
def set_aside(request: MemberRequest, system_id: str, threat_id: str, wanted: ReasonWanted) -> Written:
    """Say why nothing is done about a threat that applies."""
    return commands.set_threat_aside(
        actor=request.actor,
        system_id=system_id,
        threat_id=threat_id,
        reason=wanted.reason,
        expected_version=wanted.expected_version,
    )


@router.post("/{system_id}/risks/{threat_id}", response={201: Raised}, summary="Make a risk of a threat")
def make_risk(request: MemberRequest, system_id: str, threat_id: str) -> Status[Raised]:
    """Make a risk of a threat."""
    return Status(201, commands.raise_threat(actor=request.actor, system_id=system_id, threat_id=threat_id))


@router.post("/{system_id}/reviews", response={201: Written}, summary="Review the threats of a system")
def review(request: MemberRequest, system_id: str, wanted: ThreatReviewWanted) -> Status[Written]:
    """Record a review; it counts once a second person approved it."""
    made = commands.review_threats(
        actor=request.actor,
        system_id=system_id,
        conclusion=wanted.conclusion,
        expected_version=wanted.expected_version,
    )
    return Status(201, made)
