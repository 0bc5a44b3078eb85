"""What all reads of the impact register share: its versions, and what was proposed and approved of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clerestory.desk.actor import Actor
from clerestory.desk.approval import Standing, standings
from clerestory.desk.permit import permit
from clerestory.registers.impact import models
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId, PersonId

AREA = "impact"


class ImpactUnknown(ClerestoryError):
    """The organisation has no such assessment, version or system."""


@dataclass(frozen=True, slots=True)
class Made:
    """One version, decision or act: what it said, by whom and when, its entry, and where it stands."""

    kind: str
    about: str
    version: int
    said: Mapping[str, Any]
    made_by: PersonId
    made_at: datetime
    entry_id: EntryId
    standing: Standing | None = None

    @property
    def is_approved(self) -> bool:
        """Whether a second person's approval of it stands."""
        return self.standing is not None and self.standing.is_approved

    @property
    def was_approved(self) -> bool:
        """Whether a second person approved it once, whatever was taken back since."""
        return self.standing is not None and self.standing.was_approved


def versions(actor: Actor, *kinds: str, about: str | None = None) -> tuple[Made, ...]:
    """Return all versions of some kinds, newest first, with where each stands, in four queries.

    ``about`` narrows them to what is about one system, and about the organisation.
    """
    permit(actor, "read", AREA)
    rows = models.Version.objects.filter(organisation_id=actor.organisation_id, kind__in=kinds).order_by("-id")
    if about is not None:
        rows = rows.filter(about__in=("", about))
    found = list(rows)
    stand = standings(actor, [EntryId(row.entry_id) for row in found]) if found else {}
    return tuple(
        Made(
            row.kind, row.about, row.version, row.said, PersonId(row.made_by), row.made_at, EntryId(row.entry_id),
            stand.get(EntryId(row.entry_id)),
        )
        for row in found
    )  # fmt: skip
