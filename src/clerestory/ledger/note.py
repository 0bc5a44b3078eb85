"""The C2SP signed note: text, an empty line, and signature lines; read byte for byte or not at all.

Says nothing about whether a signature is right: that is `sign`.
"""

import base64
import re
from dataclasses import dataclass

from clerestory.terms.error import ClerestoryError

MOST_SIGNATURES = 16
LARGEST = 128 * 1024
_LINE = re.compile(r"\u2014 ([^ ]+) ([A-Za-z0-9+/=]+)")
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class NoteMalformed(ClerestoryError):
    """Bytes are no signed note, or a note cannot be written."""


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: key name, four bytes of key id, and what the key's algorithm made."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A text that ends in a newline, and the signatures over it."""

    text: str
    signatures: tuple[NoteSignature, ...]


def note_bytes(note: SignedNote) -> bytes:
    """Write a signed note.

    Raises:
        NoteMalformed: the text, a key name or the number of signatures is not allowed.
    """
    if not note.text.endswith("\n") or _CONTROL.search(note.text):
        raise _malformed("its text does not end in a newline or holds control characters")
    if not 1 <= len(note.signatures) <= MOST_SIGNATURES:
        raise _malformed(f"it has {len(note.signatures)} signatures; 1 to {MOST_SIGNATURES} are allowed")
    if len({(line.name, line.key_id) for line in note.signatures}) != len(note.signatures):
        raise _malformed("one key signed it twice")
    lines = [
        f"\u2014 {check_key_name(line.name)} {base64.b64encode(line.key_id + line.signature).decode()}\n"
        for line in note.signatures
    ]
    return (note.text + "\n" + "".join(lines)).encode()


def read_note(data: bytes) -> SignedNote:
    """Read a signed note; whatever would not be written back byte for byte is refused.

    Raises:
        NoteMalformed: the bytes are no signed note.
    """
    if len(data) > LARGEST:
        raise _malformed(f"it is larger than {LARGEST} bytes")
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise _malformed("it is not UTF-8") from error
    head, gap, tail = whole.rpartition("\n\n")
    if not gap or not tail.endswith("\n"):
        raise _malformed("text and signature lines are not divided by an empty line")
    note = SignedNote(head + "\n", tuple(_signature(line) for line in tail[:-1].split("\n")))
    if note_bytes(note) != data:
        raise _malformed("it is not spelled in the one allowed way")
    return note


def check_key_name(name: str) -> str:
    """Return a key name unchanged, or refuse one that is empty or holds a space, a plus or a control character.

    Raises:
        NoteMalformed: the name is not allowed.
    """
    if not name or "+" in name or not name.isprintable() or any(letter.isspace() for letter in name):
        raise _malformed(f"the key name {name!r} is empty or holds a space, a plus or a control character")
    return name


def read_base64(text: str) -> bytes:
    """Read base64 in its one canonical spelling.

    Raises:
        NoteMalformed: the text is not what the bytes would be written as.
    """
    if not _BASE64.fullmatch(text):
        raise _malformed("it holds something that is no base64")
    data = base64.b64decode(text)
    if base64.b64encode(data).decode() != text:
        raise _malformed("its base64 is not canonical")
    return data


def _signature(line: str) -> NoteSignature:
    match = _LINE.fullmatch(line)
    if match is None:
        raise _malformed("a signature line does not have the form of one")
    data = read_base64(match[2])
    if len(data) <= 4:
        raise _malformed("a signature line holds no signature")
    return NoteSignature(match[1], data[:4], data[4:])


def _malformed(reason: str) -> NoteMalformed:
    return NoteMalformed(f"A signed note is malformed: {reason}.", "Ask for the original note.")
