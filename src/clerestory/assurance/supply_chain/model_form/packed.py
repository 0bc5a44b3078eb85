"""Streams of pickle wherever they lie: plain, compressed, in archives, behind arrays of objects. Nothing is loaded."""

import ast
import bz2
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from clerestory.assurance.supply_chain.pickled.walk import Walked, walk_all

LARGEST = 512 * 1024 * 1024
"""Bytes that one part of an archive or a compressed file may open to; beyond it is not judged."""
_DEEPEST = 4
_OTHER = {b"7z\xbc\xaf\x27\x1c": "a 7z archive", b"Rar!": "a RAR archive", b"\x04\x22\x4d\x18": "compressed with LZ4",
          b"\x28\xb5\x2f\xfd": "compressed with Zstandard"}  # fmt: skip
_TORCH_MAGIC = 0x1950A86A20F9469CFC6C
_TORCH_STREAMS = 5


class Unpackable(Exception):
    """A compressed body that opens to nothing, or to too much; ``str`` says why."""


@dataclass(slots=True)
class Packed:
    """The streams found, each with where it lies, and what could not be read."""

    walked: list[tuple[str, Walked]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def streams(path: str, body: bytes) -> Packed:
    """Find and walk every stream of pickle in a file that is taken for a pickle or an archive of pickles."""
    packed = Packed()
    _unpack(path, body, packed, named=True, depth=0)
    return packed


def besides(path: str, body: bytes) -> Packed:
    """Walk a file of another form as a pickle: some files are both, and a loader may take them for either."""
    packed = Packed()
    _walk(path, body, packed, named=False)
    return packed


def _unpack(where: str, body: bytes, packed: Packed, *, named: bool, depth: int) -> None:
    other = next((what for magic, what in _OTHER.items() if body.startswith(magic)), "")
    if other or depth > _DEEPEST:
        packed.unread.append(f"{where} is {other or 'packed too deep'}")
    elif body.startswith(b"\x93NUMPY"):
        _array(where, body, packed)
    elif zipfile.is_zipfile(io.BytesIO(body)):
        for name, part in members(where, body, packed.unread):
            _unpack(f"{where}/{name}", part, packed, named=name.endswith(".pkl"), depth=depth + 1)
        # Another loader reads what stands before the archive, or its own bytes as instructions.
        _walk(where, body, packed, named=False)
    elif opener := compressed(body):
        try:
            _unpack(where, opener(body), packed, named=named, depth=depth + 1)
        except Unpackable as error:
            packed.unread.append(f"{where} {error}")
    else:
        _walk(where, body, packed, named=named)


def _walk(where: str, body: bytes, packed: Packed, *, named: bool) -> None:
    """Walk the streams of a body; one that is not named as a pickle counts only where it is or acts like one."""
    for at, found in enumerate(walk_all(body)):
        acts = any(use.name is not None for use in found.uses)
        if named or found.whole or (acts and _likely(found)):
            packed.walked.append((where if not at else f"{where} stream {at + 1}", found))
        if at == _TORCH_STREAMS - 1 and packed.walked and packed.walked[0][1].result == _TORCH_MAGIC:
            return  # behind these lie the numbers


def _likely(found: Walked) -> bool:
    return all(part.isidentifier() for use in found.uses if use.name for part in str(use.name).split("."))


def _array(where: str, body: bytes, packed: Packed) -> None:
    """Walk the objects of an array file; one of numbers holds no stream."""
    wide = body[6:7] != b"\x01"
    start = 12 if wide else 10
    length = int.from_bytes(body[8:start], "little")
    try:
        header = ast.literal_eval(body[start : start + length].decode("latin1").strip())
        kind = str(header["descr"])
    except (ValueError, SyntaxError, KeyError, TypeError, RecursionError, MemoryError):
        packed.unread.append(f"{where} has no readable header")
        return
    if "O" in kind:
        _walk(where, body[start + length :], packed, named=True)


def members(where: str, body: bytes, unread: list[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the parts of a ZIP archive; what cannot be read is written down, since another loader may read it."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(body))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        unread.append(f"{where} is a broken archive ({error})")
        return
    left = LARGEST
    for part in archive.infolist():
        if part.is_dir():
            continue
        if part.file_size > left:
            unread.append(f"{where}/{part.filename} opens to more than {LARGEST} bytes")
            continue
        left -= part.file_size
        try:
            yield part.filename, archive.read(part)
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, NotImplementedError, OSError, EOFError):
            unread.append(f"{where}/{part.filename} is broken, encrypted or packed in an unknown way")


def compressed(body: bytes) -> Callable[[bytes], bytes] | None:
    """Return what opens a compressed body; None where it is not compressed in a known way."""
    if body.startswith(b"\x1f\x8b"):
        return lambda packed: _inflate(packed, zlib.MAX_WBITS | 16)
    if body[:1] == b"\x78" and len(body) > 1 and int.from_bytes(body[:2], "big") % 31 == 0:
        return lambda packed: _inflate(packed, zlib.MAX_WBITS)
    if body.startswith(b"BZh"):
        return lambda packed: _limited(bz2.BZ2Decompressor().decompress, packed)
    if body.startswith(b"ZF0x") and (start := body.find(b"\x78", 4, 24)) > 0:
        # joblib before 0.10 wrote the length of what follows before it.
        return lambda packed: _inflate(packed[start:], zlib.MAX_WBITS)
    if body.startswith((b"\xfd7zXZ", b"\x5d\x00\x00")):
        return lambda packed: _limited(lzma.LZMADecompressor().decompress, packed)
    return None


def _inflate(packed: bytes, window: int) -> bytes:
    return _limited(zlib.decompressobj(window).decompress, packed)


def _limited(decompress: Callable[[bytes, int], bytes], packed: bytes) -> bytes:
    try:
        opened = decompress(packed, LARGEST + 1)
    except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError) as error:
        raise Unpackable("is compressed and broken") from error
    if len(opened) > LARGEST:
        raise Unpackable(f"opens to more than {LARGEST} bytes")
    return opened
