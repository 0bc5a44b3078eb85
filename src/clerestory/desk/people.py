"""Members of an organisation: who acts in a request, who may be named as owner, who was let in and who left.

The roles register decides about membership and writes the evidence; this keeps the rows.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import OuterRef, Q, QuerySet, Subquery

from clerestory.desk.actor import Actor, product
from clerestory.desk.models import ACCESS_LEVELS, Membership, User
from clerestory.desk.permit import ALLOWED, permit
from clerestory.store.unit import wait_turn
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import OrganisationId, PersonId
from clerestory.terms.sentence import gettext as _


class NotAMember(ClerestoryError):
    """Nobody of that id is a member of the organisation now."""


class MemberAlready(ClerestoryError):
    """The person is a member of the organisation already."""


class AccessRefused(ClerestoryError):
    """There is no such access level."""


class LastAdministrator(ClerestoryError):
    """Without this member nobody could administer the organisation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member as screens show them; evidence carries the id alone."""

    person_id: PersonId
    user_id: int
    name: str
    email: str
    access: str
    roles: tuple[str, ...]
    started_at: datetime
    ended_at: datetime | None
    can_be_invited: bool = False
    unit: str = ""


_KEEPS: list[Callable[[Actor, PersonId], None]] = []


def before_ending(refuse: Callable[[Actor, PersonId], None]) -> None:
    """Let a register refuse that somebody leaves whom it cannot do without yet; its refusal says what helps."""
    _KEEPS.append(refuse)


def check_ending(actor: Actor, person_id: PersonId) -> None:
    """Ask every register that has a say whether the membership may end."""
    permit(actor, "administer", "members")
    for refuse in _KEEPS:
        refuse(actor, person_id)


def may_be_invited(row: Membership) -> bool:
    """Return whether an invitation has a use: to accept an offer, or to set the first password of a new account."""
    return row.is_offered or (not row.user.has_usable_password() and row.user.last_login is None)


def new_person_id() -> PersonId:
    """Return a fresh pseudonymous id."""
    return PersonId(f"person-{secrets.token_hex(6)}")


def actor_for(
    user: User, *, organisation_id: OrganisationId | None = None, authentication_id: str | None = None
) -> Actor | None:
    """Return the actor that a signed-in user is, in the given or their first organisation; None without membership."""
    rows = Membership.objects.filter(user=user)  # house: allow organisation-scope: finds where one person is a member
    rows = (
        rows.filter(ended_at=None, is_offered=False, user__is_active=True).select_related("organisation").order_by("id")
    )
    if organisation_id is not None:
        rows = rows.filter(organisation_id=organisation_id)
    row = rows.first()
    return None if row is None else actor_of(row, authentication_id=authentication_id)


class Seated(Protocol):
    """A present membership, or what was read of one."""

    @property
    def user_id(self) -> int:
        """Whose it is."""

    @property
    def organisation_id(self) -> str:
        """Where."""

    @property
    def person_id(self) -> str:
        """The pseudonymous id that evidence carries."""

    @property
    def access(self) -> str:
        """The access level."""

    @property
    def roles(self) -> Iterable[str]:
        """The roles."""

    @property
    def time_zone(self) -> str:
        """The organisation's zone."""


def actor_of(row: Seated, *, authentication_id: str | None = None, scopes: frozenset[str] | None = None) -> Actor:
    """Return the actor of a membership."""
    return Actor(
        organisation_id=OrganisationId(row.organisation_id),
        person_id=PersonId(row.person_id),
        user_id=row.user_id,
        access=row.access,
        roles=frozenset(row.roles),
        authentication_id=authentication_id,
        scopes=scopes,
        time_zone=row.time_zone,
    )


def machine_for(organisation_id: OrganisationId, person_id: str, *, scopes: frozenset[str]) -> Actor | None:
    """Return a machine that works in a present member's name within scopes, as a token does; None where they left."""
    rows = _rows(organisation_id).filter(ended_at=None, is_offered=False, user__is_active=True)
    row = rows.select_related("organisation").filter(person_id=person_id).first()
    return None if row is None else actor_of(row, scopes=scopes)


def itself(organisation_id: OrganisationId) -> Actor:
    """Return the product of this version as an actor: what it writes says that no person did."""
    try:
        own = version("clerestory")
    except PackageNotFoundError:
        own = "0+source"
    zones = _rows(organisation_id).values_list("organisation__time_zone", flat=True)
    return product(organisation_id, own, zones.first() or "UTC")


def is_alone(organisation_id: OrganisationId) -> bool:
    """Return whether the server has no other organisation."""
    return not Membership.objects.exclude(organisation_id=organisation_id).exists()


def actors_of(organisation_id: OrganisationId) -> tuple[tuple[Actor, str], ...]:
    """Return every present member as an actor with their language, for the jobs of the server itself."""
    rows = _rows(organisation_id).filter(ended_at=None, is_offered=False, user__is_active=True)
    rows = rows.select_related("user", "organisation")
    return tuple((actor_of(row), row.user.language) for row in rows.order_by("id"))


