"""Who may do what. Called first by every command and query; whatever is not allowed here is refused."""

from clerestory.desk.actor import PROCESS, Actor
from clerestory.terms.error import ClerestoryError
from clerestory.terms.sentence import gettext as _
from clerestory.terms.sentence import word

ALLOWED = {
    "admin": frozenset({"read", "write", "approve", "administer", "push"}),
    "editor": frozenset({"read", "write", "approve", "push"}),
    "viewer": frozenset({"read"}),
    "auditor": frozenset({"read"}),
    PROCESS: frozenset({"read", "write"}),
}
VERBS = frozenset({"read", "write", "approve", "administer", "push"})
SCOPES = frozenset({"read", "write", "push"})
"""What a token can be given: never to approve or administer, since both ask for a person."""


class NotPermitted(ClerestoryError):
    """The actor may not do this."""


class NotAuthenticatedAnew(NotPermitted):
    """A signature asks for a proof of identity of the last few minutes."""


def permit(actor: Actor, verb: str, area: str) -> None:
    """Return when the actor may do the verb in an area such as ``inventory``.

    Raises:
        NotPermitted: access or token does not allow it, or the verb is unknown.
        NotAuthenticatedAnew: the verb is a signature, and the actor has no recent ``authentication_id``.
    """
    if actor.scopes is not None and area and verb in SCOPES - actor.scopes and verb in ALLOWED.get(actor.access, ()):
        raise NotPermitted(
            _("The token lacks the scope {verb}.", verb=verb),
            _("Make one that has the scope {verb}, under Members and tokens.", verb=verb),
        )
    if not may(actor, verb, area):
        told = _may_not(verb, area) if area else _("You may not do this.")
        raise NotPermitted(told, _("Ask an administrator of the organisation for access."))
    if verb == "approve" and actor.authentication_id is None:
        raise NotAuthenticatedAnew(
            _("What you sign asks you to prove once more that it is you."), _("Sign in again, then repeat the step.")
        )


def may(actor: Actor, verb: str, area: str) -> bool:
    """Return whether the actor may do the verb in an area, as for a button that is shown or not."""
    if not area or verb not in ALLOWED.get(actor.access, frozenset()):
        return False
    return actor.scopes is None or (verb in SCOPES and verb in actor.scopes)


def _may_not(verb: str, area: str) -> str:
    where = word(area)
    told = {
        "read": _("You may not read in {area}.", area=where),
        "write": _("You may not write in {area}.", area=where),
        "approve": _("You may not approve in {area}.", area=where),
        "administer": _("You may not administer in {area}.", area=where),
        "push": _("You may not push in {area}.", area=where),
    }
    return told.get(verb) or _("You may not {verb} in {area}.", verb=verb, area=where)
