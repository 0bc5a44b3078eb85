"""Tokens: a machine's key in the name of a member. Only the digest is kept; scopes never include approving."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from clerestory.desk.actor import Actor
from clerestory.desk.models import Membership, Token
from clerestory.desk.people import NotAMember, actor_of
from clerestory.desk.permit import ALLOWED, SCOPES, NotPermitted, permit
from clerestory.store.unit import atomic
from clerestory.terms.error import ClerestoryError
from clerestory.terms.sentence import gettext as _

PREFIX = "clr_"
SEEN_EVERY = timedelta(minutes=1)


class TokenRefused(ClerestoryError):
    """A token is unknown, expired or revoked, or was made with scopes that do not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRecord:
    """A token as it is listed; the secret is not in it."""

    token_id: int
    name: str
    person_id: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


def create_token(
    *, actor: Actor, name: str, scopes: Iterable[str], now: datetime, expires_at: datetime | None = None
) -> tuple[str, TokenRecord]:
    """Make a token for the actor's own membership; the secret is returned this once.

    Raises:
        NotPermitted: the actor is a machine, or may not do what a scope allows.
        TokenRefused: a scope is unknown or the name is empty.
    """
    permit(actor, "read", "tokens")
    wanted = frozenset(scopes)
    if actor.scopes is not None:
        raise NotPermitted(_("A token cannot make tokens."), _("Sign in as a person."))
    if not wanted or wanted - SCOPES or not name.strip():
        raise TokenRefused(
            _("A token needs a name and known scopes."), _("Scopes are: {choices}.", choices=", ".join(sorted(SCOPES)))
        )
    if wanted - ALLOWED[actor.access]:
        raise NotPermitted(
            _("You may not {wanted} yourself.", wanted=min(wanted - ALLOWED[actor.access])), _("Leave that scope out.")
        )
    row = Membership.objects.filter(
        organisation_id=actor.organisation_id, person_id=actor.person_id, ended_at=None
    ).first()
    if row is None:
        raise NotAMember(_("Only members have tokens."), _("Ask an administrator to admit you."))
    secret = PREFIX + secrets.token_urlsafe(32)
    with atomic():
        token = Token.objects.create(
            digest=_digest(secret),
            membership=row,
            name=name.strip(),
            scopes=sorted(wanted),
            created_at=now,
            expires_at=expires_at,
        )
    return secret, _record(token)


def tokens(actor: Actor) -> tuple[TokenRecord, ...]:
    """Return the tokens that were not revoked: one's own, or all for an administrator."""
    permit(actor, "read", "tokens")
    rows = (
        Token.objects.select_related("membership")
        .order_by("-created_at")
        .filter(membership__organisation_id=actor.organisation_id, revoked_at=None)
    )
    if actor.access != "admin":
        rows = rows.filter(membership__person_id=actor.person_id)
    return tuple(_record(row) for row in rows)


def revoke_token(*, actor: Actor, token_id: int, now: datetime) -> None:
    """End a token, one's own or as an administrator any.

    Raises:
        TokenRefused: there is no such token.
    """
    permit(actor, "read", "tokens")
    rows = Token.objects.filter(pk=token_id, membership__organisation_id=actor.organisation_id, revoked_at=None)
    if actor.access != "admin":
        rows = rows.filter(membership__person_id=actor.person_id)
    if rows.update(revoked_at=now) != 1:
        raise TokenRefused(_("There is no such token."), _("List the tokens and choose one."))


def actor_with_token(secret: str, *, now: datetime) -> Actor:
    """Return the actor that a token stands for.

    Raises:
        TokenRefused: the token is unknown, expired or revoked, or its member left.
    """
    row = (
        Token.objects.select_related("membership__user", "membership__organisation")
        .filter(digest=_digest(secret), revoked_at=None, membership__ended_at=None, membership__is_offered=False)
        .filter(membership__user__is_active=True)
        .first()
    )
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        raise TokenRefused(
            _("The token is unknown, expired or revoked."), _("Make a new one under Members and tokens.")
        )
    if row.last_used_at is None or now - row.last_used_at > SEEN_EVERY:
        Token.objects.filter(pk=row.pk).update(last_used_at=now)
    return actor_of(row.membership, authentication_id=f"token-{row.pk}", scopes=frozenset(row.scopes))


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _record(row: Token) -> TokenRecord:
    return TokenRecord(
        token_id=row.pk,
        name=row.name,
        person_id=row.membership.person_id,
        scopes=tuple(row.scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )
