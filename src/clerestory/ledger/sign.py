"""Keys and signatures of notes: Ed25519 in the text forms of C2SP, for logs and for witnesses.

The only module of the ledger that loads `cryptography`. Verification applies the strict rule of `strict` first.
"""

import base64
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from clerestory.ledger.note import NoteSignature, SignedNote, check_key_name, note_bytes
from clerestory.ledger.strict import strict_point, strict_signature
from clerestory.ledger.vkey import COSIGNATURE, ED25519, VerifierKey, key_id, malformed_key, split_key
from clerestory.terms.error import ClerestoryError

_PRIVATE = "PRIVATE+KEY+"


class SignatureMismatch(ClerestoryError):
    """A signature of a known key is not over this text."""


class Signer(Protocol):
    """Whoever can sign for a log: a key in a file, a hardware token, a key service. Signatures are pure Ed25519."""

    @property
    def key(self) -> VerifierKey:
        """The public half."""

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of the signature over a message."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private Ed25519 key in memory. Its text form is a secret; its representation does not show it."""

    key: VerifierKey
    seed: bytes = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of the signature over a message."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A witness's statement that it saw a checkpoint, with the second at which it says so."""

    key: VerifierKey
    at: int


def generate_key(name: str, kind: int = ED25519) -> SigningKey:
    """Make a new key pair for a log (its origin is the name) or a witness."""
    return signing_key(name, Ed25519PrivateKey.generate().private_bytes_raw(), kind)


def signing_key(name: str, seed: bytes, kind: int = ED25519) -> SigningKey:
    """Return the key pair that belongs to a seed of 32 bytes."""
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return SigningKey(VerifierKey(check_key_name(name), kind, public), seed)


def skey_text(key: SigningKey) -> str:
    """Write a private key as one secret line: ``PRIVATE+KEY+name+keyid+base64``."""
    material = base64.b64encode(bytes((key.key.kind,)) + key.seed).decode()
    return f"{_PRIVATE}{key.key.name}+{key.key.key_id.hex()}+{material}"


def read_skey(text: str) -> SigningKey:
    """Read a private key; the inverse of `skey_text`.

    Raises:
        KeyMalformed: the text is no private key or its key id is another key's.
    """
    if not text.startswith(_PRIVATE):
        raise malformed_key("signing key", f"it does not start with {_PRIVATE}")
    name, kind, seed = split_key(text[len(_PRIVATE) :], "signing key")
    if kind not in (ED25519, COSIGNATURE):
        raise malformed_key("signing key", f"signatures of type {kind} are not supported")
    key = signing_key(name, seed, kind)
    if skey_text(key) != text:
        raise malformed_key("signing key", "its key id does not belong to its key")
    return key


def sign_note(text: str, *signers: Signer) -> bytes:
    """Return the signed note over a text, one line for each log key."""
    lines = tuple(NoteSignature(s.key.name, s.key.key_id, s.sign(text.encode())) for s in signers)
    return note_bytes(SignedNote(text, lines))


def cosign(note: SignedNote, witness: Signer, at: int) -> SignedNote:
    """Return a note with a witness's line added: Ed25519 ``cosignature/v1`` at a POSIX second."""
    signature = struct.pack(">Q", at) + witness.sign(_cosigned_message(note.text, at))
    return SignedNote(note.text, (*note.signatures, NoteSignature(witness.key.name, witness.key.key_id, signature)))


def verify_note(note: SignedNote, keys: Sequence[VerifierKey]) -> tuple[VerifierKey, ...]:
    """Return the log keys that signed a note; lines of unknown keys are ignored.

    Raises:
        SignatureMismatch: a line names one of the keys and its signature is not over this text.
    """
    signed = []
    for key, line in _known(note, keys, ED25519):
        if not verify(key.public, line.signature, note.text.encode()):
            raise _mismatch(key)
        signed.append(key)
    return tuple(signed)


def verify_cosignatures(note: SignedNote, keys: Sequence[VerifierKey]) -> tuple[Cosigned, ...]:
    """Return the statements of the witnesses among the keys; lines of unknown keys are ignored.

    Raises:
        SignatureMismatch: a line names one of the witnesses and its signature is not over this text and time.
    """
    statements = []
    for key, line in _known(note, keys, COSIGNATURE):
        if len(line.signature) != 72:
            raise _mismatch(key)
        at = int.from_bytes(line.signature[:8], "big")
        if at >= 2**63 or not verify(key.public, line.signature[8:], _cosigned_message(note.text, at)):
            raise _mismatch(key)
        statements.append(Cosigned(key, at))
    return tuple(statements)


def verify(public: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether an Ed25519 signature holds under the strict rule and the equation."""
    return strict_point(public) and strict_signature(signature) and holds(public, signature, message)


def holds(public: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether the library's equation holds. The one-file verifier has its own in the place of this function."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _known(note: SignedNote, keys: Sequence[VerifierKey], kind: int) -> list[tuple[VerifierKey, NoteSignature]]:
    by_id = {(key.name, key_id(key.name, key.kind, key.public)): key for key in keys if key.kind == kind}
    return [(by_id[line.name, line.key_id], line) for line in note.signatures if (line.name, line.key_id) in by_id]


def _cosigned_message(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def _mismatch(key: VerifierKey) -> SignatureMismatch:
    return SignatureMismatch(
        f"The signature of {key.name} is not over this checkpoint.",
        "Do not rely on the checkpoint; ask its owner for the original.",
    )
