"""Where PNG and JPEG files keep XMP and C2PA: chunks and segments, checked for their form."""

import struct
import zlib
from collections.abc import Iterator

from clerestory.assurance.transparency.marks.source import NoMark

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
_XMP_IN_PNG, _XMP_IN_JPEG = b"XML:com.adobe.xmp\x00", b"http://ns.adobe.com/xap/1.0/\x00"
_LARGEST = 16_000_000
_ALONE = frozenset([0x01, *range(0xD0, 0xD8)])


def carried(body: bytes) -> tuple[list[bytes], bytes]:
    """Return the XMP packets and the C2PA store of an image; empty where it has none.

    Raises:
        NoMark: it is neither PNG nor JPEG, or its chunks or segments are broken.
    """
    if body.startswith(PNG):
        chunks = list(_chunks(body))
        stores = [data for kind, data in chunks if kind == b"caBX"]
        return [_text(data) for kind, data in chunks if kind == b"iTXt" and data.startswith(_XMP_IN_PNG)], _one(stores)
    if body.startswith(JPEG):
        segments = list(_segments(body))
        packets = [
            data[len(_XMP_IN_JPEG) :] for kind, data in segments if kind == 0xE1 and data.startswith(_XMP_IN_JPEG)
        ]
        return packets, _store([data for kind, data in segments if kind == 0xEB and data.startswith(b"JP")])
    raise NoMark("is neither PNG nor JPEG")


def _one(stores: list[bytes]) -> bytes:
    if len(stores) > 1:
        raise NoMark("has two C2PA stores")
    return stores[0] if stores else b""


def _chunks(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the chunks of a PNG (ISO/IEC 15948): length, type, data, and a CRC-32 over the last two."""
    at = len(PNG)
    while at + 12 <= len(body):
        (size,) = struct.unpack_from(">I", body, at)
        kind, data, end = body[at + 4 : at + 8], body[at + 8 : at + 8 + size], at + 8 + size
        if end + 4 > len(body) or struct.unpack_from(">I", body, end)[0] != zlib.crc32(kind + data):
            raise NoMark("has a broken chunk")
        yield kind, data
        at = end + 4
        if kind == b"IEND":
            return
    raise NoMark("ends before its end")


def _text(data: bytes) -> bytes:
    """Return the text of an iTXt chunk: keyword, compression flag and method, language, translation, text."""
    flag, rest = data[len(_XMP_IN_PNG) : len(_XMP_IN_PNG) + 2], data[len(_XMP_IN_PNG) + 2 :]
    parts = rest.split(b"\x00", 2)
    if len(parts) < 3 or len(flag) < 2:
        raise NoMark("has a broken text chunk")
    if flag[:1] == b"\x00":
        return parts[2]
    try:
        return zlib.decompressobj().decompress(parts[2], _LARGEST)
    except zlib.error as error:
        raise NoMark("has a broken text chunk") from error


def _segments(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the segments of a JPEG (ISO/IEC 10918-1) before its first scan: marker and data."""
    at = len(JPEG)
    while at + 4 <= len(body):
        if body[at] != 0xFF:
            raise NoMark("has a broken segment")
        marker = body[at + 1]
        if marker == 0xFF or marker in _ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in (0xD9, 0xDA):
            return
        (size,) = struct.unpack_from(">H", body, at + 2)
        if size < 2 or at + 2 + size > len(body):
            raise NoMark("has a broken segment")
        yield marker, body[at + 4 : at + 2 + size]
        at += 2 + size
    raise NoMark("ends before its first scan")


def _store(pieces: list[bytes]) -> bytes:
    """Put a C2PA store together from APP11 segments (ISO/IEC 19566-5): later pieces repeat the header of the box."""
    boxes: dict[bytes, list[tuple[int, bytes]]] = {}
    for piece in pieces:
        if len(piece) < 16:
            raise NoMark("has a broken segment")
        boxes.setdefault(piece[2:4], []).append((struct.unpack_from(">I", piece, 4)[0], piece[8:]))
    stores = []
    for parts in boxes.values():
        ordered = [data for _, data in sorted(parts)]
        stores.append(ordered[0] + b"".join(data[8:] for data in ordered[1:]))
    return _one([store for store in stores if store[4:8] == b"jumb"])
