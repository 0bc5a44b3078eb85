"""What a log gave away that it can be read in again from: its published files and its packs.

Believes neither: leaves must hash to a root that the log's own key signed.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from clerestory.ledger import canonical
from clerestory.ledger.checkpoint import Checkpoint, read_signed_checkpoint
from clerestory.ledger.leaf import digest_of
from clerestory.ledger.note import SignedNote, note_bytes
from clerestory.ledger.sign import SignatureMismatch, verify_note
from clerestory.ledger.tile import piece_widths, read_bundle
from clerestory.ledger.tree import leaf_hash as hash_of
from clerestory.ledger.tree import root
from clerestory.store.keys import origin, own_keys
from clerestory.store.sequencer.published import published
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import OrganisationId
from clerestory.terms.sentence import gettext as _
from clerestory.verify.form import layout
from clerestory.verify.form.archive import Archive


class SourceRefused(ClerestoryError):
    """A pack or publication is not of this log, or not what its key signed."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Content as a pack holds it: bytes, the salt where the commitment is salted, and the media type."""

    body: bytes
    salt: bytes | None
    media_type: str


@dataclass(slots=True)
class Source:
    """Leaves under a checkpoint that the log signed; facts by digest and content by commitment, where they are held."""

    name: str
    checkpoint: Checkpoint
    note: str
    leaves: list[bytes]
    facts: dict[str, bytes] = field(default_factory=dict)
    contents: dict[str, Kept] = field(default_factory=dict)

    def root_at(self, size: int) -> bytes:
        """Return the root over the first leaves."""
        return root(hash_of(leaf) for leaf in self.leaves[:size])


def sources(organisation_id: OrganisationId, packs: Sequence[Path]) -> list[Source]:
    """Return everything that the log can be read in from, checked, the longest first.

    Raises:
        SourceRefused: one is unreadable, of another log, or not what the log's key signed.
        PublicationAltered: the published leaves are not those of the published checkpoint.
    """
    found = [_pack(organisation_id, path) for path in packs]
    held = published(organisation_id)
    if held is not None:
        leaves = list(held.leaves())
        note = _own(organisation_id, str(held.folder), held.checkpoint, held.note)
        found.append(Source(str(held.folder), held.checkpoint, note, leaves))
    return sorted(found, key=lambda source: -source.checkpoint.size)


def _pack(organisation_id: OrganisationId, path: Path) -> Source:
    try:
        with path.open("rb") as file:
            archive = Archive(file)
            checkpoint, signed = read_signed_checkpoint(archive.read(layout.CHECKPOINT))
            note = _own(organisation_id, path.name, checkpoint, signed)
            widths = list(piece_widths(checkpoint.size))
            leaves = [leaf for piece in widths for leaf in read_bundle(archive.read(layout.entries_name(*piece)))]
            source = Source(path.name, checkpoint, note, leaves)
            if len(leaves) != checkpoint.size or source.root_at(checkpoint.size) != checkpoint.root:
                raise _refused(_("The leaves of {name} are not those that were signed.", name=path.name))
            for index, _width in widths:
                lines = archive.read(layout.facts_name(index)).split(b"\n")
                source.facts.update({digest_of(line): line for line in lines if line})
            source.contents.update(_contents(archive))
    except (OSError, KeyError, zlib.error, canonical.NotCanonical) as error:
        raise _refused(_("{name} cannot be read as a pack.", name=path.name)) from error
    return source


def _contents(archive: Archive) -> Iterator[tuple[str, Kept]]:
    for opening in layout.read_openings(canonical.decode(archive.read(layout.OPENINGS))):
        if opening.state == "present":
            yield opening.commitment, Kept(archive.read(opening.name), opening.salt, opening.media_type)


def _own(organisation_id: OrganisationId, name: str, checkpoint: Checkpoint, note: SignedNote) -> str:
    """Return the note with the log's own signature alone."""
    try:
        signed = verify_note(note, own_keys(organisation_id))
    except SignatureMismatch:
        signed = ()
    if checkpoint.origin != origin(organisation_id) or not signed:
        raise _refused(_("{name} is not signed by this log.", name=name))
    named = {(key.name, key.key_id) for key in signed}
    own = tuple(line for line in note.signatures if (line.name, line.key_id) in named)
    return note_bytes(SignedNote(note.text, own)).decode()


def _refused(problem: str) -> SourceRefused:
    return SourceRefused(problem, _("Name another pack of this log, or restore the newest backup."))
