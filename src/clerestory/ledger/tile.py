"""Tiles and entry bundles of C2SP tlog-tiles: immutable pieces, 256 wide, from which every proof can be built.

Says what the pieces hold and what they are called; where they lie is the caller's affair.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from clerestory.ledger.tree import HASH_SIZE, Frontier, NodeReader
from clerestory.terms.error import ClerestoryError

HEIGHT = 8
WIDTH = 1 << HEIGHT
LARGEST_ENTRY = 65535
_PATH = re.compile(r"(?P<number>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?")


class TileMalformed(ClerestoryError):
    """A tile or bundle does not have the form that its place asks for."""


@dataclass(frozen=True, slots=True)
class TileGrowth:
    """New hashes at the end of one level of tiles; the first stands at ``start`` (tile ``start // 256``)."""

    level: int
    start: int
    hashes: tuple[bytes, ...]


def grow_tiles(frontier: Frontier, leaves: Iterable[bytes]) -> tuple[Frontier, tuple[TileGrowth, ...]]:
    """Return the frontier with more leaf hashes, and what each level of tiles gains."""
    grown, rows = frontier.grow(leaves)
    growths = tuple(
        TileGrowth(level // HEIGHT, frontier.size >> level, tuple(rows[level])) for level in range(0, len(rows), HEIGHT)
    )
    return grown, growths


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """Return the C2SP path of a tile, such as ``tile/0/x001/x234/067``."""
    return f"tile/{level}/{piece_path(index, width)}"


def bundle_path(index: int, width: int = WIDTH) -> str:
    """Return the C2SP path of an entry bundle, such as ``tile/entries/000.p/7``."""
    return f"tile/entries/{piece_path(index, width)}"


def piece_path(index: int, width: int = WIDTH) -> str:
    """Return the part of a path that numbers a tile or bundle, with its width where it is not full."""
    digits = f"{index:0{-(-len(str(index)) // 3) * 3}d}"
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    path = "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
    return path if width == WIDTH else f"{path}.p/{width}"


def read_piece_path(path: str) -> tuple[int, int]:
    """Read index and width from the part of a path that `piece_path` writes.

    Raises:
        TileMalformed: the path is not the one that index and width would be written as.
    """
    match = _PATH.fullmatch(path)
    if match is None:
        raise _malformed(f"{path!r} numbers no tile")
    index = int(match["number"].replace("x", "").replace("/", ""))
    width = int(match["width"]) if match["width"] else WIDTH
    if width > WIDTH or piece_path(index, width) != path:
        raise _malformed(f"{path!r} numbers no tile in the one allowed way")
    return index, width


def piece_widths(size: int) -> Iterator[tuple[int, int]]:
    """Yield index and width of each bundle (or tile of leaf hashes) of a log, in order."""
    for start in range(0, size, WIDTH):
        yield start // WIDTH, min(WIDTH, size - start)


def bundle_bytes(entries: Iterable[bytes]) -> bytes:
    """Write an entry bundle: each entry after its length as a big-endian uint16.

    Raises:
        TileMalformed: an entry is larger than 65,535 bytes.
    """
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > LARGEST_ENTRY:
            raise _malformed(f"an entry has {len(entry)} bytes; {LARGEST_ENTRY} are allowed")
        parts += (len(entry).to_bytes(2, "big"), entry)
    return b"".join(parts)


def read_bundle(data: bytes) -> list[bytes]:
    """Read the entries of a bundle.

    Raises:
        TileMalformed: a length leads past the end, or there are more than 256 entries.
    """
    entries: list[bytes] = []
    place, end = 0, len(data)
    while place < end:
        length = int.from_bytes(data[place : place + 2], "big")
        place += 2 + length
        if place > end or len(entries) == WIDTH:
            raise _malformed("a bundle ends inside an entry or holds more than 256 entries")
        entries.append(data[place - length : place])
    return entries


def read_tile(data: bytes) -> list[bytes]:
    """Read the hashes of a tile.

    Raises:
        TileMalformed: the bytes are not 1 to 256 hashes.
    """
    if not data or len(data) % HASH_SIZE or len(data) > WIDTH * HASH_SIZE:
        raise _malformed(f"a tile has {len(data)} bytes")
    return [data[i : i + HASH_SIZE] for i in range(0, len(data), HASH_SIZE)]


def nodes_in_tiles(tile: Callable[[int, int], Sequence[bytes]]) -> NodeReader:
    """Return a reader of all nodes over ``tile(level, index)`` -> hashes; each tile is asked for and folded once."""
    folded: dict[tuple[int, int], list[list[bytes]]] = {}

    def node(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, HEIGHT)
        tile_index, place = divmod(index << height, WIDTH)
        rows = folded.get((tile_level, tile_index))
        if rows is None:
            rows = folded[tile_level, tile_index] = _fold_tile(tile(tile_level, tile_index))
        try:
            return rows[height][place >> height]
        except IndexError as error:
            raise _malformed(f"tile {tile_level}/{tile_index} is too short") from error

    return node


def _fold_tile(hashes: Sequence[bytes]) -> list[list[bytes]]:
    rows = [list(hashes)]
    while len(rows[-1]) > 1 and len(rows) < HEIGHT:
        row = rows[-1]
        rows.append([sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)])
    return rows


def _malformed(reason: str) -> TileMalformed:
    return TileMalformed(f"A piece of the log is malformed: {reason}.", "Rebuild it from the leaves of the log.")
