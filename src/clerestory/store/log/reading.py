"""Reads entries and their facts. Refuses rows that are not the log: a gap, a changed leaf, facts of another leaf."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet, Subquery

from clerestory.ledger.leaf import digest_of
from clerestory.ledger.tree import leaf_hash
from clerestory.store.evidence.payload import PayloadAltered, body_of, raw
from clerestory.store.models import LogEntry, LogState
from clerestory.terms.error import ClerestoryError
from clerestory.terms.fact import Fact, read_fact
from clerestory.terms.ids import EntryId, LeafHash, OrganisationId
from clerestory.terms.sentence import gettext as _

CHUNK = 2000
RESTORE = _("Restore the newest backup, then run: clerestory ledger verify")


class LogAltered(ClerestoryError):
    """Rows of the log are missing, moved or changed: what they say cannot be judged."""


class EntryUnknown(ClerestoryError):
    """The log of the organisation has no such entry."""


@dataclass(frozen=True, slots=True)
class EntryRecord:
    """One entry with everything that is known of it. ``content_state``: none | held | erased."""

    entry_id: EntryId
    position: int | None
    leaf: bytes
    leaf_hash: LeafHash
    fact: Fact
    facts: bytes
    content_state: str
    content_commitment: str
    media_type: str
    content_size: int


_Row = tuple[str, int, object, str, object, int | None, str | None]


@dataclass(frozen=True, slots=True)
class Reading:
    """Facts in order, and the stored root of the whole log at that moment; empty where nothing was read."""

    facts: list[Fact]
    root: str


def facts(organisation_id: OrganisationId, after: int = 0) -> list[Fact]:
    """Return the facts of the log in order, from the place ``after`` on, in one query.

    Raises:
        LogAltered: an entry is missing, moved or changed.
        PayloadAltered: facts are not those that the leaf of their entry commits to.
    """
    return read(organisation_id, after).facts


def read(organisation_id: OrganisationId, after: int = 0) -> Reading:
    """Read the log from a place to its end: every place once, each leaf and its facts as they were logged."""
    made: list[Fact] = []
    size: int | None = None
    root: str | None = None
    for place, row in enumerate(_placed(organisation_id, after).iterator(chunk_size=CHUNK), after):
        entry_id, position, leaf, hashed, body, size, root = row
        if position != place:
            raise LogAltered(
                _("The log has no entry at place {place}; the next is at {position}.", place=place, position=position),
                RESTORE,
            )
        made.append(_fact(entry_id, position, raw(leaf), hashed, raw(body)))
    if not made:
        size = max(log_size(organisation_id), after)
    if size != after + len(made):
        raise LogAltered(
            _("The log has {after} entries, but {size} were placed in it.", after=after + len(made), size=size or 0),
            RESTORE,
        )
    return Reading(made, root or "")


def _placed(organisation_id: OrganisationId, after: int) -> QuerySet[LogEntry, _Row]:
    state = LogState.objects.filter(organisation_id=organisation_id)
    rows = LogEntry.objects.filter(organisation_id=organisation_id, position__gte=after).order_by("position")
    return rows.values_list(
        "entry_id",
        "position",
        "leaf",
        "leaf_hash",
        "facts__body",
        Subquery(state.values("size")[:1]),
        Subquery(state.values("root")[:1]),
    )


def entry(organisation_id: OrganisationId, entry_id: EntryId) -> EntryRecord:
    """Return one entry.

    Raises:
        EntryUnknown: this organisation's log has no such entry.
    """
    row = _row(organisation_id, entry_id)
    body = raw(row.facts.body)
    payload = row.content
    fact = _fact(row.entry_id, row.position, raw(row.leaf), row.leaf_hash, body)
    return EntryRecord(
        entry_id=fact.entry_id,
        position=row.position,
        leaf=raw(row.leaf),
        leaf_hash=fact.leaf_hash,
        fact=fact,
        facts=body,
        content_state=_state(row),
        content_commitment=payload.commitment if payload else "",
        media_type=payload.media_type if payload else "",
        content_size=payload.size if payload else 0,
    )


def content(organisation_id: OrganisationId, entry_id: EntryId) -> bytes | None:
    """Return the content of an entry, or None where there is none or it was erased."""
    row = _row(organisation_id, entry_id)
    if row.content is None or row.content.erased_at is not None:
        return None
    return body_of(row.content)


def contents(organisation_id: OrganisationId, entry_ids: Sequence[EntryId]) -> dict[EntryId, bytes]:
    """Return the content of each of some entries that has one which was not erased, in one query."""
    rows = LogEntry.objects.select_related("content__key").filter(
        organisation_id=organisation_id, entry_id__in=entry_ids, content__isnull=False, content__erased_at=None
    )
    return {EntryId(row.entry_id): body_of(row.content) for row in rows if row.content is not None}


def texts(organisation_id: OrganisationId, entry_ids: Sequence[EntryId], *, longest: int) -> dict[EntryId, str]:
    """Return the content of each of some entries that is held as text of at most so many bytes, in one query."""
    rows = LogEntry.objects.select_related("content__key").filter(
        organisation_id=organisation_id, entry_id__in=entry_ids, content__erased_at=None,
        content__media_type__startswith="text/plain", content__size__lte=longest,
    )  # fmt: skip
    held = {EntryId(row.entry_id): body_of(row.content) for row in rows if row.content is not None}
    return {entry_id: body.decode("utf-8", "replace") for entry_id, body in held.items()}


def content_state(organisation_id: OrganisationId, entry_id: EntryId) -> str:
    """Return ``none``, ``held`` or ``erased``."""
    return _state(_row(organisation_id, entry_id))


def log_size(organisation_id: OrganisationId) -> int:
    """Return how many entries have their place."""
    size = LogState.objects.filter(organisation_id=organisation_id).values_list("size", flat=True).first()
    return size or 0


def newest(organisation_id: OrganisationId, kind: str) -> Fact | None:
    """Return the facts of the newest entry of a kind, or None where there is none, in one query."""
    rows = LogEntry.objects.filter(organisation_id=organisation_id, kind=kind).select_related("facts")
    row = rows.order_by("-id").first()
    return None if row is None else fact_of(row)


def fact_of(row: LogEntry) -> Fact:
    """Return the facts of a row whose payload is joined.

    Raises:
        LogAltered: its leaf is not the one that was logged.
        PayloadAltered: its facts are not those that its leaf commits to.
    """
    return _fact(row.entry_id, row.position, raw(row.leaf), row.leaf_hash, raw(row.facts.body))


def _row(organisation_id: OrganisationId, entry_id: EntryId) -> LogEntry:
    row = (
        LogEntry.objects.select_related("facts", "content__key")
        .filter(organisation_id=organisation_id, entry_id=entry_id)
        .first()
    )
    if row is None:
        raise EntryUnknown(
            _("The log has no entry {entry_id!r}.", entry_id=entry_id), _("Search the evidence log for it.")
        )
    return row


def _state(row: LogEntry) -> str:
    if row.content is None:
        return "none"
    return "held" if row.content.erased_at is None else "erased"


def _fact(entry_id: str, position: int | None, leaf: bytes, hashed: str, body: bytes) -> Fact:
    if leaf_hash(leaf).hex() != hashed:
        raise LogAltered(_("The leaf of entry {entry_id} is not the one that was logged.", entry_id=entry_id), RESTORE)
    # A leaf is canonical JSON, in which a quotation mark inside a text is escaped: this can only be its commitment.
    if f'"facts":"{digest_of(body)}"'.encode() not in leaf:
        raise PayloadAltered(_("The facts of entry {entry_id} were altered.", entry_id=entry_id), RESTORE)
    document = json.loads(body)
    if document.get("entry_id") != entry_id:
        raise LogAltered(_("The row of entry {entry_id} holds another entry.", entry_id=entry_id), RESTORE)
    return read_fact(document, leaf_hash=LeafHash(hashed), position=position, has_content=b'"content":"' in leaf)
