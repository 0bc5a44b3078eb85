"""The C2SP checkpoint: origin, size and root of a log at one moment, as the text of a signed note.

Extension lines are refused: nobody can audit them.
"""

import base64
import re
from dataclasses import dataclass

from clerestory.ledger.note import NoteMalformed, SignedNote, read_base64, read_note
from clerestory.ledger.tree import HASH_SIZE
from clerestory.terms.error import ClerestoryError

LARGEST_SIZE = 2**53 - 1
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")


class CheckpointMalformed(ClerestoryError):
    """A text is no checkpoint, or a checkpoint cannot be written."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log vouches for: its name, its number of leaves and the root over them."""

    origin: str
    size: int
    root: bytes


def checkpoint_text(checkpoint: Checkpoint) -> str:
    """Write a checkpoint as the three lines that are signed.

    Raises:
        CheckpointMalformed: origin, size or root is not allowed.
    """
    origin = checkpoint.origin
    if not origin or not origin.isprintable() or any(letter.isspace() for letter in origin) or "+" in origin:
        raise _malformed(f"the origin {origin!r} is empty or holds a space, a plus or a control character")
    if not 0 <= checkpoint.size <= LARGEST_SIZE or len(checkpoint.root) != HASH_SIZE:
        raise _malformed("its size is out of range or its root is not 32 bytes long")
    return f"{origin}\n{checkpoint.size}\n{base64.b64encode(checkpoint.root).decode()}\n"


def read_checkpoint(text: str) -> Checkpoint:
    """Read the three lines of a checkpoint; the inverse of `checkpoint_text`.

    Raises:
        CheckpointMalformed: the text has other lines or is not spelled in the one allowed way.
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not _SIZE.fullmatch(lines[1]):
        raise _malformed("it does not have the three lines origin, size and root")
    try:
        checkpoint = Checkpoint(lines[0], int(lines[1]), read_base64(lines[2]))
    except NoteMalformed as error:
        raise _malformed("its root is no base64") from error
    if checkpoint_text(checkpoint) != text:
        raise _malformed("it is not spelled in the one allowed way")
    return checkpoint


def read_signed_checkpoint(data: bytes) -> tuple[Checkpoint, SignedNote]:
    """Read a signed note whose text is a checkpoint. The signatures are not checked here.

    Raises:
        NoteMalformed: the bytes are no signed note.
        CheckpointMalformed: the text of the note is no checkpoint.
    """
    note = read_note(data)
    return read_checkpoint(note.text), note


def _malformed(reason: str) -> CheckpointMalformed:
    return CheckpointMalformed(f"A checkpoint is malformed: {reason}.", "Ask for the original checkpoint.")
