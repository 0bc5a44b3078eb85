"""Evidence of access reviews: how many people and rights were looked at; who they are stays in erasable content."""

from collections.abc import Sequence
from datetime import datetime

from clerestory.registers.inventory.rules.access import AREAS, Decided, Right
from clerestory.terms.evidence import Content, Evidence, Person, Subject
from clerestory.terms.ids import OrganisationId
from clerestory.terms.moment import Period


def access_evidence(
    organisation_id: OrganisationId, rights: Sequence[Right], number: int, *, by: Person, at: datetime
) -> Evidence:
    """Return the evidence that rights of access were reviewed; it covers the areas that rights were found in."""
    people = {right.person_id or right.person for right in rights}
    told = "\n".join(
        f"- {right.person}, {right.right}, {right.to}: {right.decision} ({right.reason})" for right in rights
    )
    return Evidence(
        kind="record.access_review",
        subject=Subject("organisation", organisation_id),
        produced_by=by,
        observed=Period.at(at),
        values={
            "accounts_checked": len(people),
            "rights_removed": sum(right.decision == Decided.WITHDRAW for right in rights),
        },
        entity="access_review/main",
        entity_version=number,
        covers=tuple(sorted({AREAS[right.to_kind] for right in rights})),
        content=Content(told.encode(), "text/plain; charset=utf-8", personal=True),
    )
