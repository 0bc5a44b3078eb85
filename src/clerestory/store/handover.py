"""Hands the entries of a log to processes in its order, at least once: how far each has read, and what went wrong.

Runs nothing itself: `jobs.dispatch` runs the processes, told by `sequencer.listeners` that entries were placed.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from clerestory.store.log.reading import log_size
from clerestory.store.models import Handover, HandoverTrouble, LogEntry
from clerestory.terms.ids import EntryId, OrganisationId

SLOWEST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Head:
    """What a process needs to know of an entry to tell whether it concerns it."""

    entry_id: EntryId
    position: int
    kind: str
    subject_kind: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """An entry with which a process failed, how often, why, and when it is tried again."""

    organisation_id: OrganisationId
    process: str
    entry_id: EntryId
    tries: int
    problem: str
    failed_at: datetime
    next_try_at: datetime


def reached(organisation_id: OrganisationId, process: str) -> int:
    """Return the first place that a process has not been handed."""
    row = Handover.objects.filter(organisation_id=organisation_id, process=process).first()
    return 0 if row is None else row.position


def reach(organisation_id: OrganisationId, process: str, position: int) -> None:
    """Note that a process was handed every entry before a place; it never goes back."""
    rows = Handover.objects.filter(organisation_id=organisation_id, process=process)
    if rows.filter(position__lt=position).update(position=position) == 0:
        Handover.objects.get_or_create(
            organisation_id=organisation_id, process=process, defaults={"position": position}
        )


def is_behind(organisation_id: OrganisationId, processes: Collection[str]) -> bool:
    """Tell whether entries wait for one of the processes, in two queries."""
    size = log_size(organisation_id)
    rows = Handover.objects.filter(organisation_id=organisation_id, process__in=processes)
    places = list(rows.values_list("position", flat=True))
    return size > 0 and (len(places) < len(processes) or min(places, default=0) < size)


def is_due(organisation_id: OrganisationId, processes: Collection[str], now: datetime) -> bool:
    """Tell whether an entry is to be tried again by one of the processes."""
    rows = HandoverTrouble.objects.filter(organisation_id=organisation_id, process__in=processes)
    return rows.filter(next_try_at__lte=now).exists()


def heads(organisation_id: OrganisationId, after: int, most: int) -> list[Head]:
    """Return the entries from a place on, in order, as many as asked."""
    rows = LogEntry.objects.filter(organisation_id=organisation_id, position__gte=after).order_by("position")
    found = rows.values_list("entry_id", "position", "kind", "subject_kind", "verdict")[:most]
    return [Head(EntryId(entry), place or 0, kind, about, verdict) for entry, place, kind, about, verdict in found]


def note_trouble(organisation_id: OrganisationId, process: str, entry_id: EntryId, problem: str, now: datetime) -> None:
    """Note that a process failed with an entry; the wait until the next try doubles, up to a day."""
    rows = HandoverTrouble.objects.filter(organisation_id=organisation_id, process=process, entry_id=entry_id)
    row = rows.first()
    tries = 1 if row is None else row.tries + 1
    values = {
        "tries": tries,
        "problem": problem[:2000],
        "failed_at": now,
        "next_try_at": now + min(timedelta(minutes=2 ** min(tries, 12)), SLOWEST),
    }
    HandoverTrouble.objects.update_or_create(
        organisation_id=organisation_id, process=process, entry_id=entry_id, defaults=values
    )


def forget_trouble(organisation_id: OrganisationId, process: str, entry_id: EntryId) -> None:
    """Note that a process was done with an entry after all."""
    HandoverTrouble.objects.filter(organisation_id=organisation_id, process=process, entry_id=entry_id).delete()


def due(organisation_id: OrganisationId, process: str, now: datetime) -> list[EntryId]:
    """Return the entries that are to be tried again, the longest failing first."""
    rows = HandoverTrouble.objects.filter(organisation_id=organisation_id, process=process, next_try_at__lte=now)
    return [EntryId(entry) for entry in rows.order_by("failed_at", "id").values_list("entry_id", flat=True)]


def troubles() -> tuple[Trouble, ...]:
    """Return every entry of this server with which a process failed and that waits for another try."""
    rows = HandoverTrouble.objects.order_by("failed_at")  # house: allow organisation-scope: every log of this server
    return tuple(
        Trouble(
            OrganisationId(row.organisation_id),
            row.process,
            EntryId(row.entry_id),
            row.tries,
            row.problem,
            row.failed_at,
            row.next_try_at,
        )
        for row in rows
    )
