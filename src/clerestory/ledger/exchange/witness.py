"""The C2SP tlog-witness: how a witness is asked to cosign a checkpoint, what it answers, and when it refuses.

Checkpoints of any log are read here, with spaces in their origin and with lines behind the root, as the text allows.
A request that is not spelled in the one allowed way is refused.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from clerestory.ledger.checkpoint import Checkpoint
from clerestory.ledger.note import LARGEST as LARGEST_NOTE
from clerestory.ledger.note import NoteMalformed, NoteSignature, SignedNote, note_bytes, read_base64, read_note
from clerestory.ledger.sign import Cosigned, SignatureMismatch, verify_cosignatures, verify_note
from clerestory.ledger.tree import EMPTY_ROOT, HASH_SIZE, ProofMalformed, ProofMismatch, verify_consistency
from clerestory.ledger.vkey import VerifierKey
from clerestory.terms.error import ClerestoryError

MOST_HASHES = 63
LARGEST = LARGEST_NOTE + 64 * 1024
"""Of a whole request."""
LARGEST_ANSWER = 64 * 1024
SIZE_TYPE = "text/x.tlog.size"
_SIZE = r"(0|[1-9][0-9]{0,18})"
_OLD = re.compile(f"old {_SIZE}")
_LONGEST = 2**63 - 1


class RequestRefused(ClerestoryError):
    """A witness does not cosign: the status says why, and ``held`` is the size that it cosigned last, for a 409."""

    def __init__(self, status: int, problem: str, remedy: str, held: int | None = None) -> None:
        super().__init__(problem, remedy)
        self.status = status
        self.held = held


class AnswerUnreadable(ClerestoryError):
    """What a witness answered is no cosignature of its key over this checkpoint."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A request that was read: its log is known and signed it; lines of others are left away.

    Whether it continues the log is not checked yet.
    """

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: Checkpoint
    note: SignedNote


@dataclass(frozen=True, slots=True)
class Held:
    """What a witness cosigned last of a log; nothing yet is the empty tree."""

    size: int = 0
    root: bytes = EMPTY_ROOT


def origin_hash(origin: str) -> str:
    """Return the name under which a witness shows a log's checkpoint."""
    return sha256(origin.encode()).hexdigest()


