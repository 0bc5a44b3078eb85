"""From a browser's session to the actor of commands and queries, and what the frame of each page says."""

import hashlib
import time
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

from clerestory.desk.actor import Actor
from clerestory.desk.models import Membership
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


def presence_of(request: HttpRequest) -> Presence | None:
    """Return who is signed in and where, in one query; None for somebody without any membership."""
    rows = list(
        Membership.objects.filter(user_id=request.user.pk or 0, user__is_active=True, ended_at=None, is_offered=False)
        .select_related("organisation")
        .annotate(unread=unread_of())
        .order_by("id")
    )
    if not rows:
        return None
    wanted = request.session.get(PLACE)
    row = next((row for row in rows if row.organisation_id == wanted), rows[0])
    actor = actor_of(row, authentication_id=recent_proof(request))
    places = tuple((row.organisation_id, row.organisation.name) for row in rows)
    return Presence(actor, getattr(request.user, "name", ""), row.organisation.name, places, row.unread or 0)


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
