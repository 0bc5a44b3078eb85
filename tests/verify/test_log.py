"""The walk through the log: every changed, dropped, added, moved or doubled entry is refused and named."""

import json
from datetime import timedelta

import pytest

from clerestory.ledger import canonical
from clerestory.ledger.checkpoint import Checkpoint, checkpoint_text
from clerestory.ledger.leaf import digest_of
from clerestory.ledger.sign import sign_note
from clerestory.ledger.tile import bundle_bytes, read_bundle
from clerestory.ledger.tree import leaf_hash, root
from clerestory.terms.evidence import Content
from clerestory.verify.verdict import Exit
from tests.simulators.log import KEY, START, MemoryLog, measured
from tests.simulators.pack import (
    ENTRIES,
    FACTS,
    MEMBERS,
    codes,
    forged,
    judged,
    members_of,
    pack_of,
    places,
    stranger,
    swap_at,
    zip_of,
)


def with_leaves(leaves: list[bytes], facts: list[bytes] | None = None, key=None) -> dict[str, bytes]:
    """A pack whose leaves were exchanged, with everything mended that can be mended; signed where a key is given."""
    lines = MEMBERS[FACTS].splitlines() if facts is None else facts
    note = MEMBERS["checkpoint"]
    if key is not None:
        text = checkpoint_text(Checkpoint(KEY.key.name, len(leaves), root(map(leaf_hash, leaves))))
        note = sign_note(text, key)
    members = {}
    for name, data in MEMBERS.items():
        new = f"entries/000.p/{len(leaves)}" if name == ENTRIES and key is not None else name
        members[new] = {
            ENTRIES: bundle_bytes(leaves),
            FACTS: b"".join(line + b"\n" for line in lines),
            "checkpoint": note,
        }.get(name, data)
    if key is not None:
        manifest = json.loads(members["manifest.json"]) | {"size": len(leaves)}
        members["manifest.json"] = canonical.encode(manifest)
    return forged(members)


LEAVES = read_bundle(MEMBERS[ENTRIES])


LINES = MEMBERS[FACTS].splitlines()


@pytest.mark.parametrize("position", range(12))
def test_a_flipped_byte_in_an_entry_is_refused_and_the_leaf_is_named(position, tmp_path):
    for place in range(3, len(LEAVES[position]), 83):
        leaves = [*LEAVES]
        leaves[position] = swap_at(place)(leaves[position])
        verdict = judged(zip_of(with_leaves(leaves)), tmp_path)
        assert verdict.exit_code == Exit.DOES_NOT_FOLLOW
        assert "E_ROOT" in codes(verdict)
        named = " ".join(p.where for p in verdict.problems if p.code in ("E_LEAF", "E_FACTS", "E_CONTENT"))
        assert f"leaf {position}" in named, (place, verdict.problems)


@pytest.mark.parametrize("position", range(12))
def test_a_flipped_byte_in_facts_is_refused_and_the_leaf_is_named(position, tmp_path):
    for place in range(2, len(LINES[position]), 131):
        lines = [*LINES]
        lines[position] = swap_at(place)(lines[position])
        verdict = judged(zip_of(with_leaves(LEAVES, lines)), tmp_path)
        assert verdict.exit_code == Exit.DOES_NOT_FOLLOW
        assert f"leaf {position}," in places(verdict, "E_FACTS")


@pytest.mark.parametrize(
    "leaves",
    [
        pytest.param(LEAVES[:-1], id="last dropped"),
        pytest.param(LEAVES[:4] + LEAVES[5:], id="one dropped"),
        pytest.param([*LEAVES, LEAVES[3]], id="one doubled"),
        pytest.param(LEAVES[1:], id="first dropped"),
        pytest.param([], id="all dropped"),
    ],
)
def test_a_dropped_or_added_entry_is_refused_by_the_signed_size(leaves, tmp_path):
    verdict = judged(zip_of(with_leaves(leaves)), tmp_path)
    assert verdict.exit_code == Exit.DOES_NOT_FOLLOW
    assert "E_SIZE" in codes(verdict)
    assert verdict.completeness["verdict"] == "FAILED"


@pytest.mark.parametrize("count", range(1, 12))
def test_the_last_entries_cannot_be_cut_off_with_an_unsigned_root(count, tmp_path):
    members = with_leaves(LEAVES[:-count], LINES[:-count], key=stranger())
    verdict = judged(zip_of(members), tmp_path)
    assert verdict.exit_code == Exit.DOES_NOT_FOLLOW
    assert "E_SIG" in codes(verdict)


