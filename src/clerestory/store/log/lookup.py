"""Finds entries by word, kind, subject, verdict and time; every way is an index, whatever the size of the log."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet, Sum

from clerestory.store.evidence.words import whole_words
from clerestory.store.models import EntryWord, KindCount, LogEntry
from clerestory.terms.evidence import Subject
from clerestory.terms.ids import EntryId, LeafHash, OrganisationId


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What to look for; empty means everything. ``text`` finds whole words and beginnings of words, all of them."""

    text: str = ""
    kind: str = ""
    subject: Subject | None = None
    subject_kind: str = ""
    verdict: str = ""
    received_from: datetime | None = None
    received_to: datetime | None = None
    page: int = 1
    size: int = 100


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """One line of the evidence log."""

    entry_id: EntryId
    position: int | None
    leaf_hash: LeafHash
    kind: str
    subject: Subject
    entity: str
    actor: str
    verdict: str
    observed_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """One page of lines, newest first, and how many there are in all."""

    rows: tuple[FoundEntry, ...]
    total: int


def search(organisation_id: OrganisationId, what: Search) -> Found:
    """Return one page of the entries that fit, in three queries; what is counted already is not counted again."""
    rows = _filtered(organisation_id, what)
    start = (max(what.page, 1) - 1) * what.size
    page = rows.order_by("-id").values_list(
        "entry_id",
        "position",
        "leaf_hash",
        "kind",
        "subject_kind",
        "subject_id",
        "entity",
        "actor",
        "verdict",
        "observed_at",
        "received_at",
    )
    return Found(
        tuple(
            FoundEntry(EntryId(e), p, LeafHash(h), k, Subject(sk, si), en, a, v, o, r)
            for e, p, h, k, sk, si, en, a, v, o, r in page[start : start + what.size]
        ),
        _total(organisation_id, what, rows),
    )


def kinds(organisation_id: OrganisationId) -> list[str]:
    """Return the kinds that the log holds, for a filter."""
    counts = KindCount.objects.filter(organisation_id=organisation_id)
    return list(counts.order_by("kind").values_list("kind", flat=True))


def leaf_hashes(organisation_id: OrganisationId, entry_ids: Iterable[str]) -> dict[EntryId, LeafHash]:
    """Return the leaf hash of each of some entries, in one query; unknown ones are left out."""
    rows = LogEntry.objects.filter(organisation_id=organisation_id, entry_id__in=set(entry_ids))
    return {EntryId(entry_id): LeafHash(hashed) for entry_id, hashed in rows.values_list("entry_id", "leaf_hash")}


def _total(organisation_id: OrganisationId, what: Search, rows: QuerySet[LogEntry]) -> int:
    if what != Search(kind=what.kind, page=what.page, size=what.size):
        return rows.count()
    counts = KindCount.objects.filter(organisation_id=organisation_id)
    if what.kind:
        counts = counts.filter(kind=what.kind)
    waiting = rows.filter(position=None).count()
    return waiting + (counts.aggregate(entries=Sum("entries"))["entries"] or 0)


def _filtered(organisation_id: OrganisationId, what: Search) -> QuerySet[LogEntry]:
    rows = LogEntry.objects.filter(organisation_id=organisation_id)
    if what.kind:
        rows = rows.filter(kind=what.kind)
    if what.subject is not None:
        rows = rows.filter(subject_kind=what.subject.kind, subject_id=what.subject.id)
    if what.subject_kind:
        rows = rows.filter(subject_kind=what.subject_kind)
    if what.verdict:
        rows = rows.filter(verdict=what.verdict)
    if what.received_from is not None:
        rows = rows.filter(received_at__gte=what.received_from)
    if what.received_to is not None:
        rows = rows.filter(received_at__lte=what.received_to)
    for word in whole_words(what.text):
        beginning = EntryWord.objects.filter(organisation_id=organisation_id, word__gte=word, word__lt=word + b"\xff")
        rows = rows.filter(id__in=beginning.values("entry_id"))
    return rows
