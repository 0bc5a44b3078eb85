"""Who is let in, with which access and standing. Names and addresses stay out of the log."""

from collections.abc import Sequence
from datetime import datetime

from clerestory import __version__
from clerestory.desk import people
from clerestory.desk.actor import Actor
from clerestory.desk.people import Member
from clerestory.desk.permit import permit
from clerestory.desk.version import first_wins
from clerestory.registers.roles.facts import membership_evidence
from clerestory.registers.roles.rules import NO_ACCESS, RoleRefused, check_email, clean_texts
from clerestory.store import clock, evidence, log
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Machine, Person
from clerestory.terms.ids import OrganisationId, PersonId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain

RESET = "A link for a new password was made on the server."


def admit_member(
    *,
    actor: Actor,
    email: str,
    name: str,
    access: str,
    standing: Sequence[str] = (),
    unit: str = "",
    now: datetime | None = None,
) -> Member:
    """Admit a person to the organisation; evidence carries the pseudonymous id, access and standing alone.

    Raises:
        RoleRefused: the address or name is unusable.
        MemberAlready, AccessRefused: see `desk.people.admit`.
    """
    permit(actor, "administer", "members")
    moment = now or clock.now()
    address = check_email(email)
    known_as = plain(name, _("name of the person"), longest=200)
    with first_wins(), atomic():
        admitted = people.admit(
            organisation_id=actor.organisation_id,
            email=address,
            name=known_as,
            access=access,
            roles=clean_texts(standing),
            now=moment,
            unit=_unit(unit),
        )
        _append_membership(actor, admitted, admitted.access, moment)
    return admitted


def change_member(
    *,
    actor: Actor,
    person_id: PersonId,
    access: str | None = None,
    standing: Sequence[str] | None = None,
    unit: str | None = None,
    now: datetime | None = None,
) -> Member:
    """Change what a member may do, the roles in which they approve or act, or their unit; nobody changes their own.

    Raises:
        RoleRefused: it is the actor's own membership.
        NotAMember, AccessRefused, LastAdministrator: see `desk.people.change_membership`.
    """
    permit(actor, "administer", "members")
    moment = now or clock.now()
    _refuse_own(actor, person_id)
    with first_wins(), atomic():
        changed = people.change_membership(
            organisation_id=actor.organisation_id,
            person_id=person_id,
            access=access,
            roles=None if standing is None else clean_texts(standing),
            unit=None if unit is None else _unit(unit),
        )
        _append_membership(actor, changed, changed.access, moment)
    return changed


def end_membership(*, actor: Actor, person_id: PersonId, now: datetime | None = None) -> Member:
    """End a membership; the person can no longer sign in to the organisation and their tokens stop working.

    Raises:
        RoleRefused: it is the actor's own membership.
        NotAMember, LastAdministrator: see `desk.people.change_membership`.
        ClerestoryError: a register cannot do without the person yet, see `desk.people.before_ending`.
    """
    permit(actor, "administer", "members")
    moment = now or clock.now()
    _refuse_own(actor, person_id)
    with first_wins(), atomic():
        people.check_ending(actor, person_id)
        ended = people.change_membership(organisation_id=actor.organisation_id, person_id=person_id, ended_at=moment)
        _append_membership(actor, ended, NO_ACCESS, moment)
    return ended


def note_password_reset(  # house: allow permit-first: only the server's own command line calls it, without an actor
    *, email: str, now: datetime | None = None
) -> None:
    """Log, in every organisation of a person, that the server made a link for a new password; standing is unchanged."""
    moment = now or clock.now()
    with atomic():
        for organisation_id, member in people.memberships_of(email):
            _append(organisation_id, member, member.access, moment, by=Machine("clerestory", __version__), text=RESET)


def _append_membership(actor: Actor, member: Member, access: str, now: datetime) -> None:
    _append(actor.organisation_id, member, access, now, by=actor.person())


def _append(
    organisation_id: OrganisationId, member: Member, access: str, now: datetime, *, by: Machine | Person, text: str = ""
) -> None:
    earlier = log.search(organisation_id, log.Search(kind="record.membership", text=member.person_id)).total
    made = membership_evidence(
        organisation_id, member.person_id, access, member.roles, member.unit, by=by, at=now, version=earlier + 1,
        text=text,
    )  # fmt: skip
    evidence.append(made, organisation_id=organisation_id, now=now)


def _unit(unit: str) -> str:
    return plain(unit, _("unit"), longest=200) if unit.strip() else ""


def _refuse_own(actor: Actor, person_id: PersonId) -> None:
    if actor.person_id == person_id:
        raise RoleRefused(_("This is your own membership."), _("Ask another administrator."))
