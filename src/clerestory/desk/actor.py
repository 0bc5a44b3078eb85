"""Who acts: a member of one organisation with access and roles, or a machine in that member's name."""

from dataclasses import dataclass, field

from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import Machine, Person
from clerestory.terms.ids import OrganisationId, PersonId
from clerestory.terms.sentence import gettext as _

NO_ROLE = "member"


PROCESS = "process"
"""Access of the product itself where it acts by itself; no member can be given it, and it signs nothing."""


class RoleNotHeld(ClerestoryError):
    """Somebody acts in a role that they do not hold."""


class MachineSignsNothing(ClerestoryError):
    """What only a person can say was to be said by the product itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The one first argument of every query and command. ``scopes`` limits a token; None is a signed-in person.

    ``machine`` is set where nobody acts but the product itself, as a process that follows up a failed check.
    ``time_zone`` is that of the organisation, loaded with it: ``desk.day`` says which day it is there.
    """

    organisation_id: OrganisationId
    person_id: PersonId
    user_id: int | None
    access: str
    roles: frozenset[str] = field(default_factory=frozenset)
    authentication_id: str | None = None
    scopes: frozenset[str] | None = None
    machine: Machine | None = None
    time_zone: str = "UTC"

    def person(self, role: str | None = None, responsible: bool | None = None) -> Person:
        """Return the person as evidence names them; without a role, the first of theirs or plain membership.

        Raises:
            RoleNotHeld: the role is not one of theirs.
            MachineSignsNothing: the product itself acts.
        """
        if self.machine is not None:
            raise MachineSignsNothing(_("This needs a person."), _("Let a member of the organisation do it."))
        if role is not None and role not in self.roles:
            raise RoleNotHeld(
                _("You do not hold the role {role!r}.", role=role), _("Ask an administrator to assign it to you.")
            )
        acted = role or min(self.roles, default=NO_ROLE)
        return Person(self.person_id, acted, responsible, authentication_id=self.authentication_id)

    def maker(self) -> Machine | Person:
        """Return who makes evidence: the product where it acts by itself, else the person."""
        return self.person() if self.machine is None else self.machine


def product(organisation_id: OrganisationId, own: str, time_zone: str = "UTC") -> Actor:
    """Return the product itself as an actor; evidence then names it and its version, and no person."""
    return Actor(
        organisation_id=organisation_id,
        person_id=PersonId("clerestory"),
        user_id=None,
        access=PROCESS,
        machine=Machine("clerestory", own),
        time_zone=time_zone,
    )
