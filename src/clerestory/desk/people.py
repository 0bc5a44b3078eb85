"""Who is a member of an organisation: from pseudonymous id to name on a screen, from address to id. Writes nothing."""

from collections.abc import Iterable, Mapping

from clerestory.desk.models import Membership
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import OrganisationId, PersonId


class NoSuchMember(ClerestoryError):
    """Somebody is not, or no longer, a member of the organisation."""


def names(organisation_id: OrganisationId, ids: Iterable[str] | None = None) -> Mapping[PersonId, str]:
    """Return the names of members by pseudonymous id, former members included, in one query."""
    rows = Membership.objects.filter(organisation_id=organisation_id)
    if ids is not None:
        rows = rows.filter(person_id__in=set(ids))
    return {PersonId(person_id): name for person_id, name in rows.values_list("person_id", "user__name")}


def present(organisation_id: OrganisationId) -> tuple[tuple[PersonId, str], ...]:
    """Return the present members with their names, by name, for a choice."""
    rows = (Membership.objects.filter(organisation_id=organisation_id, ended_at=None)
            .order_by("user__name", "person_id").values_list("person_id", "user__name"))
    return tuple((PersonId(person_id), name) for person_id, name in rows)


def require_member(organisation_id: OrganisationId, person_id: str) -> None:
    """Raise `NoSuchMember` unless the person is a member now."""
    if not Membership.objects.filter(organisation_id=organisation_id, person_id=person_id, ended_at=None).exists():
        raise NoSuchMember(f"{person_id} is no member of the organisation.", "Choose a member, or admit the person first.")


def member_by_email(organisation_id: OrganisationId, email: str) -> PersonId:
    """Return the id of the present member with that address.

    Raises:
        NoSuchMember: there is none.
    """
    row = (Membership.objects.filter(organisation_id=organisation_id, ended_at=None,
                                     user__email=email.strip().lower()).values_list("person_id", flat=True).first())
    if row is None:
        raise NoSuchMember(f"Nobody with the address {email} is a member of the organisation.",
                           "Admit the person under Roles > Members, or correct the owner in the manifest.")
    return PersonId(row)
