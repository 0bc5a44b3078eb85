"""Links that work once: the first owner's, and a member's invitation to choose a password. Digests alone are kept."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from clerestory.desk.models import Membership, OneTimeLink, User
from clerestory.desk.people import NotAMember
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import OrganisationId

FIRST_OWNER = "first-owner"
INVITATION = "invitation"
LASTS = {FIRST_OWNER: timedelta(days=1), INVITATION: timedelta(days=7)}


class LinkSpent(ClerestoryError):
    """A one-time link was used, has expired or never existed."""


def first_owner_link(*, now: datetime) -> str:
    """Make the secret of a link that lets somebody found an organisation; earlier unused ones stop working."""
    OneTimeLink.objects.filter(purpose=FIRST_OWNER, used_at=None).update(used_at=now)
    return _make(FIRST_OWNER, None, now)


def invitation_link(*, organisation_id: OrganisationId, person_id: str, now: datetime) -> str:
    """Make the secret of a link with which a member sets a password.

    Raises:
        NotAMember: nobody of that id is a member now.
    """
    row = Membership.objects.filter(organisation_id=organisation_id, person_id=person_id, ended_at=None).first()
    if row is None:
        raise NotAMember(f"{person_id!r} is no member of the organisation.", "Admit them first.")
    OneTimeLink.objects.filter(purpose=INVITATION, membership=row, used_at=None).update(used_at=now)
    return _make(INVITATION, row, now)


def check_link(secret: str, purpose: str, *, now: datetime) -> Membership | None:
    """Return the membership of a link that still works, without using it; None for a first owner's.

    Raises:
        LinkSpent: it was used, has expired or never existed.
    """
    row = _live(secret, purpose, now)
    return row.membership


def use_link(secret: str, purpose: str, *, now: datetime) -> Membership | None:
    """Use a link up; of two that try at once one succeeds. Call it in the transaction of what it allows.

    Raises:
        LinkSpent: it was used, has expired or never existed.
    """
    row = _live(secret, purpose, now)
    if OneTimeLink.objects.filter(pk=row.pk, used_at=None).update(used_at=now) != 1:
        raise _spent()
    return row.membership


def accept_invitation(secret: str, *, password: str, now: datetime) -> User:
    """Set the password of an invited member and return their user.

    Raises:
        LinkSpent: the link was used, has expired or never existed.
    """
    membership = use_link(secret, INVITATION, now=now)
    if membership is None:
        raise _spent()
    user = membership.user
    user.set_password(password)
    user.save(update_fields=["password"])
    return user


def _make(purpose: str, membership: Membership | None, now: datetime) -> str:
    secret = secrets.token_urlsafe(24)
    OneTimeLink.objects.create(
        digest=_digest(secret), purpose=purpose, membership=membership, created_at=now, expires_at=now + LASTS[purpose]
    )
    return secret


def _live(secret: str, purpose: str, now: datetime) -> OneTimeLink:
    row = (
        OneTimeLink.objects.select_related("membership__user")
        .filter(digest=_digest(secret), purpose=purpose, used_at=None, expires_at__gt=now)
        .first()
    )
    if row is None:
        raise _spent()
    return row


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _spent() -> LinkSpent:
    return LinkSpent(
        "This link was used, has expired or never existed.",
        "Ask for a new one; for the first owner run: clerestory user link",
    )
