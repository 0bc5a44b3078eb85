"""The context over HTTP: the same commands and queries as the pages. Approving asks for a person."""

from datetime import date

from ninja import Router, Schema, Status

from clerestory.desk.request import MemberRequest
from clerestory.registers.context import commands, queries
from clerestory.registers.context.commands import Recorded
from clerestory.registers.context.queries import IssueRecord, Made, ObligationRecord, PartyRecord, ScopeRecord
from clerestory.registers.context.rules.issue import ContextReview, Effect, Issue
from clerestory.registers.context.rules.obligation import Obligation, Source
from clerestory.registers.context.rules.party import Decision, Need, Party
from clerestory.registers.context.rules.scope import Exclusion, Placement, Scope
from clerestory.terms.ids import PersonId

router = Router(tags=["context"])


class IssueWanted(Schema):
    """An issue that bears on the management system."""

    text: str
    topic: str
    effect: Effect
    bearing: str


class ReviewWanted(Schema):
    """That the issues were weighed."""

    climate_relevant: bool
    climate_reason: str
    conclusion: str


class NeedWanted(Schema):
    """A need with what was decided about it."""

    text: str
    decision: Decision = Decision.OPEN
    reason: str = ""
    answered_by: list[str] = []


class PartyWanted(Schema):
    """An interested party."""

    name: str
    needs: list[NeedWanted]


class ObligationWanted(Schema):
    """What binds the organisation."""

    title: str
    citation: str
    source: Source
    jurisdiction: str = ""
    valid_from: date
    valid_until: date | None = None
    owner: str
    what: str
    systems: list[str] = []


class LawReviewWanted(Schema):
    """That the obligations were compared with the law."""

    jurisdictions: list[str]
    law_as_of: date


class ExclusionWanted(Schema):
    """What is left out, and why."""

    what: str
    reason: str


class ScopeWanted(Schema):
    """The boundary of the management system."""

    text: str
    inside: dict[str, list[str]]
    exclusions: list[ExclusionWanted] = []
    none_excluded: bool = False


class PlacementWanted(Schema):
    """Where a system stands, and which roles we play for it."""

    included: bool
    justification: str
    roles: list[str] = []
    role_reason: str = ""


class PlacementMade(Schema):
    """What was written about a system; null where it is as it was."""

    membership: Recorded | None
    ai_role: Recorded | None


@router.get("/issues", response=list[IssueRecord], summary="List issues")
def issues(request: MemberRequest) -> list[IssueRecord]:
    """List issues, ended ones last."""
    return list(queries.issues(request.actor))


@router.post("/issues", response={201: Recorded}, summary="Note an issue")
def note_issue(request: MemberRequest, wanted: IssueWanted) -> Status[Recorded]:
    """Note an issue."""
    said = Issue(issue_id="", text=wanted.text, topic=wanted.topic, effect=wanted.effect, bearing=wanted.bearing)
    return Status(201, commands.note_issue(actor=request.actor, said=said))


@router.get("/reviews", response=list[Made], summary="List reviews of the issues")
def reviews(request: MemberRequest) -> list[Made]:
    """List reviews of the issues, newest first."""
    return list(queries.context_reviews(request.actor))


@router.post("/reviews", response={201: Recorded}, summary="Propose a review of the issues")
def review(request: MemberRequest, wanted: ReviewWanted) -> Status[Recorded]:
    """Propose that the issues were weighed; it counts once top management approved it."""
    said = ContextReview(
        climate_relevant=wanted.climate_relevant,
        climate_reason=wanted.climate_reason,
        conclusion=wanted.conclusion,
    )
    return Status(201, commands.review_context(actor=request.actor, review=said))


@router.get("/parties", response=list[PartyRecord], summary="List interested parties")
def parties(request: MemberRequest) -> list[PartyRecord]:
    """List interested parties with their needs."""
    return list(queries.parties(request.actor))


@router.post("/parties", response={201: Recorded}, summary="Note an interested party")
def note_party(request: MemberRequest, wanted: PartyWanted) -> Status[Recorded]:
    """Note an interested party with its needs."""
    needs = tuple(
        Need(text=need.text, decision=need.decision, reason=need.reason, answered_by=tuple(need.answered_by))
        for need in wanted.needs
    )
    return Status(201, commands.note_party(actor=request.actor, said=Party(party_id="", name=wanted.name, needs=needs)))


@router.post("/parties/review", response={201: Recorded}, summary="Propose what was decided about needs")
def review_parties(request: MemberRequest) -> Status[Recorded]:
    """Propose what was decided about the needs as they stand now."""
    return Status(201, commands.review_parties(actor=request.actor))


@router.post("/parties/trace", response={201: Recorded}, summary="Record where needs are answered")
def trace(request: MemberRequest) -> Status[Recorded]:
    """Record where the needs that were taken on are answered."""
    return Status(201, commands.trace_needs(actor=request.actor))


@router.get("/obligations", response=list[ObligationRecord], summary="List obligations")
def obligations(request: MemberRequest) -> list[ObligationRecord]:
    """List obligations, ended ones last."""
    return list(queries.obligations(request.actor))


@router.post("/obligations", response={201: Recorded}, summary="Note an obligation")
def note_obligation(request: MemberRequest, wanted: ObligationWanted) -> Status[Recorded]:
    """Note what binds the organisation."""
    said = Obligation(
        obligation_id="",
        title=wanted.title,
        citation=wanted.citation,
        source=wanted.source,
        jurisdiction=wanted.jurisdiction,
        valid_from=wanted.valid_from,
        valid_until=wanted.valid_until,
        owner=PersonId(wanted.owner),
        what=wanted.what,
        systems=tuple(wanted.systems),
    )
    return Status(201, commands.note_obligation(actor=request.actor, said=said))


@router.post("/obligations/review", response={201: Recorded}, summary="Propose a comparison with the law")
def review_law(request: MemberRequest, wanted: LawReviewWanted) -> Status[Recorded]:
    """Propose that the obligations were compared with the law; a second person approves it."""
    made = commands.review_law(
        actor=request.actor, jurisdictions=tuple(wanted.jurisdictions), law_as_of=wanted.law_as_of
    )
    return Status(201, made)


@router.get("/scope", response=list[ScopeRecord], summary="Read the scope")
def scope(request: MemberRequest) -> list[ScopeRecord]:
    """Read all versions of the scope, newest first."""
    return list(queries.scope_versions(request.actor))


@router.post("/scope", response={201: Recorded}, summary="Propose a scope")
def propose_scope(request: MemberRequest, wanted: ScopeWanted) -> Status[Recorded]:
    """Propose the boundary of the management system; it counts once top management approved it."""
    said = Scope(
        inside={part: tuple(names) for part, names in wanted.inside.items()},
        exclusions=tuple(Exclusion(item.what, item.reason) for item in wanted.exclusions),
        none_excluded=wanted.none_excluded,
        text=wanted.text,
    )
    return Status(201, commands.propose_scope(actor=request.actor, scope=said))


@router.post("/systems/{system_id}", response={201: PlacementMade}, summary="Place a system")
def place(request: MemberRequest, system_id: str, wanted: PlacementWanted) -> Status[PlacementMade]:
    """Decide whether a system is inside the scope and which AI roles we play for it."""
    said = Placement(
        system_id=system_id,
        included=wanted.included,
        justification=wanted.justification,
        roles=tuple(wanted.roles),
        role_reason=wanted.role_reason,
    )
    made = commands.place_system(actor=request.actor, said=said)
    return Status(201, PlacementMade(membership=made.membership, ai_role=made.ai_role))
