"""Appends evidence: facts, content and outbox row in the caller's transaction; the sequencer runs after its commit.

Refuses to write outside a transaction, and evidence that the catalogue does not allow.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, connection
from django.db.models import QuerySet

from clerestory.catalogue.load import load
from clerestory.ledger import canonical
from clerestory.ledger.entry import actor_of, leaf_of
from clerestory.ledger.leaf import digest_of, leaf_bytes
from clerestory.ledger.tree import leaf_hash
from clerestory.store import clock
from clerestory.store.evidence.payload import facts_payload, keep_content
from clerestory.store.evidence.shape import EvidenceRefused, check_shape
from clerestory.store.evidence.words import words_of
from clerestory.store.models import LogEntry, Payload
from clerestory.store.sequencer import sequence_after_commit
from clerestory.store.unit import step
from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import Evidence
from clerestory.terms.fact import Fact, fact_document, read_fact
from clerestory.terms.ids import Digest, EntryId, LeafHash, OrganisationId
from clerestory.terms.sentence import gettext as _

TOGETHER = 500
"""So many entries are held at a time while many are written."""


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
    _require_transaction()
    moment = now or clock.now()
    check_shape(evidence, load(), now=moment)
    if idempotency_key is not None:
        earlier = _earlier(evidence, organisation_id, idempotency_key)
        if earlier is not None:
            return earlier
    _check_references((evidence,), organisation_id)
    entry = _write(evidence, organisation_id, not_before_the_newest(organisation_id, moment), idempotency_key)
    sequence_after_commit(organisation_id)
    return entry


def append_all(
    pieces: Sequence[Evidence], *, organisation_id: OrganisationId, now: datetime | None = None
) -> list[Entry]:
    """Write many pieces of evidence, each as an entry of its own and in this order, in few statements.

    Each is what `append` would have written; none may name another of them.

    Raises:
        OutsideTransaction: no transaction is open.
        EvidenceRefused: the catalogue does not allow one, or one names entries that do not exist; none is written.
    """
    _require_transaction()
    moment, catalogue = now or clock.now(), load()
    for evidence in pieces:
        check_shape(evidence, catalogue, now=moment)
    _check_references(pieces, organisation_id)
    received_at, entries = not_before_the_newest(organisation_id, moment), []
    for start in range(0, len(pieces), TOGETHER):
        made = [_made(evidence, organisation_id, received_at, None) for evidence in pieces[start : start + TOGETHER]]
        Payload.objects.bulk_create(one.row.facts for one in made)
        LogEntry.objects.bulk_create(_with_facts(one.row) for one in made)
        _keep_words(organisation_id, made)
        entries += [one.entry for one in made]
    step("evidence.written")
    sequence_after_commit(organisation_id)
    return entries


def entry_of(row: LogEntry) -> Entry:
    """Read an entry back from its row, whose payload is joined."""
    document = canonical.decode(bytes(row.facts.body or b""))
    hashed = LeafHash(row.leaf_hash)
    fact = read_fact(document, leaf_hash=hashed, position=row.position, has_content=row.content_id is not None)
    return Entry(EntryId(row.entry_id), hashed, row.position, fact)


def put_back(organisation_id: OrganisationId, position: int, leaf: bytes, facts: bytes, content: Payload | None) -> str:
    """Write the row of an entry that the log had at a place, from its leaf and facts, and return its id.

    The caller has checked that the leaf was signed at this place and commits to the facts.
    """
    hashed = LeafHash(leaf_hash(leaf).hex())
    fact = read_fact(canonical.decode(facts), leaf_hash=hashed, position=position, has_content=content is not None)
    row = LogEntry(organisation_id=organisation_id, entry_id=fact.entry_id, position=position, **columns_of(fact))
    held = Payload.objects.filter(organisation_id=organisation_id, commitment=digest_of(facts)).first()
    row.facts = held or facts_payload(organisation_id, facts, fact.received_at)
    if held is None:
        row.facts.save(force_insert=True)
    row.leaf, row.leaf_hash, row.content = leaf, hashed, content
    words = words_of(fact, fact.entry_id, hashed)
    _save(_Made(Entry(fact.entry_id, hashed, position, fact), row, words))
    return fact.entry_id


@dataclass(frozen=True, slots=True)
class _Made:
    """An entry with its row and its words, before it is saved."""

    entry: Entry
    row: LogEntry
    words: set[bytes]


def _write(evidence: Evidence, organisation_id: OrganisationId, received_at: datetime, key: str | None) -> Entry:
    made = _made(evidence, organisation_id, received_at, key)
    made.row.facts.save(force_insert=True)
    _save(made)
    step("evidence.written")
    return made.entry


def _made(evidence: Evidence, organisation_id: OrganisationId, received_at: datetime, key: str | None) -> _Made:
    entry_id = EntryId(f"entry-{int(received_at.timestamp() * 1000):012x}{secrets.token_hex(8)}")
    body = canonical.encode(fact_document(evidence, entry_id=entry_id, received_at=received_at))
    content = None
    if evidence.content is not None:
        content = keep_content(organisation_id, evidence.content, evidence.subject, received_at)
    facts = facts_payload(organisation_id, body, received_at)
    leaf = leaf_bytes(leaf_of(evidence, Digest(facts.commitment), content.commitment if content else None, received_at))
    hashed = LeafHash(leaf_hash(leaf).hex())
    row = LogEntry(organisation_id=organisation_id, entry_id=entry_id, received_at=received_at, **columns_of(evidence))
    row.leaf, row.leaf_hash, row.facts, row.content, row.idempotency_key = leaf, hashed, facts, content, key
    fact = read_fact(canonical.decode(body), leaf_hash=hashed, position=None, has_content=content is not None)
    return _Made(Entry(entry_id, hashed, None, fact), row, words_of(evidence, entry_id, hashed))


def _with_facts(row: LogEntry) -> LogEntry:
    row.facts = row.facts  # the payload was saved since, and has a key only now
    return row


def _keep_words(organisation_id: OrganisationId, made: Iterable[_Made]) -> None:
    """Write the words as plain rows: there are tens of them for each entry, too many to be objects first."""
    rows = [(word, one.row.pk) for one in made for word in sorted(one.words)]
    into = "INSERT INTO store_entryword (organisation_id, word, entry_id)"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # one statement, not one for each word
            words, entries = zip(*rows, strict=True)
            taken = "SELECT %s, word, entry_id FROM unnest(%s::bytea[], %s::bigint[]) AS new (word, entry_id)"
            cursor.execute(f"{into} {taken}", [organisation_id, list(words), list(entries)])
        else:
            cursor.executemany(f"{into} VALUES (%s, %s, %s)", [(organisation_id, *row) for row in rows])


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise OutsideTransaction(
            _("Evidence was appended outside the transaction of its record."),
            _("Write both inside store.unit.atomic()."),
        )


def not_before_the_newest(organisation_id: OrganisationId, moment: datetime) -> datetime:
    """Return a moment, or that of the newest entry of the log where the clock was ahead when it was written."""
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


def _save(made: _Made) -> None:
    try:
        _with_facts(made.row).save(force_insert=True)
    except IntegrityError as error:
        if made.row.idempotency_key is None:
            raise
        raise IdempotencyConflict(
            _(
                "The idempotency key {idempotency_key!r} is being used at this moment.",
                idempotency_key=made.row.idempotency_key,
            ),
            _("Try again; the first answer will be repeated."),
        ) from error
    _keep_words(OrganisationId(made.row.organisation_id), (made,))


def _earlier(evidence: Evidence, organisation_id: OrganisationId, key: str) -> Entry | None:
    row = LogEntry.objects.select_related("facts").filter(organisation_id=organisation_id, idempotency_key=key).first()
    if row is None:
        return None
    entry = entry_of(row)
    again = fact_document(evidence, entry_id=entry.entry_id, received_at=entry.fact.received_at)
    if canonical.encode(again) != bytes(row.facts.body or b""):
        raise IdempotencyConflict(
            _("The idempotency key {key!r} was used before for other evidence.", key=key),
            _("Use a new key for new evidence."),
        )
    return entry


def _check_references(pieces: Iterable[Evidence], organisation_id: OrganisationId) -> None:
    rows = LogEntry.objects.filter(organisation_id=organisation_id)
    entries: dict[str, str] = {entry: one.kind for one in pieces for entry in (*one.answers, *one.supersedes)}
    leaves: dict[str, str] = {leaf: one.kind for one in pieces for leaf in one.caused_by}
    known = _held(rows, "entry_id", entries) | _held(rows, "leaf_hash", leaves)
    unknown = sorted((name, kind) for name, kind in (entries | leaves).items() if name not in known)
    if unknown:
        name, kind = unknown[0]
        raise EvidenceRefused(
            _("Evidence of kind {kind} names an entry that is not in the log: {name}.", kind=kind, name=name),
            _("Name an entry of this organisation's log."),
        )


def _held(rows: QuerySet[LogEntry], column: str, names: Iterable[str]) -> set[str]:
    asked, held = list(names), set[str]()
    for start in range(0, len(asked), TOGETHER):
        some = rows.filter(**{f"{column}__in": asked[start : start + TOGETHER]})
        held.update(some.values_list(column, flat=True))
    return held
