"""What all reads of the context share: versions, who made them, and what the organisation says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.registers.context import models
from clerestory.store import log
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId, PersonId

AREA = "context"


class ContextUnknown(ClerestoryError):
    """The organisation has no such record of the context."""


@dataclass(frozen=True, slots=True)
class Made:
    """One version of a review or decision: what it said, by whom and when, and its entry."""

    about: str
    version: int
    said: Mapping[str, Any]
    made_by: PersonId
    made_at: datetime
    entry_id: EntryId


@dataclass(frozen=True, slots=True)
class Profile:
    """What the organisation says of itself, as far as the context needs it."""

    units: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()


def versions(actor: Actor, kind: str, about: str | None = None) -> tuple[Made, ...]:
    """Return all versions of a kind of review or decision, newest first, in one query."""
    permit(actor, "read", AREA)
    rows = models.Version.objects.filter(organisation_id=actor.organisation_id, kind=kind).order_by("-version")
    if about is not None:
        rows = rows.filter(about=about)
    return tuple(
        Made(row.about, row.version, row.said, PersonId(row.made_by), row.made_at, EntryId(row.entry_id))
        for row in rows
    )


def profile(actor: Actor) -> Profile:
    """Return the organisation's units, sites and jurisdictions as its register wrote them last, in two queries."""
    permit(actor, "read", AREA)
    rows = log.search(actor.organisation_id, log.Search(kind="register.organisation", size=1)).rows
    if not rows:
        return Profile()
    said = log.entry(actor.organisation_id, rows[0].entry_id).fact.values
    return Profile(*(_texts(said.get(name)) for name in ("units", "sites", "jurisdictions")))


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, tuple | list) else ()
