"""Evidence about the context. The needs of parties and what was taken on are the lists that reviews are counted by."""

from collections.abc import Sequence
from datetime import date, datetime

from clerestory.registers.context.rules.issue import ContextReview, Issue
from clerestory.registers.context.rules.obligation import Obligation
from clerestory.registers.context.rules.party import Decision, Party
from clerestory.registers.context.rules.scope import Placement, Scope
from clerestory.terms.evidence import Author, Evidence, Person, Subject
from clerestory.terms.ids import OrganisationId


class Writer:
    """Makes the evidence of one person at one moment for one organisation."""

    def __init__(self, organisation_id: OrganisationId, by: Person, at: datetime) -> None:
        self._author = Author(Subject("organisation", organisation_id), by, at)

    def issue(self, issue: Issue, version: int, *, ended: bool = False) -> Evidence:
        """Return the evidence of one version of an issue; an ended one stays in the log as ended."""
        return self._author.evidence(
            "register.context_issue",
            f"context_issue/{issue.issue_id}",
            version,
            {"issue": issue.text, "version": f"{version}, ended" if ended else str(version)},
            text=f"{issue.topic}, {issue.effect}\n{issue.bearing}",
        )

    def context_review(
        self,
        review: ContextReview,
        issues: Sequence[Issue],
        covers: tuple[str, ...],
        version: int,
        *,
        adopted: tuple[str, ...] = (),
    ) -> Evidence:
        """Return the evidence that the issues were weighed; it covers the topics that they speak of.

        What is to be planned for (6.1.1) are these issues and the needs that were taken on by then.
        """
        taken_on = tuple(f"{issue.issue_id} {issue.text}"[:200] for issue in issues) + adopted
        weighed = "\n".join(f"- {issue.text} ({issue.topic}, {issue.effect}): {issue.bearing}" for issue in issues)
        return self._author.evidence(
            "record.context_review",
            "context_review/main",
            version,
            {
                "issues_weighed": len(issues),
                "climate_relevant": review.climate_relevant,
                "climate_reason": review.climate_reason,
            },
            covers=covers,
            lists={"planning_inputs": taken_on},
            text=f"{review.conclusion}\n\n{weighed}",
        )

    def party(self, party: Party, version: int, *, ended: bool = False) -> Evidence:
        """Return the evidence of one version of a party; the needs of an ended one are asked for no more."""
        needs = () if ended else party.items()
        return self._author.evidence(
            "register.interested_party",
            f"interested_party/{party.party_id}",
            version,
            {
                "party": party.name,
                "needs": tuple(need.text for need in party.needs),
                "version": f"{version}, ended" if ended else str(version),
            },
            lists={"interested_party_needs": needs},
        )

    def party_review(self, parties: Sequence[Party], version: int) -> Evidence:
        """Return the evidence of what was decided about each need; open ones stay uncovered."""
        decided = tuple(item for party in parties for item in party.items(Decision.ADOPTED, Decision.DECLINED))
        adopted = tuple(item for party in parties for item in party.items(Decision.ADOPTED))
        told = "\n".join(
            f"- {party.item(need)}: {need.decision}{f' ({need.reason})' if need.reason else ''}"
            for party in parties
            for need in party.needs
        )
        return self._author.evidence(
            "record.interested_party_review",
            "interested_party_review/main",
            version,
            {"parties_count": len(parties), "needs_adopted": len(adopted)},
            covers=decided,
            lists={"adopted_needs": adopted},
            text=told,
        )

    def trace(self, parties: Sequence[Party], version: int) -> Evidence:
        """Return the evidence of where each need that was taken on is answered."""
        traced = tuple(item for party in parties for item in party.traced)
        told = "\n".join(
            f"- {party.item(need)}: {', '.join(need.answered_by)}"
            for party in parties
            for need in party.needs
            if need.answered_by
        )
        return self._author.evidence(
            "record.expectation_trace",
            "expectation_trace/main",
            version,
            {"needs_traced": len(traced)},
            covers=traced,
            text=told,
        )

    def obligation(self, obligation: Obligation, version: int, *, ended: bool = False) -> Evidence:
        """Return the evidence of one version of an obligation."""
        return self._author.evidence(
            "register.obligation",
            f"obligation/{obligation.obligation_id}",
            version,
            {
                "citation": obligation.citation,
                "version": f"{version}, ended" if ended else str(version),
                "valid_from": obligation.valid_from.isoformat(),
            },
            links=tuple(Subject("ai_system", system_id) for system_id in obligation.systems),
            text=f"{obligation.title}\n{obligation.what}",
        )

    def law_review(self, checked: int, law_as_of: date, jurisdictions: tuple[str, ...], version: int) -> Evidence:
        """Return the evidence that obligations were compared with the law of jurisdictions, as of a day."""
        return self._author.evidence(
            "record.obligation_review",
            "obligation_review/main",
            version,
            {"obligations_checked": checked, "law_as_of": law_as_of.isoformat()},
            covers=jurisdictions,
        )

    def scope(self, scope: Scope, version: int) -> Evidence:
        """Return the evidence of one version of the scope statement; it covers the parts that it speaks of."""
        named = tuple(f"{part}: {name}" for part, names in scope.inside.items() for name in names)
        left_out = "\n".join(f"- {item.what}: {item.reason}" for item in scope.exclusions)
        return self._author.evidence(
            "record.scope_statement",
            "scope_statement/main",
            version,
            {"version": str(version), "parts": named, "exclusions_justified": True},
            covers=scope.parts_covered,
            text=f"{scope.text}\n\n{left_out}".strip(),
        )

    def membership(self, placement: Placement, version: int) -> Evidence:
        """Return the evidence that a system is inside or outside the scope."""
        return self._author.evidence(
            "decision.scope_membership",
            f"scope_membership/{placement.system_id}",
            version,
            {"included": placement.included, "justification": placement.justification},
            subject=Subject("ai_system", placement.system_id),
        )

    def ai_role(self, placement: Placement, version: int) -> Evidence:
        """Return the evidence of the AI roles that the organisation plays for a system."""
        return self._author.evidence(
            "decision.ai_role",
            f"ai_role/{placement.system_id}",
            version,
            {"ai_role": placement.roles, "justification": placement.role_reason},
            subject=Subject("ai_system", placement.system_id),
        )
