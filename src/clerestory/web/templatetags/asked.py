"""Whose approval a version waits for: the tag that names them, so that nobody has to guess whom to ask."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import template
from django.template import Context

from clerestory.desk.people import Approver, approvers
from clerestory.desk.standing import Standing

register = template.Library()
NAMED = 3
"""So many are named; of the others there is a count."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who can approve a version now: some of them by name, and how many more."""

    names: tuple[str, ...]
    more: int = 0

    @property
    def nobody(self) -> bool:
        """Whether the version waits for somebody whom the organisation does not have."""
        return not self.names


@register.simple_tag(takes_context=True)
def asked(context: Context, standing: Standing) -> Asked | None:
    """Return who can approve a version now; None where nobody is asked, or nobody asks for the page."""
    request = context.get("request")
    actor = getattr(request, "actor", None)
    if actor is None or not standing.is_open:
        return None
    found: Sequence[Approver] | None = getattr(request, "approvers", None)
    if found is None:
        found = approvers(actor)
        request.approvers = found  # type: ignore[union-attr]  # a page asks for them once, however many versions it shows
    names = [
        one.name
        for one in found
        if one.person_id != standing.proposed_by
        and one.person_id not in standing.signers
        and (not standing.approver_role or standing.approver_role in one.roles)
    ]
    return Asked(tuple(names[:NAMED]), max(0, len(names) - NAMED))
