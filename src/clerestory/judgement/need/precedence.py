"""What had to be approved first: criteria before results, plans before releases."""

from clerestory.catalogue.rule import Need
from clerestory.judgement.need.outcome import Reason
from clerestory.judgement.need.static import Static
from clerestory.judgement.row import Node, Row


def too_early(need: Need, node: Node, static: Static, *, once: bool) -> Reason | None:
    """Return the first fact that came before the earliest accepted approval of such a fact; None where none did.

    Later facts are those about the subject and about its parts, of any age, not revoked. With ``once`` an approval
    counts although its record was revoked since.
    """
    later = [row for row in _later(need, node) if row.revoked is None]
    if not later:
        return None
    first = min(later, key=lambda row: (row.fact.observed.start, row.fact.entry_id))
    approvals = [
        signature.approved_at
        for row in node.about(need.kind)
        if (once or row.revoked is None) and not static.reasons(row)
        for signature in static.signatures(row)
    ]
    if approvals and min(approvals) <= first.fact.observed.start:
        return None
    return Reason("came_before", node, first, (("later", first.check or first.fact.kind),))


def _later(need: Need, node: Node) -> list[Row]:
    precedes = need.precedes
    if precedes is None:
        return []
    places = [node, *(node.parts if node.kind != "organisation" else ())]
    if not precedes.families:
        return [row for place in places for row in place.about(precedes.kind)]
    return [
        row
        for place in places
        for family in precedes.families
        for check in place.families.get((precedes.kind, family), ())
        for rows in place.results[(precedes.kind, check)]
        for row in rows
    ]
