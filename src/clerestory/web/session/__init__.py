"""From a browser's session to the actor of commands and queries, and what the frame of each page says."""

import hashlib
import time
from dataclasses import dataclass

from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.http import HttpRequest

from clerestory.desk.actor import Actor
from clerestory.desk.entrance.seat import Seat, seated
from clerestory.desk.models import User
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
        user = seated(user_id)
        if user is None:
            found: User | None = super().get_user(user_id)
            return found
        return user


def presence_of(request: HttpRequest) -> Presence | None:
    """Return who is signed in and where; None for somebody without any membership.

    Asks nothing where the memberships came with the user, once: a later question of the same request asks anew.
    """
    seats: tuple[Seat, ...] | None = getattr(request.user, "seats", None)
    if seats is None:
        user = seated(request.user.pk or 0)
        seats = () if user is None else user.seats
    else:
        request.user.seats = None  # type: ignore[union-attr]
    if not seats:
        return None
    wanted = request.session.get(PLACE)
    seat = next((seat for seat in seats if seat.organisation_id == wanted), seats[0])
    actor = actor_of(seat, authentication_id=recent_proof(request))
    places = tuple((seat.organisation_id, seat.organisation_name) for seat in seats)
    return Presence(actor, getattr(request.user, "name", ""), seat.organisation_name, places, seat.unread)


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
