"""CBOR (RFC 8949) as plain values: whole numbers, bytes, texts, lists, maps, tags and simple values."""

import struct
from dataclasses import dataclass
from typing import Any

_DEEPEST = 40
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
_SIMPLE = {20: False, 21: True, 22: None, 23: None}


class NotCBOR(Exception):
    """Bytes are no CBOR, or of a form that is not read."""


@dataclass(frozen=True, slots=True)
class Tagged:
    """A value with its tag."""

    tag: int
    value: Any


def decode(body: bytes) -> Any:
    """Return the one value that bytes hold.

    Raises:
        NotCBOR: they hold none, or more than it.
    """
    value, at = _value(body, 0, 0)
    if at != len(body):
        raise NotCBOR("something follows the value")
    return value


def encode(value: Any) -> bytes:
    """Write what a signature is over: a list of texts and bytes (RFC 9052, section 4.4)."""
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    return _head(4, len(value)) + b"".join(encode(item) for item in value)


def _head(major: int, size: int) -> bytes:
    if size < 24:
        return bytes([major << 5 | size])
    for extra, form, most in ((24, ">B", 2**8), (25, ">H", 2**16), (26, ">I", 2**32)):
        if size < most:
            return bytes([major << 5 | extra]) + struct.pack(form, size)
    return bytes([major << 5 | 27]) + struct.pack(">Q", size)


def _value(body: bytes, at: int, depth: int) -> tuple[Any, int]:
    if at >= len(body) or depth > _DEEPEST:
        raise NotCBOR("it ends too early, or is nested too deeply")
    major, extra = body[at] >> 5, body[at] & 31
    if major == 7:
        return _simple(body, at + 1, extra)
    if extra == 31:
        return _open_ended(body, at + 1, major, depth)
    size, at = _size(body, at + 1, extra)
    if major in (0, 1):
        return (size if major == 0 else -1 - size), at
    if major in (2, 3):
        if at + size > len(body):
            raise NotCBOR("it ends too early")
        return _text(major, body[at : at + size]), at + size
    if major == 6:
        value, at = _value(body, at, depth + 1)
        return Tagged(size, value), at
    items = []
    for _ in range(size if major == 4 else 2 * size):
        item, at = _value(body, at, depth + 1)
        items.append(item)
    return (items if major == 4 else _map(items)), at


def _open_ended(body: bytes, at: int, major: int, depth: int) -> tuple[Any, int]:
    if major not in (2, 3, 4, 5):
        raise NotCBOR("it has no size")
    items = []
    while body[at : at + 1] != b"\xff":
        item, at = _value(body, at, depth + 1)
        items.append(item)
    if major in (4, 5):
        return (items if major == 4 else _map(items)), at + 1
    if not all(isinstance(item, bytes if major == 2 else str) for item in items):
        raise NotCBOR("its pieces are of another kind")
    return (b"" if major == 2 else "").join(items), at + 1


def _size(body: bytes, at: int, extra: int) -> tuple[int, int]:
    if extra < 24:
        return extra, at
    width = {24: 1, 25: 2, 26: 4, 27: 8}.get(extra)
    if width is None or at + width > len(body):
        raise NotCBOR("a size cannot be read")
    return int.from_bytes(body[at : at + width], "big"), at + width


def _simple(body: bytes, at: int, extra: int) -> tuple[Any, int]:
    if extra in _FLOATS:
        width = struct.calcsize(_FLOATS[extra])
        if at + width > len(body):
            raise NotCBOR("it ends too early")
        return struct.unpack_from(_FLOATS[extra], body, at)[0], at + width
    if extra not in _SIMPLE:
        raise NotCBOR("a simple value is unknown")
    return _SIMPLE[extra], at


def _text(major: int, body: bytes) -> bytes | str:
    if major == 2:
        return body
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise NotCBOR("a text is no UTF-8") from error


def _map(items: list[Any]) -> dict[Any, Any]:
    try:
        return dict(zip(items[::2], items[1::2], strict=True))
    except TypeError as error:
        raise NotCBOR("a key is no plain value") from error
