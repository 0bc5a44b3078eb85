"""The zip file of a pack, in the one layout that is allowed: every byte of its structure is foreseen.

Members lie one behind the other without gaps, names are plain, times are fixed, sizes are bounded before anything is
unpacked. Refuses zip64, comments, extra fields, encryption, links, doubled names and whatever else hides something.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from clerestory.terms.error import ClerestoryError

MOST_MEMBERS = 65_534
LARGEST_FILE = 2**32 - 2
HIGHEST_RATIO = 200
FREE_SIZE = 4 * 1024 * 1024
CHUNK = 1 << 18
STORED, DEFLATED = 0, 8

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_LONGEST_NAME = 120
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_MADE_BY, _NEEDED, _MIDNIGHT, _FIRST_DAY, _MODE = 3 << 8 | 20, 20, 0, 33, 0o100644 << 16


class ArchiveMalformed(ClerestoryError):
    """A file is no zip in the layout of a pack; ``where`` names the place."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(problem, "Ask for the pack again; this file cannot be read as one.")
        self.where = where


class MemberDamaged(ClerestoryError):
    """What was packed into a member cannot be unpacked to what the archive announces."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file in the archive, as the archive announces it."""

    name: str
    method: int
    crc: int
    packed: int
    size: int
    start: int

    @property
    def head(self) -> bytes:
        """The bytes that stand before the packed data."""
        name = self.name.encode()
        return (
            _LOCAL.pack(
                b"PK\3\4",
                _NEEDED,
                0,
                self.method,
                _MIDNIGHT,
                _FIRST_DAY,
                self.crc,
                self.packed,
                self.size,
                len(name),
                0,
            )
            + name
        )

    @property
    def directory_line(self) -> bytes:
        """The bytes that announce the member at the end of the archive."""
        name = self.name.encode()
        return (
            _CENTRAL.pack(
                b"PK\1\2",
                _MADE_BY,
                _NEEDED,
                0,
                self.method,
                _MIDNIGHT,
                _FIRST_DAY,
                self.crc,
                self.packed,
                self.size,
                len(name),
                0,
                0,
                0,
                0,
                _MODE,
                self.start,
            )
            + name
        )

    @property
    def end(self) -> int:
        """Where the next member starts."""
        return self.start + _LOCAL.size + len(self.name) + self.packed


class TooLarge(ClerestoryError):
    """A pack would need more members or bytes than its zip may have."""


