"""How every command of the impact register writes: versions with their evidence, in one transaction."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from clerestory.desk.actor import Actor
from clerestory.desk.approval import propose
from clerestory.desk.permit import permit
from clerestory.desk.version import expect, first_wins
from clerestory.registers.impact import models
from clerestory.registers.impact.facts import Writer
from clerestory.registers.impact.queries.assessment import Assessed, assessed
from clerestory.registers.impact.queries.reading import AREA
from clerestory.store import clock, evidence
from clerestory.store.unit import atomic, wait_turn
from clerestory.terms.evidence import Evidence
from clerestory.terms.ids import EntryId

Make = Callable[[Writer, int], Evidence]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a command wrote: what it is about, its version and its entry."""

    record_id: str
    version: int
    entry_id: EntryId


@dataclass(frozen=True, slots=True)
class Asking:
    """That a version waits for the approval of a second person: its title, page, and in which role."""

    title: str
    url: str
    approver_role: str = ""


def add_version(
    actor: Actor,
    kind: str,
    said: Mapping[str, object],
    make: Make,
    *,
    about: str = "",
    owner: str = "",
    expected: int | None = None,
    asking: Asking | None = None,
    now: datetime | None,
) -> Recorded:
    """Write the next version of a document, decision or act; ``owner`` of the system answers for it."""
    permit(actor, "write", AREA)
    moment = now or clock.now()
    with first_wins(), atomic():
        rows = models.Version.objects.filter(organisation_id=actor.organisation_id, kind=kind, about=about)
        newest = rows.aggregate(newest=Max("version"))["newest"] or 0
        expect(newest, expected)
        entry = append(actor, make, newest + 1, moment, about=about, owner=owner)
        rows.create(
            organisation_id=actor.organisation_id,
            kind=kind,
            about=about,
            version=newest + 1,
            said=dict(said),
            made_by=actor.person_id,
            made_at=moment,
            entry_id=entry.entry_id,
        )
        if asking is not None:
            propose(entry, actor=actor, title=asking.title, url=asking.url, approver_role=asking.approver_role)
    return Recorded(about or kind, newest + 1, entry.entry_id)


@contextmanager
def turn(actor: Actor, system_id: str) -> Iterator[Assessed]:
    """Open the transaction of an act and read the system in it; nobody else proposes or decides about it meanwhile."""
    permit(actor, "write", AREA)
    with first_wins(), atomic():
        wait_turn(actor.organisation_id, f"impact {system_id}")
        yield assessed(actor, system_id)


# house: allow permit-first: writes within a command that asked
def append(actor: Actor, make: Make, version: int, moment: datetime, *, about: str, owner: str) -> evidence.Entry:
    """Append evidence in the actor's name; whoever owns the system is known to answer for it, others not to."""
    by = actor.person(responsible=actor.person_id == owner if owner else None)
    made = make(Writer(actor.organisation_id, by, moment, about), version)
    return evidence.append(made, organisation_id=actor.organisation_id, now=moment)
