"""Evidence about policies. A version says its policy's name too, so that two policies are never taken for one."""

from collections.abc import Sequence
from datetime import date, datetime

from clerestory.registers.policy.rules.policy import Alignment, Draft, Outcome, Policy, Publication, Review
from clerestory.terms.evidence import Author, Evidence, Person, Subject
from clerestory.terms.ids import EntryId, OrganisationId


def named(policy_id: str, version: int) -> str:
    """Return how evidence calls a version of a policy."""
    return f"{policy_id} {version}"


class Writer:
    """Makes the evidence of one person at one moment for one organisation."""

    def __init__(self, organisation_id: OrganisationId, by: Person, at: datetime) -> None:
        self._author = Author(Subject("organisation", organisation_id), by, at)

    def policy(self, policy: Policy, draft: Draft, version: int, related: tuple[str, ...]) -> Evidence:
        """Return the evidence of one version: it covers its elements and the kinds of system that it has rules for."""
        return self._author.evidence(
            "record.ai_policy",
            f"ai_policy/{policy.policy_id}",
            version,
            {
                "version": named(policy.policy_id, version),
                "elements": draft.elements,
                **({"approval_order": draft.approvers} if len(draft.approvers) > 1 else {}),
            },
            covers=(*draft.elements, *draft.kinds),
            lists={"policy_audiences": draft.audiences, "related_policies": related},
            text=f"{policy.title}\n\n{draft.text}",
        )

    def publication(self, publication: Publication, number: int) -> Evidence:
        """Return the evidence that a version was made available to audiences."""
        return self._author.evidence(
            "record.policy_publication",
            f"policy_publication/{publication.policy_id}",
            number,
            {
                "audiences_reached": publication.reached,
                "version": named(publication.policy_id, publication.version),
            },
            covers=publication.reached,
            text=publication.how,
        )

    def acknowledgement(self, role_id: str, holders: tuple[str, ...], versions: Sequence[str], number: int) -> Evidence:
        """Return the evidence of which holders of a role have confirmed every version in force."""
        return self._author.evidence(
            "record.policy_acknowledgement",
            f"policy_acknowledgement/{role_id}",
            number,
            {"version": ", ".join(versions), "holders_confirmed": len(holders)},
            subject=Subject("person_role", role_id),
            covers=holders,
        )

    def alignment(self, alignment: Alignment, number: int) -> Evidence:
        """Return the evidence that other policies were compared with the AI policy."""
        return self._author.evidence(
            "record.policy_alignment_review",
            "policy_alignment_review/main",
            number,
            {"policies_compared": alignment.compared, "conflicts_found": len(alignment.conflicts)},
            covers=alignment.compared,
        )

    def conflict(self, other: str, conflict: str, due_on: date, number: int) -> Evidence:
        """Return the evidence of one conflict, which waits for an amendment."""
        return self._author.evidence(
            "register.policy_conflict",
            f"policy_conflict/{number}",
            1,
            {"other_policy": other, "conflict": conflict, "due_on": due_on.isoformat()},
        )

    def amendment(self, other: str, amended: str, conflict: EntryId, number: int) -> Evidence:
        """Return the evidence that a policy was amended, which answers the conflict."""
        return self._author.evidence(
            "record.policy_amendment",
            f"policy_amendment/{number}",
            1,
            {"other_policy": other, "amended_version": amended},
            answers=(conflict,),
        )

    def review(self, review: Review, number: int) -> Evidence:
        """Return the evidence of a review; it covers the inputs that it looked at."""
        return self._author.evidence(
            "record.policy_review",
            "policy_review/main",
            number,
            {"inputs_seen": review.inputs, "recommendation": review.recommendation},
            covers=review.inputs,
        )

    def outcome(self, outcome: Outcome, next_review_on: date, number: int) -> Evidence:
        """Return the evidence of what top management decided after a review."""
        return self._author.evidence(
            "decision.policy_review_outcome",
            "policy_review_outcome/main",
            number,
            {"outcome": str(outcome), "next_review_on": next_review_on.isoformat()},
        )
