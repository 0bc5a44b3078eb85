"""Reads a published log: checkpoint, tiles and bundles of C2SP tlog-tiles, with nothing but the files.

Believes nothing that the signed root does not cover: `leaves` gives back only what hashes to it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from clerestory.ledger.checkpoint import Checkpoint, CheckpointMalformed, read_signed_checkpoint
from clerestory.ledger.note import LARGEST, NoteMalformed, SignedNote
from clerestory.ledger.tile import WIDTH, bundle_path, nodes_in_tiles, piece_widths, read_bundle, read_tile, tile_path
from clerestory.ledger.tree import Frontier, NodeReader, leaf_hash
from clerestory.store.keys import origin
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import OrganisationId
from clerestory.terms.sentence import gettext as _

CHECKPOINT = "checkpoint"


class PublicationAltered(ClerestoryError):
    """A published file is missing, unreadable or not what the log published."""


@dataclass(frozen=True, slots=True)
class Published:
    """A folder with a published log, and what its checkpoint says."""

    folder: Path
    checkpoint: Checkpoint
    note: SignedNote

    def nodes(self, size: int | None = None) -> NodeReader:
        """Return a reader of tree nodes over the published tiles, as of the checkpoint or of an earlier size."""
        whole = self.checkpoint.size if size is None else size

        def tile(level: int, index: int) -> list[bytes]:
            width = min(WIDTH, (whole >> 8 * level) - index * WIDTH)
            return read_tile(self._piece(tile_path(level, index, width), tile_path(level, index)))[:width]

        return nodes_in_tiles(tile)

    def leaves(self) -> Iterator[bytes]:
        """Yield the leaves in order, and say at the end whether they are those of the checkpoint.

        Raises:
            PublicationAltered: a bundle is missing, or the leaves are others than those that were signed.
        """
        frontier = Frontier()
        for index, width in piece_widths(self.checkpoint.size):
            path = bundle_path(index, width)
            found = read_bundle(self._piece(path, bundle_path(index)))[:width]
            if len(found) != width:
                raise altered(self.folder / path)
            frontier = frontier.extend(leaf_hash(leaf) for leaf in found)
            yield from found
        if frontier.root() != self.checkpoint.root:
            raise altered(self.folder / CHECKPOINT)

    def _piece(self, path: str, whole: str) -> bytes:
        for name in dict.fromkeys((path, whole)):  # a partial piece may be gone once the full one is there
            try:
                return (self.folder / name).read_bytes()
            except OSError:
                continue
        raise altered(self.folder / path)


def folder_of(organisation_id: OrganisationId) -> Path | None:
    """Return the folder in which a log is published, or None where logs are not."""
    return settings.PUBLISH / origin(organisation_id).partition("/")[2] if settings.PUBLISH else None


def published(organisation_id: OrganisationId) -> Published | None:
    """Return what is published of a log, or None where nothing is.

    Raises:
        PublicationAltered: the published checkpoint cannot be read as one.
    """
    folder = folder_of(organisation_id)
    return None if folder is None else read(folder)


def read(folder: Path) -> Published | None:
    """Return what a folder holds, or None where it has no checkpoint.

    Raises:
        PublicationAltered: its checkpoint cannot be read as one.
    """
    try:
        with (folder / CHECKPOINT).open("rb") as file:
            checkpoint, note = read_signed_checkpoint(file.read(LARGEST + 1))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, NoteMalformed, CheckpointMalformed) as error:
        raise altered(folder / CHECKPOINT) from error
    return Published(folder, checkpoint, note)


def altered(path: Path) -> PublicationAltered:
    """Return what is raised for a published file that does not fit."""
    return PublicationAltered(
        _("The published file {path} is missing or is not what the log published.", path=path),
        _("Set the folder aside as evidence; an empty one is filled again from the log."),
    )
