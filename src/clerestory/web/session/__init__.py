"""From a browser's session to the actor of commands and queries, and what the frame of each page says."""

import hashlib
import time
from dataclasses import dataclass

from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.http import HttpRequest

from clerestory.desk.actor import Actor
from clerestory.desk.models import Membership, User
from clerestory.desk.notice.inbox import unread_of
from clerestory.desk.people import actor_of

PLACE = "organisation"
"""Key of the session under which the organisation stands that a member of several works in."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Who is signed in: the actor, and the words for them and for where they are."""

    actor: Actor
    name: str
    organisation: str
    places: tuple[tuple[str, str], ...]
    unread: int = 0


class MemberBackend(AuthenticationBackend):  # type: ignore[misc]
    """Signs in as allauth does; reads who is signed in together with where they are a member, in one query."""

    def get_user(self, user_id: int) -> User | None:
        """Return a user who may sign in, with their memberships for the first who asks."""
        rows = _memberships(user_id)
        if not rows:
            found: User | None = super().get_user(user_id)
            return found
        user = rows[0].user
        user.memberships_read = rows
        return user


def presence_of(request: HttpRequest) -> Presence | None:
    """Return who is signed in and where; None for somebody without any membership.

    Asks nothing where the memberships came with the user, once: a later question of the same request asks anew.
    """
    rows = getattr(request.user, "memberships_read", None)
    if rows is None:
        rows = _memberships(request.user.pk or 0)
    else:
        request.user.memberships_read = None  # type: ignore[union-attr]
    if not rows:
        return None
    wanted = request.session.get(PLACE)
    row = next((row for row in rows if row.organisation_id == wanted), rows[0])
    actor = actor_of(row, authentication_id=recent_proof(request))
    places = tuple((row.organisation_id, row.organisation.name) for row in rows)
    unread = getattr(row, "unread", None) or 0
    return Presence(actor, getattr(request.user, "name", ""), row.organisation.name, places, unread)


def _memberships(user_id: int) -> list[Membership]:
    rows = Membership.objects.filter(user_id=user_id, user__is_active=True, ended_at=None, is_offered=False)
    return list(rows.select_related("organisation", "user").annotate(unread=unread_of()).order_by("id"))


def actor_in(request: HttpRequest) -> Actor | None:
    """Return the actor of a request as of now."""
    presence = presence_of(request)
    return None if presence is None else presence.actor


def recent_proof(request: HttpRequest) -> str | None:
    """Return an id of the newest proof of identity in this session, while it is young enough to sign with."""
    records = request.session.get("account_authentication_methods", [])
    at = max((float(record["at"]) for record in records), default=0.0)
    if time.time() - at >= float(settings.ACCOUNT_REAUTHENTICATION_TIMEOUT):
        return None
    return "auth-" + hashlib.sha256(f"{request.session.session_key}|{at!r}".encode()).hexdigest()[:24]
