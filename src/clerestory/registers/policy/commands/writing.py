"""How acts about policies are written: one row, one entry, one proposal where a second person is asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from clerestory.desk.actor import Actor
from clerestory.desk.approval import propose
from clerestory.desk.permit import permit
from clerestory.desk.version import first_wins
from clerestory.registers.policy import models
from clerestory.registers.policy.facts import Writer
from clerestory.registers.policy.queries import AREA
from clerestory.store import clock, evidence
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Evidence
from clerestory.terms.ids import EntryId


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a command wrote: the record's id and version or number and its entry."""

    record_id: str
    version: int
    entry_id: EntryId


def act(
    actor: Actor,
    kind: str,
    said: Mapping[str, object],
    make: Callable[[Writer, int], Evidence],
    *,
    about: str = "",
    title: str = "",
    url: str = "",
    role: str | None = None,
    now: datetime | None,
) -> Recorded:
    """Write something done about policies; with a title it waits for a second person, in ``role`` one signs oneself."""
    permit(actor, "write", AREA)
    moment = now or clock.now()
    with first_wins(), atomic():
        rows = models.Act.objects.filter(organisation_id=actor.organisation_id, kind=kind)
        number = (rows.aggregate(newest=Max("number"))["newest"] or 0) + 1
        made = make(Writer(actor.organisation_id, actor.person(role), moment), number)
        entry = evidence.append(made, organisation_id=actor.organisation_id, now=moment)
        rows.create(
            organisation_id=actor.organisation_id,
            kind=kind,
            number=number,
            about=about,
            said=dict(said),
            by=actor.person_id,
            at=moment,
            entry_id=entry.entry_id,
        )
        if title:
            propose(entry, actor=actor, title=title, url=url)
    return Recorded(about or kind, number, entry.entry_id)
