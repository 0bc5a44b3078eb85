"""What passes between front and page process: a head as JSON, then the body in frames, there and back.

A frame is its length in four bytes, the most significant first, and as many bytes; a frame of length 0 ends a body.
"""

import json
import struct
from collections.abc import Iterator
from io import BufferedReader, RawIOBase
from typing import Any, BinaryIO

LENGTH = struct.Struct("!I")
END = LENGTH.pack(0)
LARGEST = 1 << 20
"""Bytes of the largest frame that is sent, and of a body that the front takes in before a page begins."""


class Broken(Exception):
    """The other side ended before it had said all."""


def frame(data: bytes) -> bytes:
    """Return bytes as one frame."""
    return LENGTH.pack(len(data)) + data


def frames(data: bytes) -> Iterator[bytes]:
    """Return bytes as frames, none of them empty."""
    for start in range(0, len(data), LARGEST):
        yield frame(data[start : start + LARGEST])


def head(said: dict[str, Any]) -> bytes:
    """Return a head as a frame."""
    return frame(json.dumps(said).encode())


def read_head(source: BinaryIO) -> dict[str, Any]:
    """Read a head.

    Raises:
        Broken: the other side is gone.
    """
    said: dict[str, Any] = json.loads(_exactly(source, LENGTH.unpack(_exactly(source, LENGTH.size))[0]))
    return said


class Body(RawIOBase):
    """The body that follows a head, as a file to read; wrap it in ``reading``."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._left = 0
        self._ended = False

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with what is left of a frame.

        Raises:
            Broken: the other side is gone before the end of the body.
        """
        if not self._left and not self._ended:
            (self._left,) = LENGTH.unpack(_exactly(self._source, LENGTH.size))
            self._ended = not self._left
        if self._ended:
            return 0
        data = _exactly(self._source, min(self._left, len(buffer)))
        self._left -= len(data)
        buffer[: len(data)] = data
        return len(data)


def reading(source: BinaryIO) -> BufferedReader:
    """Return the body that follows a head as a file that can be read by lines, too."""
    return BufferedReader(Body(source))


def _exactly(source: BinaryIO, size: int) -> bytes:
    data = source.read(size)
    if len(data) < size:
        raise Broken
    return data
