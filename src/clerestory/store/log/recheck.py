"""Reads the whole log again and names whatever does not fit: payloads, leaves, order, tree, signatures, mark, rows.

Trusts nothing that was computed before: not the stored hashes, not the stored root.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from clerestory.ledger.checkpoint import read_signed_checkpoint
from clerestory.ledger.exchange.rotation import Term
from clerestory.ledger.leaf import CommitmentMismatch, check_commitment, read_leaf
from clerestory.ledger.sign import verify_note
from clerestory.ledger.tree import Frontier, leaf_hash
from clerestory.store.evidence.payload import PayloadAltered, body_of, raw
from clerestory.store.evidence.writing import columns_of
from clerestory.store.keys import terms
from clerestory.store.log.reconcile import count_rows, unmatched
from clerestory.store.models import LogEntry, LogState, SignedCheckpoint, Tile
from clerestory.store.sequencer.mark import HighWater, read_mark
from clerestory.store.unit import one_view
from clerestory.terms.error import ClerestoryError
from clerestory.terms.fact import read_fact
from clerestory.terms.ids import LeafHash, OrganisationId

CHUNK = 500
TILE = 256
RESTORE = "Restore the newest backup; what was changed cannot be trusted."


@dataclass(frozen=True, slots=True)
class Misfit:
    """One thing that does not fit, where it is, and what to do."""

    code: str
    where: str
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Rechecked:
    """What was read, and whatever does not fit; nothing means that the log is as it was signed."""

    size: int
    root: str
    outbox: int
    checkpoints: int
    rows: int
    misfits: tuple[Misfit, ...]

    def confirmed_by(self, again: "Rechecked") -> "Rechecked":
        """Return what was read again, with the misfits alone that were found both times."""
        before = {(misfit.code, misfit.where) for misfit in self.misfits}
        both = (misfit for misfit in again.misfits if (misfit.code, misfit.where) in before)
        return replace(again, misfits=tuple(both))


@dataclass(slots=True)
class _Walk:
    organisation_id: OrganisationId
    mark: HighWater | ClerestoryError | None
    misfits: list[Misfit] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    gone: dict[str, str] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)

    def say(self, code: str, where: str, problem: str) -> None:
        self.misfits.append(Misfit(code, where, problem, RESTORE))


def recheck(organisation_id: OrganisationId) -> Rechecked:
    """Read every row of the log again, hash it, rebuild the tree, and compare with what was stored and signed.

    All is read as it stood at one moment, so that what is written meanwhile is no finding; nobody waits for it.
    """
    walk = _Walk(organisation_id, _mark(organisation_id))  # read first: it never runs ahead of what was committed
    with one_view():
        return _recheck(walk)


def _recheck(walk: _Walk) -> Rechecked:
    organisation_id = walk.organisation_id
    for place, row in enumerate(_rows(organisation_id)):
        if row.position != place:
            walk.say("E_ORDER", row.entry_id, f"Entry {row.entry_id} has the place {row.position} instead of {place}.")
        walk.hashes.append(_check_entry(walk, row))
    waiting = list(
        LogEntry.objects.select_related("facts", "content__key").filter(organisation_id=organisation_id, position=None)
    )
    for row in waiting:
        _check_entry(walk, row)
    for entry_id, commitment in walk.gone.items():
        if entry_id not in walk.erased:
            walk.say("E_CONTENT", entry_id, f"The content {commitment} is gone, and no erasure says so.")
    for found in unmatched(organisation_id):
        walk.say(found.lack, found.where, found.problem)
    root = _check_tree(walk)
    count = _check_signatures(walk)
    rows = count_rows(organisation_id)
    return Rechecked(len(walk.hashes), root, len(waiting), count, rows, tuple(walk.misfits))


def _rows(organisation_id: OrganisationId) -> Iterator[LogEntry]:
    rows = LogEntry.objects.select_related("facts", "content__key").filter(organisation_id=organisation_id)
    yield from rows.exclude(position=None).order_by("position").iterator(chunk_size=CHUNK)


def _check_entry(walk: _Walk, row: LogEntry) -> bytes:
    data = raw(row.leaf)
    hashed = leaf_hash(data)
    if hashed.hex() != row.leaf_hash:
        walk.say("E_LEAF", row.entry_id, f"The leaf of entry {row.entry_id} is not the one that was logged.")
    try:
        leaf = read_leaf(data)
        body = raw(row.facts.body)
        check_commitment(leaf.facts, body)
        document = json.loads(body)
        if (document["entry_id"], document["kind"]) != (row.entry_id, row.kind) or leaf.kind != row.kind:
            walk.say("E_FACTS", row.entry_id, f"The facts of entry {row.entry_id} belong to another entry.")
        _check_columns(walk, row, body)
        if row.kind == "record.erasure":
            walk.erased.update(document["values"]["erased"])
    except (CommitmentMismatch, ValueError, KeyError, TypeError, AttributeError):
        walk.say("E_FACTS", row.entry_id, f"The facts of entry {row.entry_id} were altered or are missing.")
        return hashed
    except ClerestoryError as error:
        walk.say("E_LEAF", row.entry_id, f"The leaf of entry {row.entry_id} is malformed: {error.problem}")
        return hashed
    _check_content(walk, row, leaf.content)
    return hashed


def _check_columns(walk: _Walk, row: LogEntry, body: bytes) -> None:
    fact = read_fact(json.loads(body), leaf_hash=LeafHash(row.leaf_hash), position=row.position)
    said = columns_of(fact)
    wrong = [name for name, value in said.items() if getattr(row, name) != value]
    if wrong:
        walk.say(
            "E_COLUMN",
            row.entry_id,
            f"Entry {row.entry_id} is found by another {', '.join(wrong)} than its facts say.",
        )


def _check_content(walk: _Walk, row: LogEntry, commitment: str | None) -> None:
    payload = row.content
    if (payload.commitment if payload else None) != commitment:
        walk.say("E_CONTENT", row.entry_id, f"Entry {row.entry_id} points to other content than its leaf.")
    elif payload is not None and payload.erased_at is not None:
        walk.gone[row.entry_id] = payload.commitment
    elif payload is not None:
        try:
            body_of(payload)
        except PayloadAltered as error:
            walk.say("E_CONTENT", row.entry_id, f"Entry {row.entry_id}: {error.problem}")


def _check_tree(walk: _Walk) -> str:
    root = Frontier().extend(walk.hashes).root().hex()
    state = LogState.objects.filter(organisation_id=walk.organisation_id).first()
    if (state.size if state else 0) != len(walk.hashes):
        walk.say("E_SIZE", "state", f"There are {len(walk.hashes)} entries, but the state says otherwise.")
    elif state is not None and state.root != root:
        walk.say("E_ROOT", "state", "The root of the entries is not the stored root.")
    tiles = Tile.objects.filter(organisation_id=walk.organisation_id, level=0).order_by("index")
    stored = {tile.index: raw(tile.hashes) for tile in tiles.iterator(chunk_size=CHUNK)}
    for index in range(-(-len(walk.hashes) // TILE)):
        if stored.get(index) != b"".join(walk.hashes[index * TILE : (index + 1) * TILE]):
            walk.say("E_TILE", f"tile 0/{index}", f"Tile {index} of the tree does not hold the leaves.")
    return root


def _check_signatures(walk: _Walk) -> int:
    roots = _Roots(walk.hashes)
    rows = list(SignedCheckpoint.objects.filter(organisation_id=walk.organisation_id).order_by("size"))
    known = _terms(walk) if rows else ()
    for row in rows:
        where = f"checkpoint {row.size}"
        try:
            checkpoint, note = read_signed_checkpoint(str(row.note).encode())
            signed = verify_note(note, [term.key for term in known])
            if known and not any(term.key in signed and term.covers(row.size) for term in known):
                walk.say("E_SIG", where, f"The checkpoint of size {row.size} is not signed by the log's key.")
        except ClerestoryError as error:
            walk.say("E_SIG", where, error.problem)
            continue
        if (checkpoint.size, checkpoint.root.hex()) != (row.size, row.root):
            walk.say("E_SIG", where, f"The checkpoint of size {row.size} says something else than its row.")
        if checkpoint.size > len(walk.hashes):
            walk.say("E_SIZE", where, f"{checkpoint.size} entries were signed, but only {len(walk.hashes)} are there.")
        elif roots.at(checkpoint.size) != checkpoint.root:
            walk.say("E_ROOT", where, f"The first {checkpoint.size} entries are not those that were signed.")
    if walk.hashes and not rows:
        walk.say("E_SIG", "checkpoints", f"{len(walk.hashes)} entries are there, but no signed checkpoint.")
    _check_mark(walk, roots, signed=bool(rows))
    return len(rows)


def _check_mark(walk: _Walk, roots: "_Roots", *, signed: bool) -> None:
    mark = walk.mark
    if isinstance(mark, ClerestoryError):
        walk.misfits.append(Misfit("E_MARK", "high-water mark", mark.problem, mark.remedy))
        return
    if mark is None:
        if signed and _mark(walk.organisation_id) is None:  # the first one may have been written meanwhile
            walk.say("E_MARK", "high-water mark", "The high-water mark is missing, but the log was signed.")
        return
    if mark.size > len(walk.hashes):
        walk.say("E_MARK", "high-water mark", f"{mark.size} entries were signed, {len(walk.hashes)} are there.")
    elif roots.at(mark.size).hex() != mark.root:
        walk.say("E_MARK", "high-water mark", f"The first {mark.size} entries are not those that were signed.")


def _mark(organisation_id: OrganisationId) -> HighWater | ClerestoryError | None:
    try:
        return read_mark(organisation_id)
    except ClerestoryError as error:
        return error


def _terms(walk: _Walk) -> tuple[Term, ...]:
    try:
        return terms(walk.organisation_id)
    except ClerestoryError as error:
        walk.say("E_KEY", "signing key", error.problem)
        return ()


class _Roots:
    """Roots of growing beginnings of the log; sizes are asked for in rising order, or start anew."""

    def __init__(self, hashes: list[bytes]) -> None:
        self._hashes = hashes
        self._frontier = Frontier()

    def at(self, size: int) -> bytes:
        """Return the root over the first ``size`` leaves."""
        if size < self._frontier.size:
            self._frontier = Frontier()
        self._frontier = self._frontier.extend(self._hashes[self._frontier.size : size])
        return self._frontier.root()