def test_swapped_entries_are_refused(tmp_path):
    leaves, lines = [*LEAVES], [*LINES]
    leaves[3], leaves[6], lines[3], lines[6] = leaves[6], leaves[3], lines[6], lines[3]
    verdict = judged(zip_of(with_leaves(leaves, lines)), tmp_path)
    assert "E_ROOT" in codes(verdict)
    assert verdict.order["verdict"] == "FAILED"
    assert verdict.order["received_out_of_order"] > 0


def test_one_dropped_entry_names_the_facts_that_are_left_over(tmp_path):
    verdict = judged(zip_of(with_leaves(LEAVES[:4] + LEAVES[5:])), tmp_path)
    assert "facts in line 4, entry entry-0004" in places(verdict, "E_FACTS")


def test_missing_facts_fail_and_are_never_withheld(tmp_path):
    verdict = judged(zip_of(with_leaves(LEAVES, LINES[:7] + LINES[8:])), tmp_path)
    assert verdict.exit_code == Exit.DOES_NOT_FOLLOW
    assert places(verdict, "E_FACTS").startswith("leaf 7, record.training")
    assert codes(verdict) == {"E_FACTS"}
    assert "neither withheld nor erased" in verdict.problems[0].problem


def test_facts_in_another_order_are_refused(tmp_path):
    verdict = judged(zip_of(with_leaves(LEAVES, [LINES[1], LINES[0], *LINES[2:]])), tmp_path)
    assert codes(verdict) == {"E_FACTS"}


def test_a_doubled_entry_id_is_named_even_when_the_owner_signs_it(tmp_path):
    members = with_leaves([*LEAVES, LEAVES[3]], [*LINES, LINES[3]], key=KEY)
    openings = json.loads(members["openings.json"])
    openings["contents"].append(openings["contents"][0] | {"position": 12, "state": "withheld"})
    del openings["contents"][-1]["media_type"]
    verdict = judged(zip_of(forged(members | {"openings.json": canonical.encode(openings)})), tmp_path)
    assert places(verdict, "E_ENTRY") == "leaf 12, entry entry-0003"


def test_an_entry_that_contradicts_its_facts_is_named_even_when_the_owner_signs_it(tmp_path):
    leaves = [*LEAVES]
    leaves[2] = leaves[2].replace(b'"actor":"person-0a"', b'"actor":"person-0b"')
    verdict = judged(zip_of(with_leaves(leaves, key=KEY)), tmp_path)
    assert codes(verdict) == {"E_FACTS"}
    assert "actor" in verdict.problems[0].problem
    assert places(verdict, "E_FACTS") == "leaf 2, entry entry-0002"


def test_a_forger_who_edits_facts_and_recomputes_the_tree_without_the_key_is_refused(tmp_path):
    line = LINES[6].replace(b"0.84", b"0.99")
    leaf = LEAVES[6].replace(digest_of(LINES[6]).encode(), digest_of(line).encode())
    leaves, lines = [*LEAVES[:6], leaf, *LEAVES[7:]], [*LINES[:6], line, *LINES[7:]]
    for key in (stranger(), None):
        verdict = judged(zip_of(with_leaves(leaves, lines, key=key)), tmp_path)
        assert verdict.exit_code == Exit.DOES_NOT_FOLLOW
        assert codes(verdict) == ({"E_SIG"} if key else {"E_ROOT"})
    own = judged(zip_of(with_leaves(leaves, lines, key=stranger())), tmp_path, trust=None)
    assert own.exit_code == Exit.DOES_NOT_FOLLOW


def test_entries_received_out_of_order_are_a_notice_and_no_failure(tmp_path):
    log = MemoryLog()
    for minutes in (5, 3, 9):
        log.append(measured(), START + timedelta(minutes=minutes))
    verdict = judged(pack_of(log), tmp_path)
    assert (verdict.exit_code, verdict.order) == (Exit.FINE, {"verdict": "verified", "received_out_of_order": 1})


@pytest.mark.parametrize("size", [1, 255, 256, 257, 600])
def test_logs_of_every_width_of_the_last_piece_are_packed_and_verified(size, tmp_path):
    log = MemoryLog()
    for number in range(size):
        log.append(measured(Content(b"c", "text/plain") if number % 100 == 0 else None, value=str(number)))
    verdict = judged(pack_of(log), tmp_path)
    assert (verdict.exit_code, verdict.integrity["entries"]) == (Exit.FINE, size)


def test_a_flood_of_problems_is_counted_and_cut(tmp_path):
    verdict = judged(zip_of(with_leaves(LEAVES, [line[:-1] + b" }" for line in LINES])), tmp_path)
    assert len(verdict.problems) < 60
    log = MemoryLog()
    for number in range(60):
        log.append(measured(value=str(number)))
    members = members_of(pack_of(log))
    members[FACTS] = members[FACTS].replace(b"PASS", b"FAIL")
    verdict = judged(zip_of(members), tmp_path)
    assert "40 more problems" in verdict.problems[-1].problem
