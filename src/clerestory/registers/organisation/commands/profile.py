"""The organisation itself: it is founded with a one-time link, and its profile is changed."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from clerestory.desk.actor import NO_ROLE, Actor
from clerestory.desk.entrance.links import FIRST_OWNER, use_link
from clerestory.desk.people import admit, password_fits
from clerestory.desk.permit import permit
from clerestory.desk.version import change
from clerestory.registers.organisation import models
from clerestory.registers.organisation.commands.record import AREA, URL, Recorded
from clerestory.registers.organisation.facts import founder_evidence, profile_evidence
from clerestory.registers.organisation.rules import OrganisationRefused, Profile, check_profile, slug
from clerestory.store import clock, directory, evidence
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Person
from clerestory.terms.ids import EntryId, OrganisationId
from clerestory.terms.sentence import gettext as _


@dataclass(frozen=True, slots=True)
class Founded:
    """A new organisation and its first administrator."""

    organisation_id: OrganisationId
    actor: Actor
    entry_id: EntryId


def found_organisation(  # house: allow permit-first: the one-time link is the permission; nobody is a member yet
    *, link: str, profile: Profile, email: str, name: str, password: str | None, now: datetime | None = None
) -> Founded:
    """Found an organisation with a first-owner link, which is used up, and make its owner administrator.

    Raises:
        LinkSpent: the link was used, has expired or never existed.
        OrganisationRefused: the organisation has no name, or its time zone is none.
    """
    moment = now or clock.now()
    checked = check_profile(profile)
    with atomic():
        use_link(link, FIRST_OWNER, now=moment)
        if password is not None and not password_fits(email, password):
            raise OrganisationRefused(
                _("There is an account with this address, and the password is not its password."),
                _("Use its password, or another address."),
            )
        organisation_id = OrganisationId(f"{slug(checked.name)}-{secrets.token_hex(3)}")
        row = models.Organisation.objects.create(
            id=organisation_id, founded_at=moment, changed_at=moment, **_columns(checked)
        )
        owner = admit(
            organisation_id=organisation_id,
            email=email,
            name=name,
            access="admin",
            roles=(),
            now=moment,
            password=password,
            proven=True,
        )
        founder = Person(owner.person_id, NO_ROLE)
        entry = evidence.append(
            profile_evidence(organisation_id, checked, by=founder, at=moment, version=1),
            organisation_id=organisation_id,
            now=moment,
        )
        evidence.append(
            founder_evidence(organisation_id, founder, at=moment), organisation_id=organisation_id, now=moment
        )
        row.entry_id = entry.entry_id
        row.save(update_fields=["entry_id"])
        directory.publish(organisation_id, "organisation", organisation_id, checked.name, URL, owner.person_id)
    actor = Actor(
        organisation_id=organisation_id,
        person_id=owner.person_id,
        user_id=owner.user_id,
        access="admin",
        time_zone=checked.time_zone,
    )
    return Founded(organisation_id, actor, entry.entry_id)


def change_organisation(
    *, actor: Actor, profile: Profile, expected_version: int, now: datetime | None = None
) -> Recorded:
    """Write a new version of the organisation's profile, from the version that the editor saw.

    Raises:
        OrganisationRefused: the organisation has no name, or its time zone is none.
        ChangedMeanwhile: somebody else changed it since.
    """
    permit(actor, "administer", AREA)
    moment = now or clock.now()
    checked = check_profile(profile)
    with atomic():
        rows = models.Organisation.objects.filter(id=actor.organisation_id)
        version = change(rows, expected=expected_version, changed_at=moment, **_columns(checked))
        made = profile_evidence(actor.organisation_id, checked, by=actor.person(), at=moment, version=version)
        entry = evidence.append(made, organisation_id=actor.organisation_id, now=moment).entry_id
        rows.update(entry_id=entry)
        directory.publish(
            actor.organisation_id, "organisation", actor.organisation_id, checked.name, URL, actor.person_id
        )
    return Recorded(actor.organisation_id, version, entry)


def _columns(profile: Profile) -> dict[str, object]:
    return {
        "name": profile.name,
        "units": list(profile.units),
        "sites": list(profile.sites),
        "jurisdictions": list(profile.jurisdictions),
        "time_zone": profile.time_zone,
    }
