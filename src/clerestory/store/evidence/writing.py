"""Appends evidence: facts, content and outbox row in the caller's transaction; the sequencer runs after its commit.

Refuses to write outside a transaction, and evidence that the catalogue does not allow.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, connection

from clerestory.catalogue.load import load
from clerestory.ledger import canonical
from clerestory.ledger.entry import actor_of, leaf_of
from clerestory.ledger.leaf import leaf_bytes
from clerestory.ledger.tree import leaf_hash
from clerestory.store import clock
from clerestory.store.evidence.payload import keep_content, keep_facts
from clerestory.store.evidence.shape import EvidenceRefused, check_shape
from clerestory.store.evidence.words import words_of
from clerestory.store.models import EntryWord, LogEntry
from clerestory.store.sequencer import sequence_after_commit
from clerestory.store.unit import step
from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import Evidence
from clerestory.terms.fact import Fact, fact_document, read_fact
from clerestory.terms.ids import Digest, EntryId, LeafHash, OrganisationId


class OutsideTransaction(ClerestoryError):
    """Evidence was appended outside the transaction of the row that it proves."""


class IdempotencyConflict(ClerestoryError):
    """One idempotency key was used for two different pieces of evidence."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the log gave a piece of evidence. ``position`` is None until it is sequenced."""

    entry_id: EntryId
    leaf_hash: LeafHash
    position: int | None
    fact: Fact


def append(
    evidence: Evidence,
    *,
    organisation_id: OrganisationId,
    now: datetime | None = None,
    idempotency_key: str | None = None,
) -> Entry:
    """Write evidence to the outbox of the organisation's log, in the transaction of the register row.

    ``now`` never goes back: evidence counts as received no earlier than the newest entry of the log, so that nothing
    that comes in later changes what was derived as of an earlier moment.

    Raises:
        OutsideTransaction: no transaction is open.
        EvidenceRefused: the catalogue does not allow it, or it names entries that do not exist.
        IdempotencyConflict: the key was used before for other evidence.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction(
            "Evidence was appended outside the transaction of its record.", "Write both inside store.unit.atomic()."
        )
    moment = now or clock.now()
    check_shape(evidence, load(), now=moment)
    if idempotency_key is not None:
        earlier = _earlier(evidence, organisation_id, idempotency_key)
        if earlier is not None:
            return earlier
    _check_references(evidence, organisation_id)
    entry = _write(evidence, organisation_id, _not_before_the_newest(organisation_id, moment), idempotency_key)
    sequence_after_commit(organisation_id)
    return entry


def entry_of(row: LogEntry) -> Entry:
    """Read an entry back from its row, whose payload is joined."""
    document = canonical.decode(bytes(row.facts.body or b""))
    hashed = LeafHash(row.leaf_hash)
    fact = read_fact(document, leaf_hash=hashed, position=row.position, has_content=row.content_id is not None)
    return Entry(EntryId(row.entry_id), hashed, row.position, fact)


def _write(evidence: Evidence, organisation_id: OrganisationId, received_at: datetime, key: str | None) -> Entry:
    entry_id = EntryId(f"entry-{int(received_at.timestamp() * 1000):012x}{secrets.token_hex(8)}")
    document = fact_document(evidence, entry_id=entry_id, received_at=received_at)
    body = canonical.encode(document)
    content = None
    if evidence.content is not None:
        content = keep_content(organisation_id, evidence.content, evidence.subject, received_at)
    facts = keep_facts(organisation_id, body, received_at)
    leaf = leaf_bytes(leaf_of(evidence, Digest(facts.commitment), content.commitment if content else None, received_at))
    hashed = LeafHash(leaf_hash(leaf).hex())
    row = LogEntry(organisation_id=organisation_id, entry_id=entry_id, received_at=received_at, **columns_of(evidence))
    row.leaf, row.leaf_hash, row.facts, row.content, row.idempotency_key = leaf, hashed, facts, content, key
    _save(row, words_of(evidence, entry_id, hashed))
    step("evidence.written")
    fact = read_fact(canonical.decode(body), leaf_hash=hashed, position=None, has_content=content is not None)
    return Entry(entry_id, hashed, None, fact)


def _not_before_the_newest(organisation_id: OrganisationId, moment: datetime) -> datetime:
    rows = LogEntry.objects.filter(organisation_id=organisation_id).order_by("-received_at")
    newest = rows.values_list("received_at", flat=True).first()
    return moment if newest is None else max(moment, newest)


def columns_of(said: Evidence | Fact) -> dict[str, object]:
    """Return the columns by which an entry is found, as they follow from what it says."""
    return {
        "kind": said.kind,
        "subject_kind": said.subject.kind,
        "subject_id": said.subject.id,
        "entity": said.entity,
        "actor": actor_of(said.produced_by)[:200],
        "verdict": str(said.values.get("verdict", ""))[:20],
        "observed_at": said.observed.end,
    } | ({"received_at": said.received_at} if isinstance(said, Fact) else {})


def _save(row: LogEntry, words: set[bytes]) -> None:
    try:
        row.save(force_insert=True)
    except IntegrityError as error:
        if row.idempotency_key is None:
            raise
        raise IdempotencyConflict(
            f"The idempotency key {row.idempotency_key!r} is being used at this moment.",
            "Try again; the first answer will be repeated.",
        ) from error
    EntryWord.objects.bulk_create(
        EntryWord(organisation_id=row.organisation_id, word=word, entry=row) for word in sorted(words)
    )


def _earlier(evidence: Evidence, organisation_id: OrganisationId, key: str) -> Entry | None:
    row = LogEntry.objects.select_related("facts").filter(organisation_id=organisation_id, idempotency_key=key).first()
    if row is None:
        return None
    entry = entry_of(row)
    again = fact_document(evidence, entry_id=entry.entry_id, received_at=entry.fact.received_at)
    if canonical.encode(again) != bytes(row.facts.body or b""):
        raise IdempotencyConflict(
            f"The idempotency key {key!r} was used before for other evidence.", "Use a new key for new evidence."
        )
    return entry


def _check_references(evidence: Evidence, organisation_id: OrganisationId) -> None:
    entries = {*evidence.answers, *evidence.supersedes}
    leaves = set(evidence.caused_by)
    rows = LogEntry.objects.filter(organisation_id=organisation_id)
    if entries:
        entries -= set(rows.filter(entry_id__in=entries).values_list("entry_id", flat=True))
    if leaves:
        leaves -= set(rows.filter(leaf_hash__in=leaves).values_list("leaf_hash", flat=True))
    if entries or leaves:
        raise EvidenceRefused(
            f"Evidence of kind {evidence.kind} names an entry that is not in the log: {sorted(entries | leaves)[0]}.",
            "Name an entry of this organisation's log.",
        )
