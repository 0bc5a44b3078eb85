"""Publishes a log as C2SP tlog-tiles: bundles and tiles durable first, the checkpoint last, running again is safe.

Publishes nothing that the quorum of the witnesses has not seen, nothing that is not signed, and no payload.
"""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

from clerestory.ledger.checkpoint import Checkpoint, read_signed_checkpoint
from clerestory.ledger.note import SignedNote, note_bytes
from clerestory.ledger.tile import HEIGHT, WIDTH, bundle_bytes, bundle_path, tile_path
from clerestory.ledger.tree import HASH_SIZE, leaf_hash, range_hash
from clerestory.store.home import sync_folder
from clerestory.store.log.cosigned import cosigned_note, policy_of, witnessed_size
from clerestory.store.models import LogEntry, SignedCheckpoint, Tile
from clerestory.store.sequencer.mark import alone
from clerestory.store.sequencer.published import CHECKPOINT, Published, altered, folder_of, published
from clerestory.store.sequencer.signing import check_not_behind
from clerestory.store.unit import step
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import OrganisationId
from clerestory.terms.sentence import gettext as _


class NotPublished(ClerestoryError):
    """The disk did not take what was to be published; the checkpoint there stays the one before."""


def publish(organisation_id: OrganisationId) -> int:
    """Publish the log up to the newest checkpoint that its quorum has seen; return the size that is published.

    Raises:
        LogRolledBack: more or other entries are published than the log has; nothing is written.
        PublicationAltered: the published checkpoint is none of this log.
        PolicyMalformed: the policy of the log cannot be read.
        NotPublished: the folder cannot be written.
    """
    folder = folder_of(organisation_id)
    if folder is None:
        return 0
    with alone(organisation_id, "publication"):
        check_not_behind(organisation_id)
        held = published(organisation_id)
        start = held.checkpoint.size if held else 0
        ready = ready_size(organisation_id)
        if ready > start or (held is not None and ready == start and _has_more(organisation_id, held)):
            _publish(organisation_id, folder, start, ready)
            return ready
        return start


def ready_size(organisation_id: OrganisationId) -> int:
    """Return the newest size that may be published: cosigned by the quorum, or signed where no quorum is asked for."""
    policy = policy_of(organisation_id)
    if policy is not None and policy.fewest():
        return witnessed_size(organisation_id, policy)
    sizes = SignedCheckpoint.objects.filter(organisation_id=organisation_id).order_by("-size")
    return sizes.values_list("size", flat=True).first() or 0


def is_behind(organisation_id: OrganisationId) -> bool:
    """Tell whether there is more to publish; where logs are not published that costs no query."""
    if folder_of(organisation_id) is None:
        return False
    held = published(organisation_id)
    return ready_size(organisation_id) > (held.checkpoint.size if held else 0)


def _has_more(organisation_id: OrganisationId, held: Published) -> bool:
    """Tell whether witnesses cosigned the published size since."""
    return len(_note(organisation_id, held.checkpoint.size)[1].signatures) > len(held.note.signatures)


def _note(organisation_id: OrganisationId, size: int) -> tuple[Checkpoint, SignedNote]:
    row = SignedCheckpoint.objects.get(organisation_id=organisation_id, size=size)
    return read_signed_checkpoint(cosigned_note(organisation_id, size, row.note).encode())


def _publish(organisation_id: OrganisationId, folder: Path, start: int, size: int) -> None:
    checkpoint, note = _note(organisation_id, size)
    try:
        written = {_write(folder, *piece) for piece in _pieces(organisation_id, start, size)}
        for parent in sorted({one for path in written for one in _up(path, folder)}):
            sync_folder(parent)
        step("publication.synced")
        if range_hash(0, size, Published(folder, checkpoint, note).nodes()) != checkpoint.root:
            raise altered(folder / "tile")
        _write(folder, CHECKPOINT, note_bytes(note))
        sync_folder(folder)
        step("publication.published")
        _prune(folder, start, size)
    except OSError as error:
        if error.errno == errno.EIO:
            os.write(2, f"The disk lost a published file ({error}); stopping: no retry could be trusted.\n".encode())
            os._exit(74)
        raise NotPublished(
            _("The log cannot be published in {folder}: {strerror}.", folder=folder, strerror=error.strerror),
            _("Free space there or give it write permission; the log goes on, and is published at the next run."),
        ) from error


def _pieces(organisation_id: OrganisationId, start: int, size: int) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of every bundle and tile that is new or grew between two sizes, bundles first."""
    for index in range(start // WIDTH, -(-size // WIDTH)):
        width = min(WIDTH, size - index * WIDTH)
        rows = LogEntry.objects.filter(
            organisation_id=organisation_id, position__gte=index * WIDTH, position__lt=index * WIDTH + width
        )
        leaves = [bytes(leaf) for leaf in rows.order_by("position").values_list("leaf", flat=True)]
        hashes = b"".join(leaf_hash(leaf) for leaf in leaves)
        if hashes != _hashes(organisation_id, 0, index)[: width * HASH_SIZE]:
            raise altered(Path(bundle_path(index, width)))
        yield bundle_path(index, width), bundle_bytes(leaves)
        yield tile_path(0, index, width), hashes
    level = 1
    while count := size >> HEIGHT * level:
        for index in range((start >> HEIGHT * level) // WIDTH, -(-count // WIDTH)):
            width = min(WIDTH, count - index * WIDTH)
            yield tile_path(level, index, width), _hashes(organisation_id, level, index)[: width * HASH_SIZE]
        level += 1


def _hashes(organisation_id: OrganisationId, level: int, index: int) -> bytes:
    row = Tile.objects.filter(organisation_id=organisation_id, level=level, index=index).first()
    return b"" if row is None else bytes(row.hashes)


def _write(folder: Path, name: str, body: bytes) -> Path:
    path = folder / name
    if name != CHECKPOINT and _holds(path, body):
        return path
    what = "checkpoint" if name == CHECKPOINT else "bundle" if name.startswith("tile/entries/") else "tile"
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(".new")  # one name: what a crash leaves is written over, and nobody else writes meanwhile
    with fresh.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    step(f"publication.{what}.written")
    fresh.rename(path)
    step(f"publication.{what}.renamed")
    return path


def _holds(path: Path, body: bytes) -> bool:
    try:
        return path.read_bytes() == body
    except OSError:
        return False


def _up(path: Path, folder: Path) -> Iterator[Path]:
    """Yield every folder from a file up to the one above the log's own: each holds a name that may be new."""
    for parent in path.parents:
        yield parent
        if parent == folder.parent:
            return


def _prune(folder: Path, start: int, size: int) -> None:
    """Remove narrower copies of pieces that are full now; readers of older checkpoints take the full one instead."""
    paths = [bundle_path(start // WIDTH)] if size // WIDTH > start // WIDTH else []
    level = 0
    while size >> HEIGHT * level:
        first = (start >> HEIGHT * level) // WIDTH
        paths += [tile_path(level, first)] if (size >> HEIGHT * level) // WIDTH > first else []
        level += 1
    for path in paths:
        partial = folder / f"{path}.p"
        for file in partial.glob("*") if partial.is_dir() else ():
            file.unlink(missing_ok=True)
        if partial.is_dir():
            partial.rmdir()
