"""Proofs out of the stored tree: that an entry stands in the log, and the signed note that vouches for it."""

from dataclasses import dataclass, replace

from clerestory.ledger.exchange.proof import EntryProof, proof_bytes
from clerestory.ledger.tree import inclusion_proof
from clerestory.store.log.cosigned import cosigned_note
from clerestory.store.log.reading import entry
from clerestory.store.models import SignedCheckpoint
from clerestory.store.sequencer.tiles import stored_nodes
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId, LeafHash, OrganisationId
from clerestory.terms.sentence import gettext as _


class NotSequenced(ClerestoryError):
    """An entry has no place under a signed checkpoint yet."""


@dataclass(frozen=True, slots=True)
class SignedNoteOf:
    """A checkpoint as it was signed."""

    size: int
    root: str
    note: str


@dataclass(frozen=True, slots=True)
class Inclusion:
    """An entry's place and the hashes (hexadecimal) that lead from its leaf to the signed root."""

    position: int
    leaf_hash: LeafHash
    path: tuple[str, ...]
    checkpoint: SignedNoteOf


def signed_checkpoint(organisation_id: OrganisationId) -> SignedNoteOf | None:
    """Return the newest checkpoint as the log signed it."""
    row = SignedCheckpoint.objects.filter(organisation_id=organisation_id).order_by("-size").first()
    return None if row is None else SignedNoteOf(row.size, row.root, row.note)


def checkpoint(organisation_id: OrganisationId) -> SignedNoteOf | None:
    """Return the newest signed checkpoint, with the lines of its witnesses."""
    signed = signed_checkpoint(organisation_id)
    return signed and replace(signed, note=cosigned_note(organisation_id, signed.size, signed.note))


def prove(organisation_id: OrganisationId, entry_id: EntryId) -> Inclusion:
    """Return the proof that an entry is in the log under the newest checkpoint.

    Raises:
        EntryUnknown: the log has no such entry.
        NotSequenced: the entry still waits for its place or for a signature.
    """
    record = entry(organisation_id, entry_id)
    signed = checkpoint(organisation_id)
    if signed is None or record.position is None or record.position >= signed.size:
        raise NotSequenced(
            _("Entry {entry_id} is not under a signed checkpoint yet.", entry_id=entry_id),
            _("Wait a moment; if it stays so, run: clerestory ledger status"),
        )
    nodes = stored_nodes(organisation_id, record.position, signed.size - 1)
    path = inclusion_proof(record.position, signed.size, nodes)
    return Inclusion(record.position, record.leaf_hash, tuple(item.hex() for item in path), signed)


def proof_file(organisation_id: OrganisationId, entry_id: EntryId) -> bytes:
    """Return the same proof as a C2SP tlog-proof, which carries the leaf as its extra data.

    Raises:
        EntryUnknown: the log has no such entry.
        NotSequenced: the entry still waits for its place or for a signature.
    """
    found = prove(organisation_id, entry_id)
    path = tuple(bytes.fromhex(item) for item in found.path)
    leaf = entry(organisation_id, entry_id).leaf
    return proof_bytes(EntryProof(found.position, path, found.checkpoint.note.encode(), leaf))
