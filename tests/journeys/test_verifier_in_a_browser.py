"""An auditor opens verify.html from disk, without network: the same verdicts as clerestory-verify, but for statuses."""

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from clerestory.ledger.exchange.proof import EntryProof, proof_bytes
from clerestory.ledger.note import note_bytes, read_note
from clerestory.ledger.sign import cosign, signing_key, verify
from clerestory.ledger.tile import bundle_bytes
from clerestory.ledger.tree import inclusion_proof, nodes_of
from clerestory.ledger.vkey import COSIGNATURE, vkey_text
from clerestory.verify.command import check as by_command
from clerestory.verify.derivation import derive
from clerestory.verify.single import verify_entry
from clerestory.verify.trust import Trust, read_trust, trust_text
from clerestory.verify.verify import verify as by_python
from tests.simulators.browser import check, shot
from tests.simulators.judge import simple_judge
from tests.simulators.log import KEY, small_log
from tests.simulators.pack import ENTRIES, FACTS, MEMBERS, PACK, TRUST, forged, pack_of, stranger, swap_at, zip_of
from tests.simulators.page import Page, bundled, opened, without_statuses
from tests.verify import test_rotation
from tests.verify.tamper import test_checkpoints, test_entries, test_hostile
from tests.verify.test_log import with_leaves
from tests.verify.test_reconciled import FITS, NOT, looked_at
from tests.verify.test_single import HASHES, LOG

pytestmark = pytest.mark.browser
VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "ledger"
WITNESS = signing_key("witness.example", bytes(range(3, 35)), COSIGNATURE)
LEAVES, LINES = test_entries.LEAVES, test_entries.LINES


@pytest.fixture
def page(chromium: Any, tmp_path: Path) -> Any:
    with opened(chromium, tmp_path) as one:
        yield one


def same(
    page: Page, pack: bytes, trust: Trust | None = TRUST, earlier: tuple[bytes, ...] = (), where: str = ""
) -> dict:
    """Ask both about a pack; they say the same but for what follows from rules. What the page says is returned."""
    file, keys = page.folder / "pack.zip", page.folder / "trust.json"
    file.write_bytes(pack)
    if trust is not None:
        keys.write_text(trust_text(trust))
    before = [page.folder / f"earlier-{number}.zip" for number, _ in enumerate(earlier)]
    for one, data in zip(before, earlier, strict=True):
        one.write_bytes(data)
    theirs = by_python(file, trust, earlier=before, judge=simple_judge).document()
    ours = json.loads(page.answer(file, None if trust is None else keys, before))
    assert ours == without_statuses(json.loads(json.dumps(theirs))), where
    return dict(ours)


def data_of(test: Any) -> list[tuple[str, bytes]]:
    """The packs or parts of packs that another test is given, with their names."""
    (mark,) = [mark for mark in test.pytestmark if mark.name == "parametrize"]
    return [(one.id or "", one.values[0]) for one in mark.args[1]]


def test_t20_a_whole_pack_has_the_document_of_the_command_line_byte_for_byte_but_for_derivation(page):
    file, keys = page.folder / "northlight.zip", page.folder / "trust.json"
    file.write_bytes(pack_of(small_log(), judge=derive))
    keys.write_text(trust_text(TRUST))
    theirs = by_command(file, keys).document()
    assert theirs["derivation"]["verdict"] == "follows"
    derivation = {
        "verdict": "not derived here",
        "follows": None,
        "not_checked": ["catalogue.json", "statuses.json", "index.html", "report.pdf"],
        "beyond": "statuses are derived again by verify.py and clerestory-verify",
    }
    wanted = json.dumps(theirs | {"derivation": derivation}, ensure_ascii=False, indent=2)
    assert page.answer(file, keys) == f"{wanted}\n"


@pytest.mark.parametrize(
    "results", [(FITS,), (FITS, NOT), (NOT, FITS), ({"outcome": "fits"},), (FITS | {"rows": True},)]
)
def test_what_the_log_says_of_its_comparison_with_the_rows_is_told_alike(page, results):
    file, keys = page.folder / "northlight.zip", page.folder / "trust.json"
    file.write_bytes(looked_at(*results))
    keys.write_text(trust_text(TRUST))
    theirs = by_command(file, keys).document()
    assert json.loads(page.answer(file, keys))["completeness"] == theirs["completeness"]


