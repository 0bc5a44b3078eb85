"""T2, T3: entries taken out, put in, moved or passed off as others; every one is refused, with its code and place."""

import json

import pytest

from clerestory.ledger import canonical
from clerestory.ledger.checkpoint import Checkpoint, checkpoint_text
from clerestory.ledger.note import SignedNote, note_bytes, read_note
from clerestory.ledger.tile import read_bundle
from clerestory.ledger.tree import leaf_hash, root
from clerestory.verify.verdict import Exit
from tests.simulators.log import KEY
from tests.simulators.pack import ENTRIES, FACTS, MEMBERS, codes, forged, judged, places, zip_of
from tests.verify.test_log import with_leaves

LEAVES = read_bundle(MEMBERS[ENTRIES])
LINES = MEMBERS[FACTS].splitlines()
Cut = tuple[list[bytes], list[bytes]]


def cut(how: str, at: int) -> Cut:
    """Leaves and facts of a forger who deletes, inserts, doubles or swaps at a place."""
    leaves, lines = [*LEAVES], [*LINES]
    other = (at + 5) % 12
    for items in (leaves, lines):
        if how == "delete":
            del items[at]
        elif how == "insert":
            items.insert(at, items[other])
        elif how == "double":
            items.insert(at, items[at])
        else:
            items[at], items[other] = items[other], items[at]
    return leaves, lines


def mended(leaves: list[bytes], lines: list[bytes]) -> dict[str, bytes]:
    """The same with a checkpoint over the new root, which still carries the old signature."""
    members = with_leaves(leaves, lines, key=KEY)
    text = checkpoint_text(Checkpoint(KEY.key.name, len(leaves), root(map(leaf_hash, leaves))))
    old = read_note(MEMBERS["checkpoint"])
    return forged(members | {"checkpoint": note_bytes(SignedNote(text, old.signatures))})


@pytest.mark.parametrize("at", [0, 4, 11])
@pytest.mark.parametrize("how", ["delete", "insert", "double", "swap"])
def test_t2_an_entry_taken_out_put_in_doubled_or_moved_is_refused_with_either_checkpoint(how, at, tmp_path):
    leaves, lines = cut(how, at)
    verdict = judged(zip_of(with_leaves(leaves, lines)), tmp_path)
    code = "E_ROOT" if how == "swap" else "E_SIZE"
    assert (verdict.exit_code, verdict.order["verdict"]) == (Exit.DOES_NOT_FOLLOW, "FAILED")
    assert places(verdict, code) == "checkpoint"
    verdict = judged(zip_of(mended(leaves, lines)), tmp_path)
    assert (verdict.exit_code, verdict.authenticity["verdict"]) == (Exit.DOES_NOT_FOLLOW, "FAILED")
    assert places(verdict, "E_SIG") == "checkpoint"


@pytest.mark.parametrize("count", range(1, 12))
def test_t2_the_last_entries_cut_off_are_refused_by_the_old_checkpoint_and_by_a_new_one(count, tmp_path):
    leaves, lines = LEAVES[:-count], LINES[:-count]
    assert places(judged(zip_of(with_leaves(leaves, lines)), tmp_path), "E_SIZE") == "checkpoint"
    assert places(judged(zip_of(mended(leaves, lines)), tmp_path), "E_SIG") == "checkpoint"


@pytest.mark.parametrize("name", [ENTRIES, FACTS, "openings.json", "payloads/content/4.txt"])
def test_t2_a_dropped_bundle_piece_of_facts_opening_or_payload_is_named(name, tmp_path):
    members = {other: data for other, data in MEMBERS.items() if other != name}
    verdict = judged(zip_of(members), tmp_path)
    assert verdict.exit_code == Exit.DOES_NOT_FOLLOW
    assert name in places(verdict, "E_MEMBER").split(" | ")
    assert verdict.integrity["verdict"] == "FAILED"


def test_t2_content_in_scope_that_is_gone_without_an_erasure_has_failed_and_is_never_called_withheld(tmp_path):
    openings = json.loads(MEMBERS["openings.json"])
    left = [item for item in openings["contents"] if item["position"] != 4]
    members = {name: data for name, data in MEMBERS.items() if name != "payloads/content/4.txt"}
    members |= {"openings.json": canonical.encode(openings | {"contents": left})}
    verdict = judged(zip_of(forged(members)), tmp_path)
    assert places(verdict, "E_CONTENT") == "leaf 4, entry entry-0004"
    assert (verdict.integrity["content"]["withheld"], verdict.integrity["content"]["failed"]) == (1, 1)


def test_t2_facts_that_are_missing_have_failed_whoever_signs(tmp_path):
    verdict = judged(zip_of(with_leaves(LEAVES, LINES[:7] + LINES[8:], key=KEY)), tmp_path)
    assert places(verdict, "E_FACTS").startswith("leaf 7")
    assert verdict.integrity["verdict"] == "FAILED"


@pytest.mark.parametrize("at", [0, 6, 10])
def test_t3_a_leaf_of_two_hashes_is_no_entry_even_though_the_owner_signs_it(at, tmp_path):
    two = leaf_hash(LEAVES[at]) + leaf_hash(LEAVES[at + 1])
    assert len(two) == 64
    leaves, lines = [*LEAVES[:at], two, *LEAVES[at + 2 :]], [*LINES[:at], *LINES[at + 1 :]]
    verdict = judged(zip_of(with_leaves(leaves, lines)), tmp_path)
    assert {"E_LEAF", "E_SIZE"} <= codes(verdict)
    verdict = judged(zip_of(with_leaves(leaves, lines, key=KEY)), tmp_path)
    assert verdict.exit_code == Exit.DOES_NOT_FOLLOW
    assert f"leaf {at}" in places(verdict, "E_LEAF")


def test_t2_t3_the_untouched_pack_follows(tmp_path):
    for members in (MEMBERS, with_leaves(LEAVES, LINES), with_leaves(LEAVES, LINES, key=KEY)):
        assert judged(zip_of(members), tmp_path).exit_code == Exit.FINE
