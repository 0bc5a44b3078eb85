"""Verifier keys: what somebody needs to know of a log or witness to check its signatures, as one line of text."""

import base64
import re
from dataclasses import dataclass
from hashlib import sha256

from clerestory.ledger.note import NoteMalformed, check_key_name, read_base64
from clerestory.ledger.strict import strict_point
from clerestory.terms.error import ClerestoryError

ED25519 = 0x01
COSIGNATURE = 0x04
KINDS = {ED25519: "log", COSIGNATURE: "witness"}
_ID = re.compile(r"[0-9a-f]{8}")


class KeyMalformed(ClerestoryError):
    """A text is no key that this version reads."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public Ed25519 key with its name; ``kind`` is `ED25519` for logs and `COSIGNATURE` for witnesses."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The first four bytes of the SHA-256 over name, newline, kind and key."""
        return key_id(self.name, self.kind, self.public)


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Return the C2SP key id of a public key."""
    return sha256(name.encode() + b"\n" + bytes((kind,)) + public).digest()[:4]


def vkey_text(key: VerifierKey) -> str:
    """Write a verifier key: ``name+keyid+base64``."""
    return f"{key.name}+{key.key_id.hex()}+{base64.b64encode(bytes((key.kind,)) + key.public).decode()}"


def read_vkey(text: str) -> VerifierKey:
    """Read a verifier key.

    Raises:
        KeyMalformed: the text is no verifier key, its key id is another key's, or the key is unsafe.
    """
    name, kind, public = split_key(text, "verifier key")
    if kind not in KINDS:
        raise malformed_key("verifier key", f"signatures of type {kind} are not supported")
    if not strict_point(public):
        raise malformed_key("verifier key", "it is no Ed25519 key that can be relied on")
    key = VerifierKey(name, kind, public)
    if vkey_text(key) != text:
        raise malformed_key("verifier key", "its key id does not belong to its key")
    return key


def split_key(text: str, what: str) -> tuple[str, int, bytes]:
    """Split the text of a key into name, type and the 32 bytes of the key.

    Raises:
        KeyMalformed: the text does not have three parts of the right form.
    """
    parts = text.split("+", 2)
    if len(parts) != 3 or not _ID.fullmatch(parts[1]):
        raise malformed_key(what, "it does not have the form name+keyid+base64")
    try:
        name, material = check_key_name(parts[0]), read_base64(parts[2])
    except NoteMalformed as error:
        raise malformed_key(what, "its name or base64 is not allowed") from error
    if len(material) != 33:
        raise malformed_key(what, "the key is not 32 bytes long")
    return name, material[0], material[1:]


def malformed_key(what: str, reason: str) -> KeyMalformed:
    """Return the error that says why a key cannot be read, without repeating the key."""
    return KeyMalformed(f"A {what} is malformed: {reason}.", "Copy the whole line again from where it was issued.")
