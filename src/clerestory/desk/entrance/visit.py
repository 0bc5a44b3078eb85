"""When a member looked at their page before, so that it can say what is new since then.

Refuses to keep a history: one row per member, of which each visit overwrites the last.
"""

from datetime import datetime, timedelta

from clerestory.desk.actor import Actor
from clerestory.desk.models import Membership, Visit
from clerestory.desk.permit import permit
from clerestory.store.unit import atomic

APART = timedelta(minutes=30)
"""Looks that are closer together are one visit."""
_NOTED = timedelta(minutes=5)


def last_visit(actor: Actor, *, now: datetime, note: bool = True) -> datetime | None:
    """Return when the visit before this one ended, None on the first.

    Notes this one, at most every few minutes, unless only a machine looks.
    """
    permit(actor, "read", "visit")
    row = Visit.objects.filter(organisation_id=actor.organisation_id, membership__person_id=actor.person_id).first()
    if row is None:
        if note:
            _first(actor, now)
        return None
    before = row.seen_at if now - row.seen_at >= APART else row.before_at
    if note and now - row.seen_at >= _NOTED:
        rows = Visit.objects.filter(organisation_id=actor.organisation_id, pk=row.pk)
        rows.update(seen_at=now, before_at=before)
    return before


def _first(actor: Actor, now: datetime) -> None:
    with atomic():
        membership = Membership.objects.filter(organisation_id=actor.organisation_id, person_id=actor.person_id).first()
        if membership is not None:
            Visit.objects.get_or_create(
                membership=membership, organisation_id=actor.organisation_id, defaults={"seen_at": now}
            )
