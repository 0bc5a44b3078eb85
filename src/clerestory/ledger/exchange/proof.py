"""The C2SP tlog-proof: that one entry stands in a log, as a text that is checked offline.

The checkpoint inside is kept as it is; whether it is one, and who signed it, is asked by whoever checks the proof.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

from clerestory.ledger.checkpoint import LARGEST_SIZE
from clerestory.ledger.note import LARGEST as LARGEST_NOTE
from clerestory.ledger.note import NoteMalformed, read_base64
from clerestory.ledger.tree import HASH_SIZE
from clerestory.terms.error import ClerestoryError

HEADER = "c2sp.org/tlog-proof@v1"
MOST_HASHES = 63
LARGEST_EXTRA = 64 * 1024
LARGEST = LARGEST_NOTE + 2 * LARGEST_EXTRA
"""Of the whole text."""
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,15})")


class ProofUnreadable(ClerestoryError):
    """Bytes are no tlog-proof, or one cannot be written."""


@dataclass(frozen=True, slots=True)
class EntryProof:
    """Where an entry stands and what leads from it to a checkpoint. ``extra`` is signed by nobody."""

    index: int
    path: tuple[bytes, ...]
    note: bytes
    extra: bytes = b""


def proof_bytes(proof: EntryProof) -> bytes:
    """Write a proof.

    Raises:
        ProofUnreadable: its index, a hash, its extra data or its checkpoint is not allowed.
    """
    if not 0 <= proof.index <= LARGEST_SIZE:
        raise _unreadable("its index is out of range")
    if len(proof.path) > MOST_HASHES or any(len(item) != HASH_SIZE for item in proof.path):
        raise _unreadable(f"it holds a hash that is not 32 bytes long, or more than {MOST_HASHES}")
    if not proof.note or len(proof.note) > LARGEST_NOTE or len(proof.extra) > LARGEST_EXTRA:
        raise _unreadable("its checkpoint is missing, or a part of it is too large")
    lines = [HEADER, *([f"extra {_text(proof.extra)}"] if proof.extra else []), f"index {proof.index}"]
    lines += [_text(item) for item in proof.path]
    return "".join(f"{line}\n" for line in (*lines, "")).encode() + proof.note


def read_proof(data: bytes) -> EntryProof:
    """Read a proof; the inverse of `proof_bytes`.

    Raises:
        ProofUnreadable: the bytes are no proof, or one in another spelling.
    """
    if len(data) > LARGEST:
        raise _unreadable(f"it is larger than {LARGEST} bytes")
    head, _, note = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
        proof = _read(lines, note)
    except UnicodeDecodeError as error:
        raise _unreadable("it holds letters outside of ASCII before the checkpoint") from error
    except NoteMalformed as error:
        raise _unreadable("it holds something that is no base64") from error
    if proof_bytes(proof) != data:
        raise _unreadable("it is not spelled in the one allowed way")
    return proof


def _read(lines: Sequence[str], note: bytes) -> EntryProof:
    if lines[0] != HEADER:
        raise _unreadable(f"it does not begin with the line {HEADER}")
    rest = list(lines[1:])
    extra = read_base64(rest.pop(0).removeprefix("extra ")) if rest and rest[0].startswith("extra ") else b""
    match = _INDEX.fullmatch(rest[0]) if rest else None
    if match is None or len(rest) - 1 > MOST_HASHES:
        raise _unreadable("its index is missing or no number, or it has too many hashes")
    return EntryProof(int(match[1]), tuple(read_base64(line) for line in rest[1:]), note, extra)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unreadable(reason: str) -> ProofUnreadable:
    return ProofUnreadable(f"A proof cannot be read: {reason}.", "Ask for the proof again.")