def test_one_file_that_loads_nothing_runs_no_other_script_and_connects_nowhere(page):
    text = (page.folder / "verify.html").read_text()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', text)
    for tag, name in (("script", "script-src"), ("style", "style-src")):
        (inside,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}';" in policy
    assert "default-src 'none'" in policy
    assert "connect-src 'none'" in policy
    assert "unsafe" not in policy
    assert re.findall(r"(?:src|href)=", text.split("<script>")[0]) == []


def test_trust_quorum_and_policy_count_alike(page):
    seen = note_bytes(cosign(read_note(MEMBERS["checkpoint"]), WITNESS, 1_790_000_000))
    witnessed = zip_of(forged(MEMBERS | {"checkpoint": seen}))
    asks = Trust(KEY.key.name, (KEY.key,), (WITNESS.key,), 1)
    assert same(page, PACK, None)["authenticity"]["verdict"] == "not authenticated"
    assert same(page, PACK, Trust(KEY.key.name, (stranger().key,)))["authenticity"]["verdict"] == "FAILED"
    assert same(page, PACK, asks)["problems"][0]["code"] == "E_QUORUM"
    assert same(page, witnessed, asks)["time"]["exists_since"] == "2026-09-21T14:13:20.000000Z"
    file, policy = page.folder / "pack.zip", page.folder / "policy.txt"
    file.write_bytes(witnessed)
    for text in (
        f"log {vkey_text(KEY.key)}\nwitness w {vkey_text(WITNESS.key)}\ngroup g any w\nquorum g\n",
        f"log {vkey_text(KEY.key)}\nwitness w {vkey_text(WITNESS.key)}\nquorum none\n",
        f"{vkey_text(KEY.key)}\n# a remark\n{vkey_text(WITNESS.key)}\n",
    ):
        policy.write_text(text)
        theirs = by_python(file, read_trust(text.encode()), judge=simple_judge).document()
        assert json.loads(page.answer(file, policy)) == without_statuses(json.loads(json.dumps(theirs)))


def test_a_trust_file_that_cannot_be_read_is_named_in_the_same_words(page, monkeypatch):
    monkeypatch.chdir(page.folder)
    file, keys = Path("pack.zip"), Path("trust.txt")
    file.write_bytes(PACK)
    good = json.loads(trust_text(TRUST))
    for data in (
        b"", b"{", b"\xff", b'{"v":1,"v":1}', b'{"v":1.5}', b"[]", json.dumps(good | {"v": 2}).encode(),
        json.dumps(good | {"quorum": 3}).encode(), json.dumps(good | {"keys": ["x"]}).encode(),
        b"log x\n", b"quorum none\n", b"log a b c\n", b"witness none x\n", b"quorum w\n", b"group g 2 w\nquorum g\n",
    ):  # fmt: skip
        keys.write_bytes(data)
        theirs = by_command(file, keys).document()
        assert json.loads(page.answer(file.absolute(), keys.absolute())) == theirs, data


def test_a_changed_key_is_followed_and_an_old_one_refused_alike(page):
    log, old, new = test_rotation.rotated(), test_rotation.OLD, test_rotation.NEW
    pack = pack_of(test_rotation.signed(log, new))
    for trust in (TRUST, test_rotation.NEWEST, None):
        answer = same(page, pack, trust)
        assert answer["follows"]
        assert len(answer["authenticity"].get("turns", [])) == {TRUST: 2, test_rotation.NEWEST: 1}.get(trust, 0)
    log.append(test_rotation.measured(value="0.1"))
    stolen = pack_of(test_rotation.signed(log, old))
    for trust in (TRUST, test_rotation.NEWEST):
        assert {one["code"] for one in same(page, stolen, trust)["problems"]} == {"E_KEY"}
    bad = small_log()
    test_rotation.announced(bad, old, new, said="no statement")
    test_rotation.announced(bad, new, test_rotation.THIRD)
    same(page, pack_of(test_rotation.signed(bad, old)))
    gone = test_rotation.rotated("compromised")
    same(page, pack_of(test_rotation.signed(gone, new)), Trust(old.key.name, (old.key, new.key)))