def members(actor: Actor, *, past: bool = False) -> tuple[Member, ...]:
    """Return the members by name; with ``past`` also those who left."""
    permit(actor, "read", "members")
    rows = _rows(actor.organisation_id)
    return _listed((rows if past else rows.filter(ended_at=None)).order_by("user__name", "id"))


def member_names(actor: Actor) -> dict[str, str]:
    """Return the names of members by id, of past ones too, for pages."""
    permit(actor, "read", "members")
    return dict(_rows(actor.organisation_id).values_list("person_id", "user__name"))


def member_choices(actor: Actor) -> list[tuple[str, str]]:
    """Return the members that a form offers, by name."""
    permit(actor, "read", "members")
    rows = _rows(actor.organisation_id).filter(ended_at=None).order_by("user__name", "id")
    return list(rows.values_list("person_id", "user__name"))


@dataclass(frozen=True, slots=True)
class Approver:
    """Who can approve, as far as a page that names them asks."""

    person_id: PersonId
    name: str
    roles: tuple[str, ...]


def approvers(actor: Actor) -> tuple[Approver, ...]:
    """Return the present members by name whose access lets them approve."""
    permit(actor, "read", "members")
    found = _rows(actor.organisation_id).filter(_SIGNS).order_by("user__name", "id")
    named = found.values_list("person_id", "user__name", "roles")
    return tuple(Approver(PersonId(person_id), name, tuple(roles)) for person_id, name, roles in named)


def names_and_approvers(actor: Actor) -> tuple[dict[str, str], tuple[Approver, ...]]:
    """Return what `member_names` and `approvers` do, in one query for a page that asks for both."""
    permit(actor, "read", "members")
    found = _rows(actor.organisation_id).annotate(signs=_SIGNS).order_by("user__name", "id")
    rows = list(found.values_list("person_id", "user__name", "roles", "signs"))
    signing = tuple(
        Approver(PersonId(person_id), name, tuple(roles)) for person_id, name, roles, signs in rows if signs
    )
    return {person_id: name for person_id, name, _roles, _signs in rows}, signing


def find_members(actor: Actor, text: str, *, most: int) -> tuple[Member, ...]:
    """Return at most so many present members whose name or address holds every word of a text, by name."""
    permit(actor, "read", "members")
    rows = Membership.objects.filter(organisation_id=actor.organisation_id, ended_at=None, is_offered=False)
    for word in text.split()[:8]:
        rows = rows.filter(Q(user__name__icontains=word) | Q(user__email__icontains=word))
    return _listed(rows.order_by("user__name", "id")[:most])


def members_of(organisation_id: OrganisationId) -> tuple[Member, ...]:
    """Return the present members by address, for the command line on the server itself."""
    rows = _rows(organisation_id).filter(ended_at=None).select_related("user").order_by("user__email")
    return tuple(_member(row) for row in rows)


def actor_by_email(organisation_id: OrganisationId, email: str) -> Actor | None:
    """Return the member with that address as an actor, for the command line on the server itself."""
    rows = _rows(organisation_id).filter(ended_at=None, is_offered=False, user__is_active=True)
    row = rows.select_related("organisation").filter(user__email=email.strip().lower()).first()
    return None if row is None else actor_of(row)


def memberships_of(email: str) -> tuple[tuple[OrganisationId, Member], ...]:
    """Return every present membership of an address, for the command line on the server itself."""
    rows = Membership.objects.filter(user__email=email.strip().lower())  # house: allow organisation-scope: one person's
    rows = rows.filter(ended_at=None).select_related("user").order_by("id")
    return tuple((OrganisationId(row.organisation_id), _member(row)) for row in rows)


def name_beside(organisation_id: OrganisationId, person: str) -> Subquery:
    """Return, for a query of rows that name a person, what that person is called."""
    rows = Membership.objects.filter(organisation_id=organisation_id, person_id=OuterRef(person))
    return Subquery(rows.values("user__name")[:1])


def names_of(organisation_id: OrganisationId, ids: Iterable[str]) -> dict[str, str]:
    """Return the names behind pseudonymous ids, in one query; unknown ids are left out."""
    rows = Membership.objects.filter(organisation_id=organisation_id, person_id__in=set(ids))
    return dict(rows.values_list("person_id", "user__name"))


def require_member(organisation_id: OrganisationId, person_id: str) -> Member:
    """Return the member of that id, who can be given something to do.

    Raises:
        NotAMember: nobody of that id is a member now, they did not accept yet, or their account is closed.
    """
    row = _rows(organisation_id).filter(person_id=person_id, ended_at=None).select_related("user").first()
    if row is None:
        raise NotAMember(
            _("{person_id!r} is no member of the organisation.", person_id=person_id), _("Choose one of its members.")
        )
    if row.is_offered or not row.user.is_active:
        name = row.user.name
        told = (
            _("{name} did not accept the invitation yet.", name=name)
            if row.is_offered
            else _("{name} can no longer sign in.", name=name)
        )
        raise NotAMember(told, _("Choose a member who can act."))
    return _member(row)


