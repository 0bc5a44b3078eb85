"""What all reads of the context share: versions, who made them, and what the organisation says of itself."""

from collections.abc import Iterable, Mapping
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
    return versions_of(actor, (kind,), about)[kind]


def versions_of(actor: Actor, kinds: Iterable[str], about: str | None = None) -> dict[str, tuple[Made, ...]]:
    """Return all versions of some kinds of review or decision by kind, newest first, in one query."""
    permit(actor, "read", AREA)
    rows = models.Version.objects.filter(organisation_id=actor.organisation_id, kind__in=set(kinds))
    if about is not None:
        rows = rows.filter(about=about)
    found: dict[str, list[Made]] = {kind: [] for kind in kinds}
    for row in rows.order_by("-version"):
        made = Made(row.about, row.version, row.said, PersonId(row.made_by), row.made_at, EntryId(row.entry_id))
        found[row.kind].append(made)
    return {kind: tuple(made) for kind, made in found.items()}


def profile(actor: Actor) -> Profile:
    """Return the organisation's units, sites and jurisdictions as its register wrote them last, in one query."""
    permit(actor, "read", AREA)
    said = log.newest(actor.organisation_id, "register.organisation")
    if said is None:
        return Profile()
    return Profile(*(_texts(said.values.get(name)) for name in ("units", "sites", "jurisdictions")))


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, tuple | list) else ()