def test_an_earlier_pack_or_checkpoint_of_another_history_exposes_the_pack(page):
    rewritten = zip_of(with_leaves(LEAVES[:-1], LINES[:-1], key=KEY))
    assert same(page, PACK, earlier=(PACK, MEMBERS["checkpoint"]))["problems"] == []
    assert "E_FORK" in {one["code"] for one in same(page, rewritten, earlier=(PACK,))["problems"]}
    assert same(page, PACK, earlier=(b"nothing",))["follows"] is False


def test_a_flipped_bit_a_cut_and_a_missing_member_are_named_alike(page):
    for name, data in MEMBERS.items():
        middle = len(data) // 2
        for how, members in {
            "flipped": MEMBERS | {name: swap_at(middle)(data)},
            "cut": MEMBERS | {name: data[:middle]},
            "gone": {other: kept for other, kept in MEMBERS.items() if other != name},
        }.items():
            same(page, zip_of(members), where=f"{name} {how}")
    for place in range(0, len(PACK), len(PACK) // 40):
        same(page, swap_at(place)(PACK), where=f"bit at {place}")


def test_t2_t3_entries_taken_out_put_in_doubled_or_moved_are_refused_alike(page):
    for how in ("delete", "insert", "double", "swap"):
        for at in (0, 4, 11):
            cut = test_entries.cut(how, at)
            assert not same(page, zip_of(with_leaves(*cut)), where=f"{how} {at}")["follows"]
            assert not same(page, zip_of(test_entries.mended(*cut)), where=f"{how} {at}")["follows"]


def test_t7_forged_checkpoints_are_refused_alike(page):
    for name, note in data_of(test_checkpoints.test_t7_a_forged_checkpoint_is_refused_with_its_code):
        assert not same(page, zip_of(MEMBERS | {"checkpoint": note}), where=name)["follows"]


def test_t21_files_that_are_no_pack_are_refused_alike(page):
    for name, data in data_of(test_hostile.test_t21_a_file_that_is_no_pack_is_bad_input_with_a_place_and_a_remedy):
        assert same(page, data, where=name)["integrity"] == {"verdict": "not checked"}
    assert page.window.locator("#result script").count() == 0


def test_t21_hostile_documents_facts_and_leaves_are_refused_alike(page):
    for how, data in test_hostile.DOCUMENTS.items():
        for name in ("manifest.json", "openings.json"):
            assert not same(page, zip_of(MEMBERS | {name: data}), where=f"{name} {how}")["follows"]
        if how != "far too many values":
            odd = {ENTRIES: bundle_bytes([*LEAVES[:6], data[:60_000], *LEAVES[7:]])}
            assert not same(page, zip_of(MEMBERS | odd), where=f"leaf {how}")["follows"]
            lines = b"\n".join([*LINES[:6], data, *LINES[7:]]) + b"\n"
            assert not same(page, zip_of(MEMBERS | {FACTS: lines}), where=f"fact {how}")["follows"]


def test_the_proof_of_one_entry_is_checked_alike(page):
    file, keys = page.folder / "one.tlog-proof", page.folder / "trust.json"
    keys.write_text(trust_text(TRUST))
    path = inclusion_proof(3, LOG.size, nodes_of(HASHES))
    good = proof_bytes(EntryProof(3, path, LOG.note.encode(), LOG.leaf_list[3]))
    other = proof_bytes(EntryProof(2, path, LOG.note.encode(), LOG.leaf_list[3]))
    for data in (good, other, good.replace(b"index 3", b"index 03"), good[:-5], good.replace(b"extra ", b"extra =")):
        file.write_bytes(data)
        for trust in (TRUST, None):
            theirs = verify_entry(file, trust).document()
            assert json.loads(page.answer(file, keys if trust else None)) == json.loads(json.dumps(theirs))


def test_t8_the_browsers_own_and_plain_javascript_judge_all_published_cases_as_the_library_does(chromium, tmp_path):
    script = bundled("seal/ed25519.ts", "ed25519", tmp_path)
    blank = tmp_path / "blank.html"
    blank.write_text("<!doctype html><title>blank</title>")
    window = chromium.new_page()
    window.goto(blank.as_uri())
    window.add_script_tag(content=script.read_text())
    lists = """async (cases) => {
      const read = (text) => Uint8Array.from(text.match(/../g) ?? [], (two) => parseInt(two, 16))
      const found = []
      for (const [key, signature, message] of cases.map((one) => one.map(read))) {
        const strict = ed25519.strictPoint(key) && ed25519.strictSignature(signature)
        const own = await ed25519.holdsByBrowser(key, signature, message)
        found.push([own === undefined ? null : strict && own, strict && ed25519.holds(key, signature, message),
          await ed25519.verify(key, signature, message)])
      }
      return found
    }"""
    for name, parts, total, good in (("cctv", ("key", "sig"), 914, 43), ("wycheproof", ("pk", "sig"), 151, 88)):
        cases = json.loads(gzip.decompress((VECTORS / f"ed25519_{name}.json.gz").read_bytes()))
        messages = [one["msg"].encode() if name == "cctv" else bytes.fromhex(one["msg"]) for one in cases]
        told = [[one[parts[0]], one[parts[1]], message.hex()] for one, message in zip(cases, messages, strict=True)]
        library = [verify(bytes.fromhex(key), bytes.fromhex(sig), bytes.fromhex(text)) for key, sig, text in told]
        assert (len(library), sum(library)) == (total, good)
        browser, plain, both = zip(*window.evaluate(lists, told), strict=True)
        assert list(browser) == list(plain) == list(both) == library
    window.close()


@pytest.mark.parametrize("look", ["light", "phone-dark"])
def test_a_person_chooses_files_by_keyboard_and_reads_the_verdict_in_words(chromium, tmp_path, look):
    (tmp_path / "trust.json").write_text(trust_text(TRUST))
    (tmp_path / "northlight.zip").write_bytes(PACK)
    (tmp_path / "changed.zip").write_bytes(zip_of(MEMBERS | {ENTRIES: swap_at(900)(MEMBERS[ENTRIES])}))
    with opened(chromium, tmp_path, look) as page:
        window = page.window
        check(window, f"verifier empty {look}")
        window.click("#check")
        assert window.text_content("#status") == "Choose a pack first."
        assert window.evaluate("document.activeElement.id") == "pack"
        window.set_input_files("#pack", str(tmp_path / "northlight.zip"))
        window.set_input_files("#trust", str(tmp_path / "trust.json"))
        window.focus("#check")
        window.keyboard.press("Enter")
        window.get_by_role("heading", name="Everything that was checked here follows").wait_for()
        assert window.evaluate("document.activeElement.id") == "headline"
        check(window, f"verifier good {look}")
        shot(window, f"verifier-good-{look}")
        page.answer(tmp_path / "changed.zip", tmp_path / "trust.json")
        assert "not follow" in window.text_content("#headline")
        window.get_by_text("Keep").first.wait_for(state="attached")
        window.get_by_text("The verdict as a document").click()
        check(window, f"verifier changed {look}")
        window.evaluate("scrollTo(0, 0)")
        shot(window, f"verifier-changed-{look}")
        with window.expect_download() as download:
            window.click("#save")
        assert json.loads(Path(download.value.path()).read_text())["follows"] is False


def test_a_pack_and_its_trust_file_are_dragged_in_together(page):
    drop = """([pack, trust]) => {
      const read = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
      const carried = new DataTransfer()
      carried.items.add(new File([read(trust)], "trust.json"))
      carried.items.add(new File([read(pack)], "northlight.zip"))
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }))
    }"""
    files = [base64.b64encode(data).decode() for data in (PACK, trust_text(TRUST).encode())]
    page.window.evaluate(drop, files)
    page.window.get_by_role("heading", name="Everything that was checked here follows").wait_for()
    assert json.loads(page.window.text_content("#document"))["authenticity"]["verdict"] == "authentic"
