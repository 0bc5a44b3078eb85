"""Reads entries and their facts. Refuses facts whose bytes are not what the leaf commits to."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from clerestory.ledger.leaf import digest_of
from clerestory.store.evidence.payload import PayloadAltered, body_of
from clerestory.store.models import LogEntry, LogState
from clerestory.terms.error import ClerestoryError
from clerestory.terms.fact import Fact, read_fact
from clerestory.terms.ids import EntryId, LeafHash, OrganisationId

CHUNK = 2000


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


def facts(organisation_id: OrganisationId, after: int = 0) -> list[Fact]:
    """Return the facts of the log in order, from the place ``after`` on, in one query."""
    return list(iterate_facts(organisation_id, after))


def iterate_facts(organisation_id: OrganisationId, after: int = 0) -> Iterator[Fact]:
    """Yield the facts of the log in order, from the place ``after`` on."""
    rows = (
        LogEntry.objects.filter(organisation_id=organisation_id, position__gte=after)
        .order_by("position")
        .values_list("entry_id", "position", "leaf_hash", "content_id", "facts__commitment", "facts__body")
    )
    for entry_id, position, hashed, content_id, commitment, body in rows.iterator(chunk_size=CHUNK):
        yield _fact(entry_id, position, hashed, content_id is not None, commitment, bytes(body or b""))


def entry(organisation_id: OrganisationId, entry_id: EntryId) -> EntryRecord:
    """Return one entry.

    Raises:
        EntryUnknown: this organisation's log has no such entry.
    """
    row = _row(organisation_id, entry_id)
    body = bytes(row.facts.body or b"")
    payload = row.content
    fact = _fact(row.entry_id, row.position, row.leaf_hash, payload is not None, row.facts.commitment, body)
    return EntryRecord(
        entry_id=fact.entry_id,
        position=row.position,
        leaf=bytes(row.leaf),
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


def content_state(organisation_id: OrganisationId, entry_id: EntryId) -> str:
    """Return ``none``, ``held`` or ``erased``."""
    return _state(_row(organisation_id, entry_id))


def log_size(organisation_id: OrganisationId) -> int:
    """Return how many entries have their place."""
    size = LogState.objects.filter(organisation_id=organisation_id).values_list("size", flat=True).first()
    return size or 0


def _row(organisation_id: OrganisationId, entry_id: EntryId) -> LogEntry:
    row = (
        LogEntry.objects.select_related("facts", "content__key")
        .filter(organisation_id=organisation_id, entry_id=entry_id)
        .first()
    )
    if row is None:
        raise EntryUnknown(f"The log has no entry {entry_id!r}.", "Search the evidence log for it.")
    return row


def _state(row: LogEntry) -> str:
    if row.content is None:
        return "none"
    return "held" if row.content.erased_at is None else "erased"


def _fact(entry_id: str, position: int | None, hashed: str, has_content: bool, commitment: str, body: bytes) -> Fact:
    if digest_of(body) != commitment:
        raise PayloadAltered(
            f"The facts of entry {entry_id} were altered.",
            "Restore them from the backup, then run: clerestory ledger verify",
        )
    return read_fact(json.loads(body), leaf_hash=LeafHash(hashed), position=position, has_content=has_content)
