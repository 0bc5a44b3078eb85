"""Whose approval a policy waits for, in order. Top management is always asked last: it issues the policy."""

from collections.abc import Collection, Mapping, Sequence

from clerestory.registers.policy.rules.policy import MAIN, PolicyRefused
from clerestory.terms.sentence import gettext as _

TOP = "top_management"
ASKED = ("risk_owner", "accountable_owner", "legal_counsel", "designated_management", TOP)
"""Roles in the order in which they are asked, unless a policy says otherwise."""
BY_KIND: Mapping[str, tuple[str, ...]] = {
    MAIN: ("legal_counsel", "designated_management", TOP),
    "acceptable-use": ("designated_management", TOP),
    "data-for-ai": ("legal_counsel", TOP),
    "third-parties": ("legal_counsel", "designated_management", TOP),
}
"""Who is asked about a policy of a kind where people for it are there; about any other, top management alone."""


def asked_by_default(policy_id: str, holders: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Return whose approval a policy waits for: the roles of its kind, as far as another person is there for each.

    ``holders`` are the people who hold each role, without the one who proposes it.
    """
    order = BY_KIND.get(policy_id, (TOP,))
    kept = [TOP]
    for role in reversed(order[:-1]):
        if can_be_filled([role, *kept], holders):
            kept.insert(0, role)
    return tuple(kept)


def can_be_filled(order: Sequence[str], holders: Mapping[str, Collection[str]], taken: tuple[str, ...] = ()) -> bool:
    """Return whether a different person is there for every step."""
    if not order:
        return True
    return any(
        can_be_filled(order[1:], holders, (*taken, person))
        for person in holders.get(order[0], ())
        if person not in taken
    )


def check_order(order: Sequence[str], known: Collection[str]) -> None:
    """Refuse roles that nobody knows or that are asked twice, and an order that does not end with top management."""
    unknown = [role for role in order if role not in known]
    if unknown:
        raise PolicyRefused(
            _("{unknown!r} is no role that approves.", unknown=unknown[0]),
            _("Use: {choices}.", choices=", ".join(sorted(known))),
        )
    if len(set(order)) < len(order):
        raise PolicyRefused(_("A role is asked twice."), _("Name each role once, in the order in which it is asked."))
    if not order or order[-1] != TOP:
        raise PolicyRefused(
            _("Top management is not asked last."), _("End the order with top_management: it issues it.")
        )
