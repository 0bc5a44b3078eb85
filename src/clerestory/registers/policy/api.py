"""Policies over HTTP: the same commands and queries as the pages. Approving and confirming ask for a person."""

from datetime import date

from ninja import Router, Schema, Status

from clerestory.desk.request import MemberRequest
from clerestory.registers.policy import commands, queries
from clerestory.registers.policy.commands import Recorded
from clerestory.registers.policy.queries import ActRecord, PolicyRecord
from clerestory.registers.policy.rules import Alignment, Draft, Outcome, Policy, Publication, Review
from clerestory.terms.ids import PersonId

router = Router(tags=["policy"])


class DraftWanted(Schema):
    """One version of a policy."""

    text: str
    elements: list[str] = []
    kinds: list[str] = []
    audiences: list[str]
    related: list[str] = []
    review_by: date
    approvers: list[str] = []

    def draft(self, policy_id: str) -> Draft:
        """Return the version as the register knows it."""
        return Draft(
            policy_id=policy_id,
            text=self.text,
            elements=tuple(self.elements),
            kinds=tuple(self.kinds),
            audiences=tuple(self.audiences),
            review_by=self.review_by,
            related=tuple(self.related),
            approvers=tuple(self.approvers),
        )


class PolicyWanted(DraftWanted):
    """A policy with its first version."""

    policy_id: str
    title: str
    owner: str


class NextWanted(DraftWanted):
    """The next version of a policy, from the one that was seen."""

    expected_version: int


class PublicationWanted(Schema):
    """That a version was made available."""

    version: int
    reached: list[str]
    how: str


class ConflictWanted(Schema):
    """A contradiction between another policy and the AI policy."""

    other: str
    conflict: str
    due_on: date


class AlignmentWanted(Schema):
    """That other policies were compared with the AI policy."""

    compared: list[str]
    conflicts: list[ConflictWanted] = []


class AmendmentWanted(Schema):
    """Which policy and version holds the amendment."""

    amended: str


class PolicyReviewWanted(Schema):
    """A review of the policies."""

    inputs: list[str]
    recommendation: str


class OutcomeWanted(Schema):
    """What top management decides after a review."""

    outcome: Outcome
    next_review_on: date


@router.get("/policies", response=list[PolicyRecord], summary="List policies")
def policies(request: MemberRequest) -> list[PolicyRecord]:
    """List policies with all their versions."""
    return list(queries.policies(request.actor))


@router.get("/policies/{policy_id}", response=PolicyRecord, summary="Read a policy")
def policy(request: MemberRequest, policy_id: str) -> PolicyRecord:
    """Read one policy with all its versions."""
    return queries.policy(request.actor, policy_id)


@router.get("/acts/{kind}", response=list[ActRecord], summary="List what was done about policies")
def acts(request: MemberRequest, kind: str) -> list[ActRecord]:
    """List publications, comparisons, conflicts, amendments, reviews, outcomes or confirmations, newest first."""
    return list(queries.acts(request.actor, kind))


@router.post("/policies", response={201: Recorded}, summary="Begin a policy")
def begin(request: MemberRequest, wanted: PolicyWanted) -> Status[Recorded]:
    """Begin a policy; its first version counts once all who are asked approved it, top management last."""
    said = Policy(policy_id=wanted.policy_id, title=wanted.title, owner=PersonId(wanted.owner))
    return Status(201, commands.begin_policy(actor=request.actor, said=said, draft=wanted.draft(wanted.policy_id)))


@router.post("/policies/{policy_id}/versions", response={201: Recorded}, summary="Propose a version")
def propose(request: MemberRequest, policy_id: str, wanted: NextWanted) -> Status[Recorded]:
    """Propose the next version; it counts once all who are asked approved it, in order."""
    made = commands.propose_version(
        actor=request.actor, draft=wanted.draft(policy_id), expected_version=wanted.expected_version
    )
    return Status(201, made)


@router.post("/policies/{policy_id}/publications", response={201: Recorded}, summary="Record a publication")
def publish(request: MemberRequest, policy_id: str, wanted: PublicationWanted) -> Status[Recorded]:
    """Record that the version in force was made available."""
    said = Publication(policy_id=policy_id, version=wanted.version, reached=tuple(wanted.reached), how=wanted.how)
    return Status(201, commands.publish_version(actor=request.actor, said=said))


@router.post("/comparisons", response={201: Recorded}, summary="Record a comparison")
def compare(request: MemberRequest, wanted: AlignmentWanted) -> Status[Recorded]:
    """Record that other policies were compared with the AI policy, with the conflicts found."""
    conflicts = tuple((item.other, item.conflict, item.due_on) for item in wanted.conflicts)
    said = Alignment(compared=tuple(wanted.compared), conflicts=conflicts)
    return Status(201, commands.compare_policies(actor=request.actor, said=said))


@router.post("/conflicts/{number}/amendment", response={201: Recorded}, summary="Record an amendment")
def amend(request: MemberRequest, number: int, wanted: AmendmentWanted) -> Status[Recorded]:
    """Record that a policy was amended so that a conflict is gone."""
    return Status(201, commands.amend(actor=request.actor, number=number, amended=wanted.amended))


@router.post("/reviews", response={201: Recorded}, summary="Record a review")
def review(request: MemberRequest, wanted: PolicyReviewWanted) -> Status[Recorded]:
    """Record a review of the policies."""
    said = Review(inputs=tuple(wanted.inputs), recommendation=wanted.recommendation)
    return Status(201, commands.review_policies(actor=request.actor, said=said))


@router.post("/reviews/outcome", response={201: Recorded}, summary="Decide what follows from the newest review")
def outcome(request: MemberRequest, wanted: OutcomeWanted) -> Status[Recorded]:
    """Decide, as top management, what follows from the newest review."""
    made = commands.decide_outcome(actor=request.actor, outcome=wanted.outcome, next_review_on=wanted.next_review_on)
    return Status(201, made)
