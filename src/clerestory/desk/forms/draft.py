"""Drafts: what a member typed into a form and did not send yet. Only its author sees it; nothing of it enters the log.

Refuses to keep secrets, more than a form can hold, and anything for longer than 30 days.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from clerestory.desk.actor import Actor
from clerestory.desk.models import Draft
from clerestory.desk.permit import permit
from clerestory.store import clock
from clerestory.store.unit import atomic
from clerestory.terms.error import ClerestoryError
from clerestory.terms.sentence import gettext as _

AREA = "drafts"
KEPT_FOR = timedelta(days=30)
LARGEST = 256 * 1024
MOST = 50
"""How many drafts a member has; the oldest makes room."""
_SECRET = re.compile(r"password|secret|csrf|^(token|otp|code|_once)$", re.IGNORECASE)


class DraftRefused(ClerestoryError):
    """A draft has no usable name, or holds more than a form does."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A draft with the moment at which it was saved."""

    key: str
    fields: Mapping[str, tuple[str, ...]]
    saved_at: datetime


def keep_draft(*, actor: Actor, key: str, fields: Mapping[str, Iterable[str]], now: datetime | None = None) -> Kept:
    """Keep what a member typed, in place of what was kept before; fields that look like secrets are left out.

    Raises:
        DraftRefused: the key is none, or the fields are too large.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    _check_key(key)
    kept = {name: [str(value) for value in values] for name, values in fields.items() if not _SECRET.search(name)}
    if sum(len(name) + sum(map(len, values)) for name, values in kept.items()) > LARGEST:
        raise DraftRefused(_("The draft is too large to be kept."), _("Send the form, or shorten what you wrote."))
    rows = _rows(actor)
    with atomic():
        rows.filter(saved_at__lt=moment - KEPT_FOR).delete()
        rows.update_or_create(
            organisation_id=actor.organisation_id,
            person_id=actor.person_id,
            key=key,
            defaults={"fields": kept, "saved_at": moment},
        )
        surplus = list(rows.order_by("-saved_at", "-id").values_list("pk", flat=True)[MOST:])
        if surplus:
            rows.filter(pk__in=surplus).delete()
    return Kept(key, {name: tuple(values) for name, values in kept.items()}, moment)


def draft(actor: Actor, key: str, now: datetime) -> Kept | None:
    """Return the draft of a form that the actor left, while it is young enough."""
    permit(actor, "read", AREA)
    row = _rows(actor).filter(key=key, saved_at__gte=now - KEPT_FOR).first()
    return None if row is None else Kept(key, {n: tuple(v) for n, v in row.fields.items()}, row.saved_at)


def drop_draft(*, actor: Actor, key: str) -> None:
    """Forget a draft; nothing happens where there is none."""
    permit(actor, "write", AREA)
    _rows(actor).filter(key=key).delete()


def _check_key(key: str) -> None:
    if not 0 < len(key) <= 300 or not key.isprintable():
        raise DraftRefused(_("The draft has no usable name."), _("Load the form again."))


def _rows(actor: Actor) -> QuerySet[Draft]:
    return Draft.objects.filter(organisation_id=actor.organisation_id, person_id=actor.person_id)