class ArchiveWriter:
    """Writes the one layout. Members are added whole, in order."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._members: list[Member] = []

    def add(self, name: str, data: bytes) -> None:
        """Add a member, deflated where that makes it smaller, but never so dense that a reader would call it a bomb.

        Raises:
            TooLarge: the archive would have too many members or bytes.
        """
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = packer.compress(data) + packer.flush()
        method = DEFLATED if len(packed) < len(data) <= HIGHEST_RATIO // 2 * len(packed) else STORED
        body = packed if method == DEFLATED else data
        start = self._members[-1].end if self._members else 0
        member = Member(name, method, zlib.crc32(data), len(body), len(data), start)
        if len(self._members) == MOST_MEMBERS or member.end > LARGEST_FILE - 2**24:
            raise TooLarge(
                "The pack would have more than 65,534 members or 4 GB.",
                "Leave contents out of its scope; facts and entries are always in.",
            )
        self._members.append(member)
        self._file.write(member.head)
        self._file.write(body)

    def close(self) -> None:
        """Write the directory at the end."""
        directory = b"".join(member.directory_line for member in self._members)
        start = self._members[-1].end if self._members else 0
        self._file.write(directory + _end_bytes(len(self._members), len(directory), start))


class Archive:
    """An archive whose structure was checked byte for byte; nothing is unpacked before it is asked for."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.members: dict[str, Member] = {member.name: member for member in _read_directory(file)}

    def read(self, name: str) -> bytes:
        """Return the data of a member.

        Raises:
            MemberDamaged: it cannot be unpacked, or to another size or checksum than announced.
        """
        return b"".join(self.chunks(name))

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the data of a member piece by piece; no more than it announced.

        Raises:
            MemberDamaged: it cannot be unpacked, or to another size or checksum than announced.
        """
        member = self.members[name]
        crc = size = 0
        for piece in self._unpacked(member):
            crc, size = zlib.crc32(piece, crc), size + len(piece)
            if size > member.size:
                raise _damaged(member)
            yield piece
        if (crc, size) != (member.crc, member.size):
            raise _damaged(member)

    def _unpacked(self, member: Member) -> Iterator[bytes]:
        self._file.seek(member.end - member.packed)
        left = member.packed
        unpacker = zlib.decompressobj(-15) if member.method == DEFLATED else None
        while left:
            raw = self._file.read(min(CHUNK, left))
            if not raw:
                raise _damaged(member)
            left -= len(raw)
            if unpacker is None:
                yield raw
                continue
            yield from _inflate(unpacker, raw, member)
        if unpacker is not None:
            yield from _rest(unpacker, member)
            if not unpacker.eof or unpacker.unused_data:
                raise _damaged(member)


def _inflate(unpacker: "zlib._Decompress", raw: bytes, member: Member) -> Iterator[bytes]:
    try:
        while raw and not unpacker.eof:
            yield unpacker.decompress(raw, CHUNK)
            raw = unpacker.unconsumed_tail
    except zlib.error as error:
        raise _damaged(member) from error
    if raw:
        raise _damaged(member)


def _rest(unpacker: "zlib._Decompress", member: Member) -> Iterator[bytes]:
    try:
        while not unpacker.eof and (piece := unpacker.decompress(b"", CHUNK)):
            yield piece
    except zlib.error as error:
        raise _damaged(member) from error


def _read_directory(file: BinaryIO) -> list[Member]:
    length = file.seek(0, 2)
    if not _END.size < length <= LARGEST_FILE:
        raise ArchiveMalformed("end of file", "The file is too short or too long for a pack.")
    file.seek(length - _END.size)
    tail = file.read(_END.size)
    signature, _, _, _, count, size, start, _ = _END.unpack(tail)
    if signature != b"PK\5\6" or tail != _end_bytes(count, size, start) or start + size + _END.size != length:
        raise ArchiveMalformed("end of file", "The file does not end as the zip of a pack ends.")
    if not 0 < count <= MOST_MEMBERS or size > count * (_CENTRAL.size + _LONGEST_NAME):
        raise ArchiveMalformed("directory", "The directory of the zip has an impossible size.")
    file.seek(start)
    members = _parse_directory(file.read(size), count)
    if members[-1].end != start:
        raise ArchiveMalformed("directory", "There are bytes between the members and the directory of the zip.")
    if sum(member.size for member in members) > FREE_SIZE + HIGHEST_RATIO * length:
        raise ArchiveMalformed("directory", "The pack would unpack to far more than a pack of its size holds.")
    for member in members:
        file.seek(member.start)
        if file.read(len(member.head)) != member.head:
            raise ArchiveMalformed(
                member.name, f"The head of {member.name} is not the one that the directory announces."
            )
    return members


def _parse_directory(directory: bytes, count: int) -> list[Member]:
    members: list[Member] = []
    names: set[str] = set()
    place = expected = 0
    for number in range(count):
        if place + _CENTRAL.size > len(directory):
            raise ArchiveMalformed("directory", "The directory of the zip ends too early.")
        fields = _CENTRAL.unpack_from(directory, place)
        name = directory[place + _CENTRAL.size : place + _CENTRAL.size + fields[10]].decode("ascii", "replace")
        member = Member(name, fields[4], fields[7], fields[8], fields[9], expected)
        line = member.directory_line if name.isascii() and expected <= LARGEST_FILE else b""
        if directory[place : place + len(line)] != line or not line or member.method not in (STORED, DEFLATED):
            raise ArchiveMalformed(_label(name, number), "A line of the zip's directory is not one of a pack.")
        if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME or name in names:
            raise ArchiveMalformed(_label(name, number), "A member has a name that is not allowed, or one used twice.")
        if member.method == STORED and member.size != member.packed:
            raise ArchiveMalformed(name, f"{name} announces two different sizes.")
        names.add(name)
        members.append(member)
        place, expected = place + len(line), member.end
    if place != len(directory):
        raise ArchiveMalformed("directory", "The directory of the zip is longer than its members.")
    return members


def _label(name: str, number: int) -> str:
    return name if _NAME.fullmatch(name) and len(name) <= _LONGEST_NAME else f"member {number}"


def _end_bytes(count: int, size: int, start: int) -> bytes:
    return _END.pack(b"PK\5\6", 0, 0, count, count, size, start, 0)


def _damaged(member: Member) -> MemberDamaged:
    return MemberDamaged(
        f"{member.name} is damaged: it does not unpack to what the pack announces.",
        "Ask for the pack again; this copy was changed or broken on its way.",
    )
