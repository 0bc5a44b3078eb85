"""Tiles, bundles and checkpoints against the log that Tessera published, byte for byte."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerestory.ledger import checkpoint, sign, tile, tree, vkey

TESSERA = json.loads((Path(__file__).parents[1] / "vectors/ledger/tessera.json").read_text())
FILES = {name: base64.b64decode(text) for name, text in TESSERA["files"].items()}
ENTRIES = [word.encode() for word in TESSERA["entries"]]


@pytest.mark.parametrize("size", range(16))
def test_checkpoints_of_tessera_are_read_verified_and_signed_the_same(size):
    data = FILES[f"checkpoint.{size}"]
    read, note = checkpoint.read_signed_checkpoint(data)
    assert (read.origin, read.size) == ("example.com/log/testdata", size)
    assert read.root == tree.root(tree.leaf_hash(e) for e in ENTRIES[:size])
    key = vkey.read_vkey(TESSERA["vkey"])
    assert sign.verify_note(note, [key]) == (key,)
    assert sign.sign_note(checkpoint.checkpoint_text(read), sign.read_skey(TESSERA["skey"])) == data


@pytest.mark.parametrize("size", range(1, 16))
def test_tiles_and_bundles_of_tessera_are_written_the_same(size):
    _, (growth,) = tile.grow_tiles(tree.Frontier(), [tree.leaf_hash(e) for e in ENTRIES[:size]])
    assert b"".join(growth.hashes) == FILES[tile.tile_path(0, 0, size)]
    assert tile.bundle_bytes(ENTRIES[:size]) == FILES[tile.bundle_path(0, size)]
    assert tile.read_bundle(FILES[tile.bundle_path(0, size)]) == ENTRIES[:size]


@pytest.mark.parametrize(
    "index, width, path",
    [
        (0, 256, "000"),
        (67, 256, "067"),
        (999, 1, "999.p/1"),
        (1000, 256, "x001/000"),
        (1234067, 256, "x001/x234/067"),
        (273, 112, "273.p/112"),
    ],
)
def test_pieces_are_numbered_as_c2sp_says(index, width, path):
    assert tile.piece_path(index, width) == path
    assert tile.read_piece_path(path) == (index, width)


@pytest.mark.parametrize(
    "path",
    [
        "0",
        "00",
        "0000",
        "x000/000",
        "001/000",
        "000.p/256",
        "000.p/0",
        "000.p/01",
        "000.p/",
        "../000",
        "x001/x000",
        "",
        "000/",
        "٠٠٠",
        "000.p/300",
        "000\n",
    ],
)
def test_a_piece_numbered_in_any_other_way_is_refused(path):
    with pytest.raises(tile.TileMalformed):
        tile.read_piece_path(path)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 400), min_size=1, max_size=4), st.data())
def test_proofs_from_tiles_that_grew_in_batches_are_those_from_all_nodes(batches, data):
    leaves = [tree.leaf_hash(str(i).encode()) for i in range(sum(batches) + 65_300)]
    frontier, levels = tree.Frontier(), {}
    for width in [65_300, *batches]:
        frontier, growths = tile.grow_tiles(frontier, leaves[frontier.size : frontier.size + width])
        for growth in growths:
            kept = levels.setdefault(growth.level, [])
            assert len(kept) == growth.start
            kept.extend(growth.hashes)
    size = frontier.size
    in_tiles = tile.nodes_in_tiles(lambda level, index: levels[level][index * 256 : index * 256 + 256])
    everywhere = tree.nodes_of(leaves)
    position, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    assert tree.inclusion_proof(position, size, in_tiles) == tree.inclusion_proof(position, size, everywhere)
    assert tree.consistency_proof(old, size, in_tiles) == tree.consistency_proof(old, size, everywhere)


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x02a", b"\x00\x00" * 257, b"\xff\xff" + b"a" * 65534])
def test_a_bundle_that_ends_inside_an_entry_or_is_too_long_is_refused(data):
    with pytest.raises(tile.TileMalformed):
        tile.read_bundle(data)


def test_an_entry_too_large_for_a_bundle_is_refused():
    with pytest.raises(tile.TileMalformed):
        tile.bundle_bytes([b"a" * 65_536])


@pytest.mark.parametrize("data", [b"", b"a" * 31, b"a" * 32 * 257])
def test_a_tile_of_another_size_is_refused(data):
    with pytest.raises(tile.TileMalformed):
        tile.read_tile(data)


def test_a_tile_that_is_too_short_names_itself():
    node = tile.nodes_in_tiles(lambda *_: [bytes(32)])
    with pytest.raises(tile.TileMalformed, match="0/0"):
        node(0, 1)


def test_the_pieces_of_a_log_of_70000_are_those_that_c2sp_counts():
    widths = list(tile.piece_widths(70_000))
    assert len(widths) == 274
    assert widths[-1] == (273, 112)
