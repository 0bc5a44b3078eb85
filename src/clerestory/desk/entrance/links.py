"""Links that work once: the first owner's, an invitation, and a new password. Digests alone are kept.

Refuses to set the password of somebody who ever had one, unless the link was made on the server itself.
"""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from clerestory.desk.models import Membership, OneTimeLink, User
from clerestory.desk.people import NotAMember, may_be_invited
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import OrganisationId
from clerestory.terms.sentence import gettext as _

FIRST_OWNER = "first-owner"
INVITATION = "invitation"
RESET = "reset"
LASTS = {FIRST_OWNER: timedelta(days=1), INVITATION: timedelta(days=7), RESET: timedelta(days=1)}


class LinkSpent(ClerestoryError):
    """A one-time link was used, has expired or never existed."""


class AlreadyIn(ClerestoryError):
    """An invitation is for somebody who can sign in already, or for another person than the one signed in."""


def first_owner_link(*, now: datetime) -> str:
    """Make the secret of a link that lets somebody found an organisation; earlier unused ones stop working."""
    OneTimeLink.objects.filter(purpose=FIRST_OWNER, used_at=None).update(used_at=now)
    return _make(FIRST_OWNER, None, now)


def invitation_link(*, organisation_id: OrganisationId, person_id: str, now: datetime) -> str:
    """Make the secret of a link with which somebody new sets a password, or an existing user accepts membership.

    Raises:
        NotAMember: nobody of that id is a member now.
        AlreadyIn: the member can sign in already.
    """
    row = _member(organisation_id, person_id)
    if not may_be_invited(row):
        raise _already_in(row.user)
    OneTimeLink.objects.filter(purpose=INVITATION, membership=row, used_at=None).update(used_at=now)
    return _make(INVITATION, row, now)


def reset_link(*, organisation_id: OrganisationId, person_id: str, now: datetime) -> str:
    """Make the secret of a link with which a member chooses a new password; only the server's command line does.

    Raises:
        NotAMember: nobody of that id is a member now.
    """
    row = _member(organisation_id, person_id)
    OneTimeLink.objects.filter(purpose=RESET, membership__user=row.user, used_at=None).update(used_at=now)
    return _make(RESET, row, now)


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
    """Set the first password of an invited member and return their user.

    Raises:
        LinkSpent: the link was used, has expired or never existed.
        AlreadyIn: the account had a password or was used before, or another organisation made it.
    """
    membership = use_link(secret, INVITATION, now=now)
    if membership is None:
        raise _spent()
    if membership.is_offered or not may_be_invited(membership):
        raise _already_in(membership.user)
    return _set_password(membership.user, password)


def accept_membership(secret: str, *, user: User, now: datetime) -> Membership:
    """Accept an offered membership as the existing user that it is offered to, who is signed in.

    Raises:
        LinkSpent: the link was used, has expired or never existed.
        AlreadyIn: it is offered to somebody else.
    """
    membership = use_link(secret, INVITATION, now=now)
    if membership is None:
        raise _spent()
    if membership.user_id != user.pk:
        raise AlreadyIn(_("This invitation is for another account."), _("Sign in with the account that was invited."))
    Membership.objects.filter(pk=membership.pk).update(is_offered=False)
    return membership


def reset_password(secret: str, *, password: str, now: datetime) -> User:
    """Set a new password with a link of the server's command line; a second factor stays.

    Raises:
        LinkSpent: the link was used, has expired or never existed.
    """
    membership = use_link(secret, RESET, now=now)
    if membership is None:
        raise _spent()
    return _set_password(membership.user, password)


def _member(organisation_id: OrganisationId, person_id: str) -> Membership:
    rows = Membership.objects.filter(organisation_id=organisation_id, person_id=person_id, ended_at=None)
    row = rows.select_related("user").first()
    if row is None:
        raise NotAMember(
            _("{person_id!r} is no member of the organisation.", person_id=person_id), _("Admit them first.")
        )
    return row


def _set_password(user: User, password: str) -> User:
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
    if row is None or (row.membership is not None and row.membership.ended_at is not None):
        raise _spent()
    return row


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _already_in(user: User) -> AlreadyIn:
    return AlreadyIn(
        _("{email} has an account already; a link cannot set its password.", email=user.email),
        _(
            "They sign in with their password. If it is lost, run on the server: clerestory user reset {email}",
            email=user.email,
        ),
    )


def _spent() -> LinkSpent:
    return LinkSpent(
        _("This link was used, has expired or never existed."),
        _("Ask for a new one; for the first owner run: clerestory user link"),
    )
