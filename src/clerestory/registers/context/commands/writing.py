"""How every command of the context writes: rows with a number, and versions that are never changed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import Max, QuerySet

from clerestory.desk.actor import Actor
from clerestory.desk.approval import propose
from clerestory.desk.permit import permit
from clerestory.desk.version import change, expect, first_wins, next_number
from clerestory.registers.context import models
from clerestory.registers.context.facts import Writer
from clerestory.registers.context.queries.reading import AREA
from clerestory.store import clock, directory, evidence
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Evidence
from clerestory.terms.ids import EntryId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain

N = TypeVar("N", bound=models.Numbered)
Make = Callable[[Writer, int], Evidence]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a command wrote: the record's id and version and its entry."""

    record_id: str
    version: int
    entry_id: EntryId


@dataclass(frozen=True, slots=True)
class Shown:
    """How other registers see a record: its kind, label, address and owner."""

    kind: str
    label: str
    url: str
    owner: str = ""


def begin(
    actor: Actor,
    rows: QuerySet[N],
    prefix: str,
    shown: Callable[[str], Shown],
    make: Callable[[str], Make],
    values: Mapping[str, object],
    now: datetime | None,
) -> Recorded:
    """Write a new record with the next number, its evidence and its place in the directory."""
    permit(actor, "write", AREA)
    moment = now or clock.now()
    with first_wins(), atomic():
        number = next_number(actor.organisation_id, rows)
        record_id = f"{prefix}-{number}"
        entry = _append(actor, make(record_id), 1, moment)
        rows.create(
            organisation_id=actor.organisation_id, number=number, entry_id=entry.entry_id, changed_at=moment, **values
        )
        _publish(actor, record_id, shown(record_id))
    return Recorded(record_id, 1, entry.entry_id)


def go_on(
    actor: Actor,
    rows: QuerySet[N],
    record_id: str,
    shown: Shown | None,
    make: Make,
    *,
    expected: int,
    values: Mapping[str, object],
    now: datetime | None,
) -> Recorded:
    """Write the next version of a record from the one that its editor saw; without ``shown`` it ends."""
    permit(actor, "write", AREA)
    moment = now or clock.now()
    with first_wins(), atomic():
        version = change(rows.filter(ended_at=None), expected=expected, changed_at=moment, **values)
        entry = _append(actor, make, version, moment)
        rows.update(entry_id=entry.entry_id)
        if shown is not None:
            _publish(actor, record_id, shown)
    return Recorded(record_id, version, entry.entry_id)


def end(
    actor: Actor,
    rows: QuerySet[N],
    record_id: str,
    kind: str,
    make: Make,
    *,
    reason: str,
    expected: int,
    now: datetime | None,
) -> Recorded:
    """End a record for a reason; it stays in the log and in lists of what ended."""
    permit(actor, "write", AREA)
    why, moment = plain(reason, _("reason"), longest=500), now or clock.now()
    with atomic():
        made = go_on(
            actor,
            rows,
            record_id,
            None,
            make,
            expected=expected,
            now=moment,
            values={"ended_at": moment, "ended_reason": why},
        )
        directory.end(actor.organisation_id, kind, record_id)
    return made


def add_version(
    actor: Actor,
    kind: str,
    said: Mapping[str, object],
    make: Make,
    *,
    about: str = "",
    expected: int | None = None,
    title: str = "",
    url: str = "",
    approver_role: str = "",
    now: datetime | None,
) -> Recorded:
    """Write the next version of a review or decision; with a title it waits for the approval of a second person."""
    permit(actor, "write", AREA)
    moment = now or clock.now()
    with first_wins(), atomic():
        rows = models.Version.objects.filter(organisation_id=actor.organisation_id, kind=kind, about=about)
        newest = rows.aggregate(newest=Max("version"))["newest"] or 0
        expect(newest, expected)
        entry = _append(actor, make, newest + 1, moment)
        models.Version.objects.create(
            organisation_id=actor.organisation_id,
            kind=kind,
            about=about,
            version=newest + 1,
            said=dict(said),
            made_by=actor.person_id,
            made_at=moment,
            entry_id=entry.entry_id,
        )
        if title:
            propose(entry, actor=actor, title=title, url=url, approver_role=approver_role)
    return Recorded(about or kind, newest + 1, entry.entry_id)


def _append(actor: Actor, make: Make, version: int, moment: datetime) -> evidence.Entry:
    made = make(Writer(actor.organisation_id, actor.person(), moment), version)
    return evidence.append(made, organisation_id=actor.organisation_id, now=moment)


def _publish(actor: Actor, record_id: str, shown: Shown) -> None:
    directory.publish(actor.organisation_id, shown.kind, record_id, label=shown.label, url=shown.url, owner=shown.owner)