def password_fits(email: str, password: str) -> bool:
    """Return whether a password opens the account with that address, or there is no such account yet."""
    user = User.objects.filter(email=email.strip().lower()).first()
    return user is None or user.check_password(password)


def member_by_email(organisation_id: OrganisationId, email: str) -> Member | None:
    """Return the member with that address."""
    row = _rows(organisation_id).filter(user__email=email.strip().lower(), ended_at=None).select_related("user").first()
    return None if row is None else _member(row)


def admit(
    *,
    organisation_id: OrganisationId,
    email: str,
    name: str,
    access: str,
    roles: Iterable[str],
    now: datetime,
    password: str | None = None,
    proven: bool = False,
    unit: str = "",
) -> Member:
    """Make somebody a member; a person who left comes back under the same pseudonymous id.

    To an account that was there before, membership is only offered, unless its password was ``proven``.

    Raises:
        MemberAlready: they are a member now.
        AccessRefused: there is no such access level.
    """
    _check_access(access)
    known = User.objects.filter(email=email.strip().lower()).first()
    user = known or User.objects.create_user(email, name, password)
    row = _rows(organisation_id).filter(user=user).first()
    if row is not None and row.ended_at is None:
        raise MemberAlready(
            _("{email} is a member already.", email=user.email), _("Change their access or roles instead.")
        )
    if row is None:
        row = Membership(organisation_id=organisation_id, user=user, person_id=new_person_id())
        row.is_offered = known is not None and not proven
    row.access, row.roles, row.started_at, row.ended_at = access, sorted(set(roles)), now, None
    row.unit = unit
    row.save()
    return _member(row)


def change_membership(
    *,
    organisation_id: OrganisationId,
    person_id: str,
    access: str | None = None,
    roles: Iterable[str] | None = None,
    ended_at: datetime | None = None,
    unit: str | None = None,
) -> Member:
    """Change access, roles or unit of a member, or end the membership; tokens of a member who left stop working.

    Raises:
        NotAMember: nobody of that id is a member now.
        AccessRefused: there is no such access level.
        LastAdministrator: nobody would be left to administer the organisation.
    """
    wait_turn(organisation_id, "membership")  # two who end each other's access would each find the other still there
    row = _rows(organisation_id).select_for_update().filter(person_id=person_id, ended_at=None).first()
    if row is None:
        raise NotAMember(
            _("{person_id!r} is no member of the organisation.", person_id=person_id), _("Choose one of its members.")
        )
    if access is not None:
        _check_access(access)
    if row.access == "admin" and (ended_at is not None or access not in (None, "admin")):
        others = _rows(organisation_id).filter(access="admin", ended_at=None, is_offered=False, user__is_active=True)
        if not others.exclude(pk=row.pk).exists():
            raise LastAdministrator(_("This is the only administrator."), _("Make somebody else administrator first."))
    row.access = access or row.access
    row.roles = row.roles if roles is None else sorted(set(roles))
    row.ended_at = ended_at
    row.unit = row.unit if unit is None else unit
    row.save()
    return _member(row)


def _rows(organisation_id: OrganisationId) -> QuerySet[Membership]:
    return Membership.objects.filter(organisation_id=organisation_id)


def _check_access(access: str) -> None:
    if access not in ACCESS_LEVELS:
        raise AccessRefused(
            _("There is no access level {access!r}.", access=access),
            _("Choose one of: {choices}.", choices=", ".join(ACCESS_LEVELS)),
        )


_INVITABLE = Q(is_offered=True) | Q(user__password__startswith=UNUSABLE_PASSWORD_PREFIX, user__last_login=None)
"""As `may_be_invited`."""
_SIGNS = Q(
    ended_at=None, is_offered=False, user__is_active=True,
    access__in=[access for access, verbs in ALLOWED.items() if "approve" in verbs],
)  # fmt: skip
"""Whose access lets them approve now."""
_SHOWN = ("person_id", "user_id", "user__name", "user__email", "access", "roles", "started_at", "ended_at", "unit")


def _listed(rows: QuerySet[Membership]) -> tuple[Member, ...]:
    """Return many members at once, without a row and an account in memory for each."""
    return tuple(
        Member(
            person_id=PersonId(person_id), user_id=user_id, name=name, email=email, access=access, roles=tuple(roles),
            started_at=started_at, ended_at=ended_at, unit=unit, can_be_invited=bool(can_be_invited),
        )
        for person_id, user_id, name, email, access, roles, started_at, ended_at, unit, can_be_invited in (
            rows.annotate(can_be_invited=_INVITABLE).values_list(*_SHOWN, "can_be_invited")
        )
    )  # fmt: skip


def _member(row: Membership) -> Member:
    return Member(
        person_id=PersonId(row.person_id),
        user_id=row.user_id,
        name=row.user.name,
        email=row.user.email,
        access=row.access,
        roles=tuple(row.roles),
        started_at=row.started_at,
        ended_at=row.ended_at,
        can_be_invited=may_be_invited(row),
        unit=row.unit,
    )
