"""Who acts: a member of one organisation with access and roles, or a machine in that member's name."""

from dataclasses import dataclass, field

from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import Person
from clerestory.terms.ids import OrganisationId, PersonId

NO_ROLE = "member"


class RoleNotHeld(ClerestoryError):
    """Somebody acts in a role that they do not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The one first argument of every query and command. ``scopes`` limits a machine; None is a signed-in person."""

    organisation_id: OrganisationId
    person_id: PersonId
    user_id: int | None
    access: str
    roles: frozenset[str] = field(default_factory=frozenset)
    authentication_id: str | None = None
    scopes: frozenset[str] | None = None

    def person(self, role: str | None = None, responsible: bool | None = None) -> Person:
        """Return the person as evidence names them; without a role, the first of theirs or plain membership.

        Raises:
            RoleNotHeld: the role is not one of theirs.
        """
        if role is not None and role not in self.roles:
            raise RoleNotHeld(f"You do not hold the role {role!r}.", "Ask an administrator to assign it to you.")
        acted = role or min(self.roles, default=NO_ROLE)
        return Person(self.person_id, acted, responsible, authentication_id=self.authentication_id)