def request_bytes(old_size: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """Write what a witness is asked: the size that it cosigned last, the proof from there, and the checkpoint."""
    lines = [f"old {old_size}", *(base64.b64encode(item).decode() for item in proof), ""]
    return "".join(f"{line}\n" for line in lines).encode() + note


def open_request(data: bytes, logs: Mapping[str, Sequence[VerifierKey]]) -> Opened:
    """Read a request for a checkpoint of one of the logs, which are named by their origin.

    Raises:
        RequestRefused: 400 where it cannot be read, 404 where the log is unknown, 403 where the log did not sign it.
    """
    old_size, proof, rest = _divided(data)
    checkpoint = _any_checkpoint(rest)
    keys = logs.get(checkpoint.origin)
    if not keys:
        raise RequestRefused(404, "This witness does not serve the log.", "Ask whoever runs the witness to add it.")
    try:
        note = read_note(rest)
        signed = verify_note(note, keys)
    except (NoteMalformed, SignatureMismatch) as error:
        raise RequestRefused(403, error.problem, error.remedy) from error
    if not signed:
        raise RequestRefused(
            403, "No key of the log signed the checkpoint.", "Give the witness the log's newest trust file."
        )
    if old_size > checkpoint.size:
        raise _bad("the old size is larger than the checkpoint's")
    known = {(key.name, key.key_id) for key in signed}
    lines = tuple(line for line in note.signatures if (line.name, line.key_id) in known)
    return Opened(old_size, proof, checkpoint, SignedNote(note.text, lines))


def check_continues(opened: Opened, held: Held) -> None:
    """Check that a checkpoint continues what was cosigned last.

    Raises:
        RequestRefused: 409 where the old size is another, 422 where the tree is not the continuation.
    """
    checkpoint = opened.checkpoint
    if opened.old_size != held.size:
        raise RequestRefused(
            409, f"The witness cosigned size {held.size} last.", "Ask again with that as the old size.", held.size
        )
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise _not_continued("An empty log has another root.")
    if held.size == 0:
        if opened.proof:
            raise _not_continued("From the empty tree there is nothing to prove, but a proof was sent.")
        return
    try:
        verify_consistency(held.size, checkpoint.size, opened.proof, held.root, checkpoint.root)
    except (ProofMalformed, ProofMismatch) as error:
        raise _not_continued(f"The consistency proof does not hold: {error.problem}") from error


def answer_text(note: SignedNote, key: VerifierKey) -> str:
    """Return the signature line of a witness out of a note that it cosigned, as it is answered."""
    lines = tuple(line for line in note.signatures if (line.name, line.key_id) == (key.name, key.key_id))
    return note_bytes(SignedNote("\n", lines)).decode()[2:]


def read_answer(note: SignedNote, body: bytes, key: VerifierKey) -> tuple[NoteSignature, Cosigned]:
    """Read the cosignature of a witness over a note; lines of other keys are ignored.

    Raises:
        AnswerUnreadable: there is none, it is not over this note, or it has no time.
    """
    if len(body) > LARGEST_ANSWER:
        raise _unreadable(f"it is larger than {LARGEST_ANSWER} bytes")
    try:
        answered = read_note(note.text.encode() + b"\n" + body)
        statements = verify_cosignatures(answered, [key])
    except (NoteMalformed, SignatureMismatch) as error:
        raise _unreadable(error.problem) from error
    if answered.text != note.text or not statements or statements[0].at == 0:
        raise _unreadable("it holds no cosignature with a time by the key of the witness")
    line = next(line for line in answered.signatures if (line.name, line.key_id) == (key.name, key.key_id))
    return line, statements[0]


def read_size(body: bytes) -> int:
    """Read the size that a witness says it cosigned last, the body of a 409.

    Raises:
        AnswerUnreadable: it is no size.
    """
    match = re.fullmatch(_SIZE.encode() + rb"\n", body)
    if match is None or int(match[1]) > _LONGEST:
        raise _unreadable("it says no size")
    return int(match[1])


def _divided(data: bytes) -> tuple[int, tuple[bytes, ...], bytes]:
    if len(data) > LARGEST:
        raise _bad(f"it is larger than {LARGEST} bytes")
    head, gap, rest = data.partition(b"\n\n")
    lines = head.decode("ascii", "replace").split("\n")
    match = _OLD.fullmatch(lines[0])
    if not gap or match is None or int(match[1]) > _LONGEST:
        raise _bad("it does not begin with the old size, or no empty line stands before the checkpoint")
    if len(lines) - 1 > MOST_HASHES:
        raise _bad(f"its proof has more than {MOST_HASHES} lines")
    try:
        proof = tuple(read_base64(line) for line in lines[1:])
    except NoteMalformed as error:
        raise _bad("a line of its proof is no base64") from error
    if any(len(item) != HASH_SIZE for item in proof):
        raise _bad("a line of its proof is no hash of 32 bytes")
    return int(match[1]), proof, rest


def _any_checkpoint(data: bytes) -> Checkpoint:
    text = data.rpartition(b"\n\n")[0].decode("utf-8", "replace")
    lines = text.split("\n")
    match = re.fullmatch(_SIZE, lines[1]) if len(lines) >= 3 and all(lines) else None
    if match is None or int(match[1]) > _LONGEST or not data.endswith(b"\n"):
        raise _bad("it does not end in a signed checkpoint")
    try:
        root = read_base64(lines[2])
    except NoteMalformed as error:
        raise _bad("the root of its checkpoint is no base64") from error
    if len(root) != HASH_SIZE:
        raise _bad("the root of its checkpoint is not 32 bytes long")
    return Checkpoint(lines[0], int(match[1]), root)


def _bad(reason: str) -> RequestRefused:
    said = reason.rstrip(".")
    return RequestRefused(400, f"The request cannot be read: {said}.", "Send it as c2sp.org/tlog-witness says.")


def _not_continued(problem: str) -> RequestRefused:
    return RequestRefused(422, problem, "Keep both checkpoints: if the proof was right, the log was rewritten.")


def _unreadable(reason: str) -> AnswerUnreadable:
    said = reason.rstrip(".")
    return AnswerUnreadable(
        f"The answer of a witness cannot be used: {said}.", "Compare the witness's key with the one in the policy."
    )
