"""Where a user is a member: what every request asks first, with a question that is put into words once."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import F

from clerestory.desk.models import User
from clerestory.desk.notice.inbox import unread_of

_ANYBODY = -1
_ASKED = ("organisation_id", "person_id", "access", "roles")


@dataclass(frozen=True, slots=True)
class Seat:
    """A present membership as far as a session asks for it."""

    user_id: int
    organisation_id: str
    organisation_name: str
    time_zone: str
    person_id: str
    access: str
    roles: tuple[str, ...]
    unread: int


def seated(user_id: int) -> User | None:
    """Return a user who may sign in and is a member somewhere, with their seats, the oldest first; else None."""
    words, values = _question(connection.vendor)
    rows: list[Any] = list(User.objects.raw(words, [user_id if value == _ANYBODY else value for value in values]))
    if not rows:
        return None
    user: User = rows[0]
    user.seats = tuple(_seat(row) for row in rows)
    return user


def _seat(row: Any) -> Seat:
    roles = json.loads(row.roles) if isinstance(row.roles, str) else row.roles
    return Seat(
        user_id=row.pk, organisation_id=row.organisation_id, organisation_name=row.organisation_name,
        time_zone=row.time_zone, person_id=row.person_id, access=row.access, roles=tuple(roles), unread=row.unread or 0,
    )  # fmt: skip


@cache
def _question(vendor: str) -> tuple[str, tuple[Any, ...]]:  # noqa: ARG001  the words differ between databases
    """Return the words of the question and its values: Django takes longer to find them than a database to answer."""
    rows = User.objects.filter(
        pk=_ANYBODY, is_active=True, memberships__ended_at=None, memberships__is_offered=False,
        memberships__isnull=False,
    )  # fmt: skip
    asked = rows.annotate(
        **{name: F(f"memberships__{name}") for name in _ASKED},
        organisation_name=F("memberships__organisation__name"), time_zone=F("memberships__organisation__time_zone"),
        unread=unread_of(),
    ).order_by("memberships__id")  # fmt: skip
    words, values = asked.query.sql_with_params()
    return words, values
