"""The pack writer: the same bytes from the same log, all or nothing on the disk, nothing from a broken log."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from clerestory.catalogue.load import load
from clerestory.ledger.note import NoteMalformed
from clerestory.report.pack.compose import LogInconsistent, Packing, ScopeUnknown, compose
from clerestory.report.pack.file import PackNotWritten, write_log
from clerestory.terms.evidence import Content
from clerestory.verify.derivation import derive
from clerestory.verify.verdict import Exit
from clerestory.verify.verify import verify
from tests.simulators.log import Held, MemoryLog, measured, record, small_log
from tests.simulators.pack import AT, NOW, TRUST, judged, members_of, pack_of

PACKING = Packing(AT, NOW)


def test_a_pack_on_disk_is_whole_and_verifies_with_the_real_rules(tmp_path):
    file = tmp_path / "northlight.zip"
    write_log(small_log(), file, PACKING)
    assert [path.name for path in tmp_path.iterdir()] == ["northlight.zip"]
    verdict = verify(file, TRUST)
    assert (verdict.exit_code, verdict.problems) == (Exit.FINE, ())
    assert verdict.derivation["requirements"] == 70


def test_the_same_log_and_moments_give_the_same_bytes(tmp_path):
    write_log(small_log(), tmp_path / "a.zip", PACKING)
    write_log(small_log(), tmp_path / "b.zip", PACKING)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert (tmp_path / "a.zip").read_bytes() == pack_of(small_log(), judge=derive)


def test_an_older_pack_is_replaced_only_by_a_whole_new_one(tmp_path):
    file = tmp_path / "northlight.zip"
    write_log(small_log(), file, PACKING)
    before = file.read_bytes()
    broken = small_log()
    broken.fact_list[3] = broken.fact_list[3].replace(b"0.91", b"0.92")
    with pytest.raises(LogInconsistent, match="leaf 3"):
        write_log(broken, file, PACKING)
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["northlight.zip"]


@pytest.mark.parametrize(
    "change, named",
    [
        (lambda log: log.leaf_list.pop(), "do not lead to the root"),
        (lambda log: log.fact_list.pop(), "have no facts"),
        (lambda log: log.held.pop(4), "content of leaf 4 is missing"),
        (lambda log: log.held.update({4: Held(b"other", None, "text/plain")}), "content of leaf 4 is not"),
        (lambda log: log.leaf_list.reverse(), "do not lead to the root"),
    ],
)
def test_a_log_that_is_not_what_it_signed_is_not_packed(change, named):
    log = small_log()
    log.signed = log.note
    change(log)
    with pytest.raises(LogInconsistent, match=named):
        compose(log, load(), PACKING, io.BytesIO())


def test_a_log_without_a_checkpoint_is_not_packed():
    log = small_log()
    log.signed = "nothing"
    with pytest.raises(NoteMalformed):
        compose(log, load(), PACKING, io.BytesIO())


def test_entries_behind_the_checkpoint_are_left_for_the_next_pack(tmp_path):
    log = small_log()
    log.signed = log.note
    log.append(measured(value="0.5"))
    verdict = judged(pack_of(log), tmp_path)
    assert (verdict.exit_code, verdict.integrity["entries"]) == (Exit.FINE, 12)


@pytest.mark.parametrize("scope, verified, withheld", [("all", 4, 0), ("without-personal", 3, 1), ("none", 0, 4)])
def test_the_scope_decides_which_contents_are_in_the_pack(scope, verified, withheld, tmp_path):
    pack = pack_of(small_log(), scope=scope)
    verdict = judged(pack, tmp_path)
    assert verdict.exit_code == Exit.FINE
    content = verdict.integrity["content"]
    assert (content["verified"], content["withheld"], len(content["erased"])) == (verified, withheld, 1)
    assert (b"Jane Doe" in b"".join(members_of(pack).values())) == (scope == "all")


def test_an_unknown_scope_is_refused_by_name():
    with pytest.raises(ScopeUnknown, match="some"):
        compose(small_log(), load(), Packing(AT, NOW, "some"), io.BytesIO())


def test_erased_content_and_its_salt_are_nowhere_in_the_pack():
    data = b"".join(members_of(pack_of(small_log(), scope="all")).values())
    assert b"attendance of John" not in data
    assert (7).to_bytes(32, "big").hex().encode() not in data


def test_a_page_of_the_pack_runs_no_script_and_shows_markup_as_text(tmp_path):
    log = MemoryLog()
    script = "<script>alert(1)</script>"
    log.append(record("record.note", Content(script.encode(), "text/html"), note=script))
    members = members_of(pack_of(log))
    page = members["index.html"].decode()
    assert "<script" not in page
    assert "default-src 'none'; style-src 'sha256-" in page
    assert "http" not in page.replace("http-equiv", "")
    assert "payloads/content/0.html.txt" in members


def test_the_read_me_tells_in_plain_lines_what_the_file_is_and_what_it_does_not_prove():
    text = members_of(pack_of(small_log()))["README.txt"].decode()
    assert max(map(len, text.splitlines())) <= 90
    for words in ("TO CHECK IT", "clerestory-verify PACK.zip --trust TRUST.json", "WHAT IT DOES NOT PROVE", "E_STATUS"):
        assert words in text


def test_a_folder_that_may_not_be_written_is_refused_with_a_remedy(tmp_path):
    with pytest.raises(PackNotWritten) as refusal:
        write_log(small_log(), tmp_path / "absent" / "pack.zip", PACKING)
    assert refusal.value.remedy


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from clerestory.report.pack.file import PackNotWritten, write_log
from tests.report.pack.test_file import PACKING
from tests.simulators.log import small_log
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    write_log(small_log(), Path(sys.argv[1]), PACKING)
except PackNotWritten as error:
    print(error.problem)
    sys.exit(3)
"""


@pytest.mark.parametrize("limit", [0, 100, 5_000, 50_000])
def test_a_full_disk_leaves_nothing_behind(limit, tmp_path):
    root = Path(__file__).parents[3]
    environment = os.environ | {"PYTHONPATH": f"{root / 'src'}:{root}", "DJANGO_SETTINGS_MODULE": "clerestory.settings"}
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path / "pack.zip"), str(limit)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, "cannot be written" in done.stdout) == (3, True), done.stderr
    assert list(tmp_path.iterdir()) == []
