"""The verdict on whole packs: what is fine stays fine, and each forgery is refused, named and given its exit code."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from clerestory.ledger import canonical
from clerestory.ledger.checkpoint import Checkpoint, checkpoint_text
from clerestory.ledger.leaf import digest_of
from clerestory.ledger.note import note_bytes, read_note
from clerestory.ledger.sign import cosign, sign_note, signing_key
from clerestory.ledger.tile import bundle_bytes, read_bundle
from clerestory.ledger.tree import leaf_hash, root
from clerestory.ledger.vkey import COSIGNATURE
from clerestory.terms.evidence import Content
from clerestory.verify.trust import Trust
from clerestory.verify.verdict import Exit
from tests.simulators.log import KEY, START, MemoryLog, measured, record, small_log
from tests.simulators.pack import (
    changed,
    codes,
    forged,
    judged,
    members_of,
    pack_of,
    places,
    stranger,
    zip_of,
)

PACK = pack_of(small_log())
MEMBERS = members_of(PACK)
ENTRIES, FACTS = "entries/000.p/12", "payloads/facts/000.jsonl"


def swap_at(place: int, by: bytes = b"") -> object:
    return lambda data: data[:place] + (by or bytes([data[place] ^ 1])) + data[place + 1 :]


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


def test_an_untouched_pack_follows_in_every_part(tmp_path):
    verdict = judged(PACK, tmp_path)
    assert verdict.exit_code == Exit.FINE
    assert verdict.problems == ()
    document = verdict.document()
    assert list(document) == [
        "follows",
        "integrity",
        "order",
        "authenticity",
        "witnesses",
        "time",
        "completeness",
        "derivation",
        "problems",
    ]
    assert document["follows"] is True
    assert document["integrity"] == {
        "verdict": "verified",
        "entries": 12,
        "facts": 12,
        "content": {"verified": 3, "erased": [{"leaf": 7, "entry": "entry-0007", "by": 9}], "withheld": 1, "failed": 0},
    }
    assert document["order"] == {"verdict": "verified", "received_out_of_order": 0}
    assert document["authenticity"]["verdict"] == "authentic"
    assert document["witnesses"]["verdict"] == "no independent witness"
    assert document["completeness"] == {
        "verdict": "complete inside the log",
        "beyond": "rows never logged: not provable by a pack",
    }
    assert document["derivation"]["verdict"] == "follows"


def test_the_same_log_gives_the_same_bytes():
    assert pack_of(small_log()) == PACK


def test_what_a_forger_can_mend_alone_changes_nothing_in_an_untouched_pack(tmp_path):
    assert zip_of(forged(MEMBERS)) == PACK
    assert judged(zip_of(forged(MEMBERS)), tmp_path).exit_code == Exit.FINE


def test_without_trust_keys_a_whole_pack_is_not_authenticated(tmp_path):
    verdict = judged(PACK, tmp_path, trust=None)
    assert (verdict.exit_code, codes(verdict)) == (Exit.NOT_AUTHENTICATED, {"E_UNTRUSTED"})
    assert verdict.follows
    assert verdict.authenticity["verdict"] == "not authenticated"


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
    "name, position", [("payloads/content/3.json", 3), ("payloads/content/4.txt", 4), ("payloads/content/8.bin", 8)]
)
def test_a_flipped_byte_in_content_is_refused_and_the_entry_is_named(name, position, tmp_path):
    verdict = judged(zip_of(forged(changed(MEMBERS, name, swap_at(5)))), tmp_path)
    assert (verdict.exit_code, codes(verdict)) == (Exit.DOES_NOT_FOLLOW, {"E_CONTENT"})
    assert places(verdict, "E_CONTENT") == f"leaf {position}, entry entry-{position:04d}"
    assert verdict.integrity["content"]["failed"] == 1


def test_salted_content_in_scope_opens_with_its_salt_and_with_no_other(tmp_path):
    members = members_of(pack_of(small_log(), scope="all"))
    assert judged(zip_of(members), tmp_path).integrity["content"]["verified"] == 4
    openings = json.loads(members["openings.json"])
    salted = next(item for item in openings["contents"] if "salt" in item)
    salted["salt"] = "ff" + salted["salt"][2:]
    verdict = judged(zip_of(forged(members | {"openings.json": canonical.encode(openings)})), tmp_path)
    assert places(verdict, "E_CONTENT") == "leaf 5, entry entry-0005"


@pytest.mark.parametrize("place", [0, 12, 27, 28, 31, 74, 76, 77, 78, 80, 84, 110, 200, 201])
def test_a_flipped_byte_in_the_checkpoint_is_refused(place, tmp_path):
    verdict = judged(zip_of(forged(changed(MEMBERS, "checkpoint", swap_at(place)))), tmp_path)
    assert verdict.exit_code == Exit.DOES_NOT_FOLLOW
    assert codes(verdict) & {"E_CHECKPOINT", "E_SIG"}


def claims_with(**change: object) -> dict[str, bytes]:
    statuses = json.loads(MEMBERS["statuses.json"])
    statuses["statuses"]["iso42001-2023"]["A.6.2"] |= change
    return forged(MEMBERS | {"statuses.json": canonical.encode(statuses)})


def test_an_edited_status_is_refused_and_the_requirement_is_named(tmp_path):
    verdict = judged(zip_of(claims_with(conformity="CONFORMS")), tmp_path)
    assert (verdict.exit_code, codes(verdict)) == (Exit.DOES_NOT_FOLLOW, {"E_STATUS"})
    assert places(verdict, "E_STATUS") == "iso42001-2023, A.6.2"
    assert "claims CONFORMS; the evidence gives NOT_EVIDENCED" in verdict.problems[0].problem
    assert verdict.derivation["verdict"] == "FAILED"
    assert verdict.derivation["mismatches"] == ["iso42001-2023 A.6.2"]
    assert not verdict.follows


def test_an_edited_coverage_or_reason_is_refused_too(tmp_path):
    verdict = judged(zip_of(claims_with(coverage={"have": 1, "need": 1})), tmp_path)
    assert "coverage" in verdict.problems[0].problem
    assert places(verdict, "E_STATUS") == "iso42001-2023, A.6.2"


def test_a_dropped_or_invented_claim_is_refused(tmp_path):
    statuses = json.loads(MEMBERS["statuses.json"])
    framework = statuses["statuses"]["iso42001-2023"]
    framework["Z.9"] = framework.pop("A.6.2")
    verdict = judged(zip_of(forged(MEMBERS | {"statuses.json": canonical.encode(statuses)})), tmp_path)
    assert places(verdict, "E_STATUS") == "iso42001-2023, A.6.2 | iso42001-2023, Z.9"


def test_statuses_of_another_moment_than_the_manifest_says_are_refused(tmp_path):
    statuses = json.loads(MEMBERS["statuses.json"]) | {"at": "2026-11-02T00:00:00.000001Z"}
    verdict = judged(zip_of(forged(MEMBERS | {"statuses.json": canonical.encode(statuses)})), tmp_path)
    assert codes(verdict) == {"E_STATUS"}


def test_statuses_are_derived_as_of_the_moment_of_the_pack_while_the_log_is_whole(tmp_path):
    early = START + timedelta(minutes=3)
    members = members_of(pack_of(small_log(), at=early))
    verdict = judged(zip_of(members), tmp_path)
    assert (verdict.exit_code, verdict.integrity["entries"]) == (Exit.FINE, 12)
    assert json.loads(members["statuses.json"])["statuses"]["iso42001-2023"]["A.7.4"]["because"] == ["entry-0003"]


@pytest.mark.parametrize(
    "old, new, named",
    [
        (b'"max_age":"P90D"', b'"max_age":"P99D"', True),
        (b'"verdict":"PASS"', b'"verdict":"FAIL"', True),
        (b'"title":"', b'"title":"X', False),
    ],
)
def test_a_changed_catalogue_is_refused_and_the_part_and_rule_are_named(old, new, named, tmp_path):
    members = forged(changed(MEMBERS, "catalogue.json", lambda data: data.replace(old, new, 1)))
    verdict = judged(zip_of(members), tmp_path)
    assert verdict.exit_code == Exit.DOES_NOT_FOLLOW
    assert "E_CATALOGUE" in codes(verdict)
    assert places(verdict, "E_CATALOGUE").startswith("catalogue.json")
    if named and verdict.derivation["catalogue"]["differing_rules"]:
        assert verdict.derivation["catalogue"]["differing_rules"][0] in places(verdict, "E_CATALOGUE")


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b'{"rules":1}', b"\xff", b'{"frameworks":[],"rules":[]}', b"[" * 100_000]
)
def test_a_catalogue_that_is_none_is_refused_without_a_crash(data, tmp_path):
    verdict = judged(zip_of(MEMBERS | {"catalogue.json": data}), tmp_path)
    assert "E_CATALOGUE" in codes(verdict)
    assert verdict.exit_code == Exit.DOES_NOT_FOLLOW


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


def test_a_pack_that_another_key_signed_whole_is_refused(tmp_path):
    log = small_log()
    log.key = stranger()
    verdict = judged(pack_of(log), tmp_path)
    assert (verdict.exit_code, codes(verdict)) == (Exit.DOES_NOT_FOLLOW, {"E_SIG"})
    assert judged(pack_of(log), tmp_path, trust=None).exit_code == Exit.NOT_AUTHENTICATED


def test_the_pack_of_another_log_is_refused(tmp_path):
    log = small_log()
    log.key = signing_key("clerestory.local/else", bytes(range(32)))
    verdict = judged(pack_of(log), tmp_path)
    assert verdict.exit_code == Exit.DOES_NOT_FOLLOW
    assert "clerestory.local/else" in " ".join(problem.problem for problem in verdict.problems)


def test_an_owner_who_rewrites_history_is_caught_by_the_auditors_own_older_pack(tmp_path):
    older = tmp_path / "older.zip"
    log = small_log()
    older.write_bytes(pack_of(log))
    log.append(measured(value="0.1"))
    assert judged(pack_of(log), tmp_path, earlier=[older]).exit_code == Exit.FINE
    rewritten = MemoryLog()
    for position in range(12):
        rewritten.append(record("record.note", note=f"invented {position}"))
    rewritten.append(record("record.note", note="more"))
    assert judged(pack_of(rewritten), tmp_path).exit_code == Exit.FINE
    verdict = judged(pack_of(rewritten), tmp_path, earlier=[older])
    assert (verdict.exit_code, codes(verdict)) == (Exit.DOES_NOT_FOLLOW, {"E_FORK"})
    assert verdict.problems[0].remedy.count("clerestory.local/northlight") == 4


def test_a_log_shorter_than_the_checkpoint_seen_earlier_is_a_fork(tmp_path):
    log = small_log()
    log.append(measured(value="0.1"))
    seen = tmp_path / "checkpoint"
    seen.write_text(log.note)
    assert codes(judged(PACK, tmp_path, earlier=[seen])) == {"E_FORK"}


def test_an_earlier_file_that_is_none_is_bad_input(tmp_path):
    seen = tmp_path / "note.txt"
    seen.write_text("hello")
    assert judged(PACK, tmp_path, earlier=[seen]).exit_code == Exit.BAD_INPUT


WITNESS = signing_key("witness.example/auditor", bytes(range(3, 35)), COSIGNATURE)


def test_a_missing_quorum_of_witnesses_has_its_own_exit_code_and_a_met_one_is_counted(tmp_path):
    asks = Trust(KEY.key.name, (KEY.key,), (WITNESS.key,), 1)
    verdict = judged(PACK, tmp_path, trust=asks)
    assert (verdict.exit_code, codes(verdict)) == (Exit.TRUST_UNMET, {"E_QUORUM"})
    seen = note_bytes(
        cosign(read_note(MEMBERS["checkpoint"]), WITNESS, int(datetime(2026, 11, 3, tzinfo=UTC).timestamp()))
    )
    verdict = judged(zip_of(forged(MEMBERS | {"checkpoint": seen})), tmp_path, trust=asks)
    assert verdict.exit_code == Exit.FINE
    assert verdict.witnesses == {"verdict": "quorum met", "count": 1, "required": 1, "names": [WITNESS.key.name]}
    assert verdict.time["exists_since"] == "2026-11-03T00:00:00.000000Z"


def test_a_failure_outweighs_a_missing_quorum(tmp_path):
    asks = Trust(KEY.key.name, (KEY.key,), (WITNESS.key,), 1)
    assert judged(zip_of(claims_with(conformity="CONFORMS")), tmp_path, trust=asks).exit_code == Exit.DOES_NOT_FOLLOW


def openings_with(position: int, **change: object) -> dict[str, bytes]:
    openings = json.loads(MEMBERS["openings.json"])
    item = next(item for item in openings["contents"] if item["position"] == position)
    item |= change
    if item["state"] != "present":
        item.pop("media_type", None)
    members = {
        name: data
        for name, data in MEMBERS.items()
        if item["state"] == "present" or not name.startswith(f"payloads/content/{position}.")
    }
    return forged(members | {"openings.json": canonical.encode(openings)})


def test_content_that_is_gone_without_an_entry_of_its_erasure_fails(tmp_path):
    verdict = judged(zip_of(openings_with(4, state="erased")), tmp_path)
    assert (codes(verdict), places(verdict, "E_ERASURE")) == ({"E_ERASURE"}, "leaf 4, entry entry-0004")


def test_content_in_scope_is_never_just_withheld(tmp_path):
    verdict = judged(zip_of(openings_with(4, state="withheld")), tmp_path)
    assert (codes(verdict), places(verdict, "E_CONTENT")) == ({"E_CONTENT"}, "leaf 4, entry entry-0004")


def test_erased_content_that_is_still_in_the_pack_is_named(tmp_path):
    log = small_log()
    members = openings_with(7, state="present", media_type="text/csv", salt=(7).to_bytes(32, "big").hex())
    order = [*MEMBERS]
    order.insert(order.index("payloads/content/8.bin"), "payloads/content/7.csv")
    members["payloads/content/7.csv"] = b"attendance of John"
    members = forged({name: members[name] for name in order})
    assert log.size == 12
    verdict = judged(zip_of(members), tmp_path)
    assert (codes(verdict), places(verdict, "E_ERASURE")) == ({"E_ERASURE"}, "leaf 7, entry entry-0007")


@pytest.mark.parametrize("name", [name for name in MEMBERS if name != "manifest.json"])
def test_a_missing_member_is_named(name, tmp_path):
    verdict = judged(zip_of({key: data for key, data in MEMBERS.items() if key != name}), tmp_path)
    assert verdict.exit_code == Exit.DOES_NOT_FOLLOW
    assert name in places(verdict, "E_MEMBER")


@pytest.mark.parametrize(
    "name", ["extra.txt", "payloads/content/99.bin", "entries/001.p/3", "payloads/facts/001.jsonl"]
)
def test_an_added_member_is_named(name, tmp_path):
    verdict = judged(zip_of(MEMBERS | {name: b"x"}), tmp_path)
    assert verdict.exit_code == Exit.DOES_NOT_FOLLOW
    assert name in places(verdict, "E_MEMBER")


def test_members_in_another_order_are_refused(tmp_path):
    verdict = judged(zip_of(dict(sorted(MEMBERS.items()))), tmp_path)
    assert "E_MEMBER" in codes(verdict)


@pytest.mark.parametrize("name", ["index.html", "README.txt"])
def test_a_page_for_people_cannot_say_what_the_pack_does_not(name, tmp_path):
    verdict = judged(zip_of(changed(MEMBERS, name, lambda data: data.replace(b"not", b"now", 1))), tmp_path)
    assert (codes(verdict), places(verdict, "E_PAGE")) == ({"E_PAGE"}, name)


def manifest_with(**change: object) -> bytes:
    return canonical.encode(json.loads(MEMBERS["manifest.json"]) | change)


@pytest.mark.parametrize(
    "data, code",
    [
        (manifest_with(v=2), "E_VERSION"),
        (manifest_with(form="subset"), "E_VERSION"),
        (manifest_with(v=True), "E_VERSION"),
        (manifest_with(extra=1), "E_PACK"),
        (manifest_with(size=-1), "E_PACK"),
        (manifest_with(members=[{}]), "E_PACK"),
        (manifest_with(scope="some"), "E_PACK"),
        (b"", "E_PACK"),
        (b"{}", "E_VERSION"),
        (b"{", "E_PACK"),
        (manifest_with(keys=1), "E_PACK"),
    ],
)
def test_a_manifest_that_this_version_does_not_read_is_bad_input(data, code, tmp_path):
    verdict = judged(zip_of(MEMBERS | {"manifest.json": data}), tmp_path)
    assert (verdict.exit_code, codes(verdict)) == (Exit.BAD_INPUT, {code})


def test_a_size_beyond_any_pack_is_refused_in_bounded_time(tmp_path):
    note = sign_note(checkpoint_text(Checkpoint(KEY.key.name, 2**50, b"r" * 32)), KEY)
    members = MEMBERS | {"checkpoint": note, "manifest.json": manifest_with(size=2**50)}
    verdict = judged(zip_of(members), tmp_path)
    assert verdict.exit_code == Exit.BAD_INPUT


def test_moments_of_the_manifest_must_be_moments(tmp_path):
    for change in ({"at": "yesterday"}, {"written_at": "2026-11-03"}, {"at": "2026-11-02T00:00:00Z"}):
        verdict = judged(zip_of(forged(MEMBERS | {"manifest.json": manifest_with(**change)})), tmp_path)
        assert "E_STATUS" in codes(verdict)


def test_entries_received_out_of_order_are_a_notice_and_no_failure(tmp_path):
    log = MemoryLog()
    for minutes in (5, 3, 9):
        log.append(measured(), START + timedelta(minutes=minutes))
    verdict = judged(pack_of(log), tmp_path)
    assert (verdict.exit_code, verdict.order) == (Exit.FINE, {"verdict": "verified", "received_out_of_order": 1})


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


@pytest.mark.parametrize("size", [1, 255, 256, 257, 600])
def test_logs_of_every_width_of_the_last_piece_are_packed_and_verified(size, tmp_path):
    log = MemoryLog()
    for number in range(size):
        log.append(measured(Content(b"c", "text/plain") if number % 100 == 0 else None, value=str(number)))
    verdict = judged(pack_of(log), tmp_path)
    assert (verdict.exit_code, verdict.integrity["entries"]) == (Exit.FINE, size)


def test_an_empty_log_is_packed_and_verified(tmp_path):
    assert judged(pack_of(MemoryLog()), tmp_path).exit_code == Exit.FINE


def test_a_judge_that_cannot_judge_is_a_mismatch_and_no_crash(tmp_path):
    def broken(*_: object) -> object:
        raise KeyError("rule")

    verdict = judged(PACK, tmp_path, judge=broken)
    assert codes(verdict) == {"E_STATUS"}
