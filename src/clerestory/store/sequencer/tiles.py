"""The tree in tables: frontier and tiles. Full tiles are never written again."""

from collections.abc import Iterable

from clerestory.ledger.tile import WIDTH, TileGrowth, nodes_in_tiles, read_tile
from clerestory.ledger.tree import HASH_SIZE, Frontier, NodeReader
from clerestory.store.models import Tile
from clerestory.terms.ids import OrganisationId


def frontier_of(size: int, stored: bytes) -> Frontier:
    """Read a frontier back from its bytes."""
    return Frontier(size, tuple(stored[i : i + HASH_SIZE] for i in range(0, len(stored), HASH_SIZE)))


def write_growth(organisation_id: OrganisationId, growths: Iterable[TileGrowth]) -> None:
    """Add new hashes to the tiles of each level."""
    for growth in growths:
        index, offset = divmod(growth.start, WIDTH)
        place = 0
        while place < len(growth.hashes):
            part = growth.hashes[place : place + WIDTH - offset]
            _extend(organisation_id, growth.level, index, offset, b"".join(part))
            place, index, offset = place + len(part), index + 1, 0


def stored_nodes(organisation_id: OrganisationId, *positions: int) -> NodeReader:
    """Return a reader of tree nodes; the tiles on the way up from these positions come in one query."""
    wanted = {(level, position >> 8 * (level + 1)) for position in positions for level in range(7)}
    held: dict[tuple[int, int], bytes] = {}
    if wanted:
        rows = Tile.objects.filter(
            organisation_id=organisation_id,
            level__in={level for level, _ in wanted},
            index__in={index for _, index in wanted},
        )
        held = {(tile.level, tile.index): bytes(tile.hashes) for tile in rows}

    def tile(level: int, index: int) -> list[bytes]:
        if (level, index) not in held:
            held[level, index] = bytes(
                Tile.objects.get(organisation_id=organisation_id, level=level, index=index).hashes
            )
        return read_tile(held[level, index])

    return nodes_in_tiles(tile)


def _extend(organisation_id: OrganisationId, level: int, index: int, offset: int, hashes: bytes) -> None:
    if offset:
        tile = Tile.objects.get(organisation_id=organisation_id, level=level, index=index)
        hashes = bytes(tile.hashes)[: offset * HASH_SIZE] + hashes
        Tile.objects.filter(pk=tile.pk).update(hashes=hashes)
        return
    Tile.objects.create(organisation_id=organisation_id, level=level, index=index, hashes=hashes)
