"""Go's sumdb packages read what we write, and we read what they write: trees, tiles, proofs and signed notes."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from clerestory.ledger import checkpoint, note, sign, tile, tree, vkey
from tests.conftest import unavailable

SOURCE = Path(__file__).with_name("main.go")
DEBIANS = Path("/usr/share/gocode")
LARGEST = 70_000
SIZES = (1, 2, 3, 255, 256, 257, 511, 513, 65_535, 65_536, 65_537, LARGEST)
POSITIONS = ((1, 0), (2, 1), (7, 3), (255, 254), (256, 0), (257, 256), (65_537, 65_536), (LARGEST, 12_345))
ENTRIES = [b"entry %d" % i for i in range(LARGEST)]
LEAVES = [tree.leaf_hash(entry) for entry in ENTRIES]
ORIGIN = "log.example/a"


class Go:
    """The Go program, asked one line at a time."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, do: str, **said: Any) -> dict[str, Any]:
        """Return what Go answers; bytes travel as base64."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **said}, default=coded).encode() + b"\n")
        self._process.stdin.flush()
        return dict(json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """End it."""
        self._process.communicate(timeout=10)


def coded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def decoded(texts: list[str]) -> tuple[bytes, ...]:
    return tuple(base64.b64decode(text) for text in texts)


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Go]:
    """A Go program with the entries in its tree, built from Debian's packages."""
    folder = tmp_path_factory.mktemp("sumdb")
    if shutil.which("go") is None or not DEBIANS.is_dir():
        unavailable("Go with golang.org/x/mod (Debian: golang-go, golang-golang-x-mod-dev)")
    settings = {"GO111MODULE": "off", "GOPATH": str(DEBIANS), "GOCACHE": str(folder / "cache"), "GOFLAGS": ""}
    subprocess.run(["go", "build", "-o", folder / "sumdb", SOURCE], check=True, env={**os.environ, **settings})
    other = Go(folder / "sumdb")
    for first in range(0, LARGEST, 10_000):
        assert other.ask("grow", leaves=ENTRIES[first : first + 10_000], size=first) == {}
    yield other
    other.close()


@pytest.fixture(scope="module")
def node() -> tree.NodeReader:
    return tree.nodes_of(LEAVES)


@pytest.mark.parametrize("size", SIZES)
def test_both_reckon_the_same_root(go, size):
    assert decoded([go.ask("root", size=size)["root"]]) == (tree.root(LEAVES[:size]),)


@pytest.mark.parametrize("size", SIZES)
def test_both_write_the_same_tiles(go, size):
    _, growths = tile.grow_tiles(tree.Frontier(), LEAVES[:size])
    assert all(growth.start == 0 for growth in growths)
    ours = {
        (growth.level, index): growth.hashes[index * tile.WIDTH : (index + 1) * tile.WIDTH]
        for growth in growths
        for index in range(-(-len(growth.hashes) // tile.WIDTH))
    }
    theirs = {
        (piece["level"], piece["index"]): tuple(tile.read_tile(base64.b64decode(piece["data"])))
        for piece in go.ask("tiles", size=size)["tiles"]
    }
    assert ours == theirs


@pytest.mark.parametrize("size, position", POSITIONS)
def test_each_accepts_the_other_s_proof_that_an_entry_is_in_a_log_and_refuses_it_for_another(go, node, size, position):
    root = tree.root(LEAVES[:size])
    theirs = decoded(go.ask("inclusion", size=size, index=position)["proof"])
    assert theirs == tree.inclusion_proof(position, size, node)
    tree.verify_inclusion(LEAVES[position], position, size, theirs, root)
    claim = {"size": size, "index": position, "root": root, "proof": list(theirs)}
    assert go.ask("check inclusion", leaf=LEAVES[position], **claim) == {}
    other = LEAVES[position + 1]
    assert "error" in go.ask("check inclusion", leaf=other, **claim)
    with pytest.raises(tree.ProofMismatch):
        tree.verify_inclusion(other, position, size, theirs, root)


@pytest.mark.parametrize("old, size", list(pairwise(SIZES)))
def test_each_accepts_the_other_s_proof_that_a_log_only_grew_and_refuses_it_for_another_past(go, node, old, size):
    before, root = tree.root(LEAVES[:old]), tree.root(LEAVES[:size])
    theirs = decoded(go.ask("consistency", size=size, old=old)["proof"])
    assert theirs == tree.consistency_proof(old, size, node)
    tree.verify_consistency(old, size, theirs, before, root)
    claim = {"size": size, "old": old, "root": root, "proof": list(theirs)}
    assert go.ask("check consistency", before=before, **claim) == {}
    rewritten = tree.root([tree.leaf_hash(b"rewritten"), *LEAVES[1:old]])
    assert "error" in go.ask("check consistency", before=rewritten, **claim)
    with pytest.raises(tree.ProofMismatch):
        tree.verify_consistency(old, size, theirs, rewritten, root)


def a_checkpoint() -> str:
    return checkpoint.checkpoint_text(checkpoint.Checkpoint(ORIGIN, LARGEST, tree.root(LEAVES)))


def changed(signed: bytes) -> bytes:
    """Return a note that names one entry more."""
    return signed.replace(b"\n%d\n" % LARGEST, b"\n%d\n" % (LARGEST + 1))


def test_go_opens_the_notes_that_we_sign_and_refuses_them_once_they_are_changed(go):
    key = sign.generate_key(ORIGIN)
    signed = sign.sign_note(a_checkpoint(), key)
    keys = [vkey.vkey_text(key.key)]
    assert go.ask("open", note=signed, keys=keys) == {"text": a_checkpoint(), "signed": [ORIGIN]}
    assert "error" in go.ask("open", note=changed(signed), keys=keys)
    secret = sign.skey_text(key)
    assert base64.b64decode(go.ask("sign", text=a_checkpoint(), secret=secret)["note"]) == signed


def test_we_open_the_notes_that_go_signs_and_refuse_them_once_they_are_changed(go):
    made = go.ask("key", name=ORIGIN)
    key = vkey.read_vkey(made["public"])
    assert sign.read_skey(made["secret"]).key == key
    signed = base64.b64decode(go.ask("sign", text=a_checkpoint(), secret=made["secret"])["note"])
    read, opened = checkpoint.read_signed_checkpoint(signed)
    assert (read.origin, read.size, read.root) == (ORIGIN, LARGEST, tree.root(LEAVES))
    assert sign.verify_note(opened, [key]) == (key,)
    with pytest.raises(sign.SignatureMismatch):
        sign.verify_note(note.read_note(changed(signed)), [key])


def test_go_opens_a_note_that_a_witness_of_ours_cosigned_and_passes_over_the_line_it_does_not_know(go):
    key, witness = sign.generate_key(ORIGIN), sign.generate_key("witness.example/w", vkey.COSIGNATURE)
    cosigned = sign.cosign(note.read_note(sign.sign_note(a_checkpoint(), key)), witness, 1_790_000_000)
    opened = go.ask("open", note=note.note_bytes(cosigned), keys=[vkey.vkey_text(key.key)])
    assert opened == {"text": a_checkpoint(), "signed": [ORIGIN]}
