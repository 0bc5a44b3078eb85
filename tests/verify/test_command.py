"""The auditor's command in a fresh interpreter: what it prints, how it leaves, and what it loads."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from clerestory.ledger.sign import generate_key
from clerestory.verify.derivation import derive
from clerestory.verify.trust import Trust, trust_text
from tests.simulators.log import KEY, small_log
from tests.simulators.pack import TRUST, members_of, pack_of, zip_of

SOURCE = Path(__file__).parents[2] / "src"
PACK = pack_of(small_log(), judge=derive)


def run(
    *arguments: object, code: str = "from clerestory.verify.command import run; run()", letters: str = "utf-8"
) -> subprocess.CompletedProcess:
    environment = {"PYTHONPATH": str(SOURCE), "PATH": os.environ["PATH"], "PYTHONIOENCODING": letters}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    file = tmp_path / "northlight.zip"
    file.write_bytes(PACK)
    return file


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    file = tmp_path / "trust.json"
    file.write_text(trust_text(TRUST))
    return file


def test_a_good_pack_leaves_with_0_and_one_page_of_words(pack, trust):
    done = run(pack, "--trust", trust)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Everything in this pack follows" in done.stdout
    assert len(done.stdout.splitlines()) < 40
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_json_is_one_document_on_stdout_and_the_words_go_to_stderr(pack, trust):
    done = run(pack, "--trust", trust, "--json")
    assert json.loads(done.stdout)["follows"] is True
    assert "Everything in this pack follows" in done.stderr


@pytest.mark.parametrize("letters", ["ascii", "cp1252", "latin-1"])
def test_where_a_place_has_few_letters_the_words_say_the_same_in_those(pack, trust, letters):
    done = run(pack, "--trust", trust, letters=letters)
    assert (done.returncode, done.stderr) == (0, "")
    assert "ok Nothing was changed" in done.stdout
    told = run(pack, "--trust", trust, "--json", letters=letters)
    assert json.loads(told.stdout)["follows"] is True


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no file that is always full")
def test_a_verdict_that_a_full_disk_does_not_take_is_not_called_a_pack_that_does_not_follow(pack, trust):
    code = "import os\nos.dup2(os.open('/dev/full', os.O_WRONLY), 1)\nfrom clerestory.verify.command import run; run()"
    done = run(pack, "--trust", trust, code=code)
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr


def test_without_trust_it_leaves_with_4(pack):
    done = run(pack)
    assert done.returncode == 4
    assert "nobody vouched for it" in done.stdout


def test_a_changed_pack_leaves_with_1_and_names_code_place_problem_and_remedy(pack, trust):
    members = members_of(PACK)
    members["statuses.json"] = members["statuses.json"].replace(b'"NOT_EVIDENCED"', b'"CONFORMS"', 1)
    pack.write_bytes(zip_of(members))
    done = run(pack, "--trust", trust)
    assert done.returncode == 1
    for word in ("E_STATUS", "where", "problem", "remedy", "iso42001-2023, "):
        assert word in done.stdout


def test_what_cannot_be_read_leaves_with_2(tmp_path, pack, trust):
    nothing = tmp_path / "nothing"
    nothing.write_bytes(b"hello")
    for arguments in (
        (nothing,),
        (tmp_path / "absent",),
        (tmp_path,),
        (pack, "--trust", nothing),
        (pack, "--trust", tmp_path / "absent"),
        (),
        (pack, "--unknown"),
        (pack, "--trust", trust, "--earlier", tmp_path / "absent"),
    ):
        done = run(*arguments)
        assert done.returncode == 2, arguments
        assert "Traceback" not in done.stderr
        assert done.stderr
        assert not done.stdout


def test_a_pack_of_another_key_leaves_with_1(pack, tmp_path):
    file = tmp_path / "other.json"
    file.write_text(trust_text(Trust(KEY.key.name, (generate_key(KEY.key.name).key,))))
    assert run(pack, "--trust", file).returncode == 1


def test_help_shows_an_example_and_the_exit_codes():
    done = run("--help")
    assert done.returncode == 0
    assert "clerestory-verify northlight.zip --trust" in done.stdout
    assert "exit codes" in done.stdout


def test_letters_that_steer_a_terminal_are_not_printed(pack, tmp_path):
    members = members_of(PACK)
    pack.write_bytes(zip_of(members | {"manifest.json": b'{"form":"\\u001b[31m","v":1}'}))
    done = run(pack)
    assert done.returncode == 2
    assert "\x1b" not in done.stdout + done.stderr


def test_the_verifier_loads_nothing_but_the_standard_library_and_cryptography(pack, trust):
    code = (
        "import sys\nbefore = set(sys.modules)\nfrom clerestory.verify.command import main\nmain()\n"
        "names = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "foreign = names - set(sys.stdlib_module_names) - {'clerestory', 'cryptography', '_cffi_backend', '_openssl'}\n"
        "print('FOREIGN', sorted(foreign))\n"
        "ours = {name.split('.')[1] for name in sys.modules if name.startswith('clerestory.')}\n"
        "print('OURS', sorted(ours))\n"
    )
    done = run(pack, "--trust", trust, code=code)
    lines = done.stdout.splitlines()
    assert "FOREIGN []" in lines, done.stdout + done.stderr
    assert "OURS ['catalogue', 'judgement', 'ledger', 'terms', 'verify']" in lines


def test_the_verifier_opens_no_connection(pack, trust):
    code = (
        "import sys\n"
        "def hook(event, _):\n    if event.startswith('socket.'): raise SystemExit(77)\n"
        "sys.addaudithook(hook)\n"
        "from clerestory.verify.command import run\nrun()\n"
    )
    assert run(pack, "--trust", trust, code=code).returncode == 0
