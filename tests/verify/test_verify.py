"""The verdict on whole packs: what is fine stays fine; members and manifests that do not belong are refused."""

import json
import resource
import time
from datetime import timedelta

import pytest

from clerestory import __version__
from clerestory.ledger import canonical
from clerestory.ledger.checkpoint import Checkpoint, checkpoint_text
from clerestory.ledger.sign import sign_note
from clerestory.verify.form.layout import LARGEST_LOG
from clerestory.verify.verdict import Exit
from clerestory.verify.words import page
from tests.simulators.log import KEY, START, MemoryLog, small_log
from tests.simulators.pack import (
    FACTS,
    MEMBERS,
    PACK,
    changed,
    codes,
    crafted,
    forged,
    judged,
    pack_of,
    places,
    zip_of,
)


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
        "unsigned",
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
        "rows": {"verdict": "never compared"},
        "beyond": "rows never logged: not provable by a pack",
    }
    assert document["derivation"]["verdict"] == "follows"
    assert document["derivation"]["received_after"] == 0
    assert document["unsigned"] == {
        "verdict": "said by the pack alone",
        "at": "2026-11-02T00:00:00.000000Z",
        "written_at": "2026-11-03T09:30:00.000000Z",
        "tool": f"clerestory {__version__}",
        "scope": "without-personal",
    }


def test_the_same_log_gives_the_same_bytes():
    assert pack_of(small_log()) == PACK


def test_what_a_forger_can_mend_alone_changes_nothing_in_an_untouched_pack(tmp_path):
    assert zip_of(forged(MEMBERS)) == PACK
    assert judged(zip_of(forged(MEMBERS)), tmp_path).exit_code == Exit.FINE


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
        (manifest_with(page=0), "E_VERSION"),
        (manifest_with(page=1), "E_VERSION"),
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


def test_no_page_number_switches_the_comparison_of_pages_off(tmp_path):
    pages = {"index.html": b"<h1>All requirements CONFORM</h1>", "README.txt": b"Trust me."}
    members = MEMBERS | {"manifest.json": manifest_with(page=1)} | pages
    verdict = judged(zip_of(members), tmp_path)
    assert (verdict.exit_code, codes(verdict)) == (Exit.BAD_INPUT, {"E_VERSION"})
    assert "pages" in verdict.problems[0].problem


def test_a_size_beyond_any_pack_is_refused_in_bounded_time(tmp_path):
    note = sign_note(checkpoint_text(Checkpoint(KEY.key.name, 2**50, b"r" * 32)), KEY)
    members = MEMBERS | {"checkpoint": note, "manifest.json": manifest_with(size=2**50)}
    verdict = judged(zip_of(members), tmp_path)
    assert verdict.exit_code == Exit.BAD_INPUT


def test_moments_of_the_manifest_must_be_moments(tmp_path):
    for change in ({"at": "yesterday"}, {"written_at": "2026-11-03"}, {"at": "2026-11-02T00:00:00Z"}):
        verdict = judged(zip_of(forged(MEMBERS | {"manifest.json": manifest_with(**change)})), tmp_path)
        assert "E_STATUS" in codes(verdict)


def test_entries_received_after_the_moment_of_the_statuses_are_counted_and_told(tmp_path):
    for at, late in ((START - timedelta(days=10_000), 12), (START + timedelta(minutes=9), 2)):
        verdict = judged(pack_of(small_log(), at=at), tmp_path)
        assert (verdict.exit_code, verdict.derivation["received_after"]) == (Exit.FINE, late)
        words = " ".join(page(verdict, "pack.zip").split())
        assert f"{late} entries were received after that moment" in words
    assert "received after" not in page(judged(PACK, tmp_path), "pack.zip")


def test_the_words_say_what_anybody_could_have_chosen_and_the_pages_say_so_too(tmp_path):
    chosen = {"written_at": "2099-01-01T00:00:00.000000Z", "tool": "another tool"}
    verdict = judged(zip_of(forged(MEMBERS | {"manifest.json": manifest_with(**chosen)})), tmp_path)
    assert verdict.unsigned["written_at"] == chosen["written_at"]
    words = " ".join(page(verdict, "pack.zip").split())
    assert "Not signed, whoever handed the pack on could have chosen it: the moment of the statuses" in words
    assert "scope: without-personal" in words
    assert "written 2099-01-01 00:00:00 UTC by another tool" in words
    for name in ("README.txt", "index.html"):
        assert b"not signed: whoever handed this file on" in MEMBERS[name]


def test_an_empty_log_is_packed_and_verified(tmp_path):
    assert judged(pack_of(MemoryLog()), tmp_path).exit_code == Exit.FINE


def test_a_log_that_would_fill_the_memory_is_refused_before_it_is_read(tmp_path):
    packed = bytes(11 * 1024 * 1024)
    verdict = judged(crafted(("entries/000", 8, packed, LARGEST_LOG + 1, 0)), tmp_path)
    assert (verdict.exit_code, codes(verdict)) == (Exit.BAD_INPUT, {"E_PACK"})
    assert "larger than this verifier reads" in verdict.problems[0].problem


@pytest.mark.parametrize(
    "name, code",
    [
        ("manifest.json", "E_PACK"),
        ("openings.json", "E_CONTENT"),
        ("catalogue.json", "E_CATALOGUE"),
        ("statuses.json", "E_STATUS"),
    ],
)
def test_a_document_of_countless_values_is_refused_before_it_is_read(name, code, tmp_path):
    flood = b'{"a":[' + b"{}," * 4_000_000 + b"{}]}"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    verdict = judged(zip_of(MEMBERS | {name: flood}), tmp_path)
    assert code in codes(verdict)
    assert verdict.exit_code in (Exit.DOES_NOT_FOLLOW, Exit.BAD_INPUT)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000  # kilobytes


@pytest.mark.parametrize("lines", [b"\n" * 4_000_000, b"{}\n" * 1_000_000, b"\n" * 300])
def test_facts_of_countless_lines_are_refused_in_bounded_time(lines, tmp_path):
    pack = zip_of(MEMBERS | {FACTS: lines})
    before = time.process_time()
    verdict = judged(pack, tmp_path)
    assert time.process_time() - before < 5
    assert (verdict.exit_code, "E_FACTS" in codes(verdict)) == (Exit.DOES_NOT_FOLLOW, True)


def test_facts_of_countless_values_are_bad_input(tmp_path):
    verdict = judged(zip_of(MEMBERS | {FACTS: b'{"a":[' + b'"",' * 3_000_000 + b'""]}\n'}), tmp_path)
    assert (verdict.exit_code, codes(verdict)) == (Exit.BAD_INPUT, {"E_PACK"})


def test_countless_empty_entries_are_bad_input_in_bounded_time(tmp_path):
    members = {name: data for name, data in MEMBERS.items() if not name.startswith("entries/")}
    bundles = {f"entries/{number:03d}": bytes(2 * 256) for number in range(900)}
    pack = zip_of(members | bundles)
    before = time.process_time()
    verdict = judged(pack, tmp_path)
    assert time.process_time() - before < 1
    assert (verdict.exit_code, codes(verdict)) == (Exit.BAD_INPUT, {"E_PACK"})
    assert "malformed" in verdict.problems[0].problem
