"""One command starts the product; what keeps it from starting is said with a remedy and exit code 2."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from clerestory.cli.server.up import PortInUse, check_port

ROOT = Path(__file__).parents[3]
PROGRAM = "from clerestory.cli.main import run; run()"
LONGEST = 60


def environment(home: Path, **more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "CLERESTORY_HOME": str(home), **more}


def clerestory(home: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        env=environment(home, **more),
        text=True,
        check=False,
        capture_output=True,
        timeout=LONGEST,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def running(tmp_path) -> Iterator[tuple[int, str]]:
    """Give the port and first output of a product that was started in an empty folder."""
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "up", "--port", str(port)],
        env=environment(tmp_path),
        text=True,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    ) as process:
        assert process.stderr is not None
        said = "".join(process.stderr.readline() for _ in range(4))
        ends = time.monotonic() + LONGEST
        while time.monotonic() < ends:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
        yield port, said
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=LONGEST)


def test_from_an_empty_folder_to_a_founded_organisation_and_its_log(running, tmp_path):
    port, said = running
    link = re.search(r"http://localhost:\d+/start/\S+", said)
    assert link, said
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    page = browser.open(link[0]).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    form = {
        "csrfmiddlewaretoken": token[1],
        "organisation": "Northlight Bank",
        "name": "Ada Owner",
        "email": "ada@example.org",
        "password": "a window high in the wall",
    }
    answer = browser.open(link[0], urlencode(form).encode())
    assert answer.status == 200
    assert "Northlight Bank" in answer.read().decode()
    state = json.loads(clerestory(tmp_path, "ledger", "status", "--json").stdout)["logs"][0]
    assert (state["size"], state["checkpoint_size"], state["follows"]) == (2, 2, True)
    assert clerestory(tmp_path, "ledger", "verify").returncode == 0
    second = clerestory(tmp_path, "up", "--port", str(port))
    assert second.returncode == 2
    assert "cannot be used" in second.stderr
    names = {"clerestory.sqlite3", "secret_key"} | {p.name for p in (tmp_path / "keys").iterdir()}
    for path in tmp_path.rglob("*"):
        if path.name in names:
            assert path.stat().st_mode & 0o077 == 0, path


def test_a_data_folder_that_cannot_be_written_is_refused():
    ended = clerestory(Path("/proc/clerestory"), "up", "--port", str(free_port()))
    assert ended.returncode == 2
    assert "CLERESTORY_HOME" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_secret_that_others_can_read_is_refused(tmp_path):
    (tmp_path / "secret_key").write_text("x" * 60)
    (tmp_path / "secret_key").chmod(0o644)
    ended = clerestory(tmp_path, "doctor")
    assert ended.returncode == 1
    assert "chmod 600" in ended.stdout


@pytest.mark.parametrize(
    "address,word",
    [
        ("mysql://localhost/x", "postgresql://"),
        ("postgresql://nobody@127.0.0.1:1/x", "Start it"),
        ("sqlite:////proc/x.sqlite3", "data folder"),
    ],
)
def test_a_database_that_cannot_be_used_is_said_with_a_remedy(tmp_path, address, word):
    ended = clerestory(tmp_path, "up", "--port", str(free_port()), DATABASE_URL=address)
    assert ended.returncode == 2, ended.stderr
    assert word in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_database_that_is_not_set_up_is_said_and_set_up_by_the_job(tmp_path):
    ended = clerestory(tmp_path, "ledger", "status")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "clerestory.jobs.migrate" in ended.stderr
    job = subprocess.run(
        [sys.executable, "-m", "clerestory.jobs.migrate"],
        env=environment(tmp_path),
        check=False,
        capture_output=True,
        text=True,
    )
    assert (job.returncode, job.stderr) == (0, "")
    findings = json.loads(clerestory(tmp_path, "doctor", "--json").stdout)["checks"]
    assert {f["name"]: f["ok"] for f in findings}["Durability"]
    assert sum(path.stat().st_size for path in tmp_path.rglob("*")) < 5_000_000


def test_a_port_out_of_range_is_refused(tmp_path):
    assert clerestory(tmp_path, "up", "--port", "70000").returncode == 2
    assert clerestory(tmp_path, "up", PORT="many").returncode == 2


def test_a_port_in_use_is_refused_with_the_next_one_as_remedy():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortInUse) as refused:
            check_port("127.0.0.1", port)
    assert str(port) in refused.value.problem
    assert f"--port {port + 1}" in refused.value.remedy
    check_port("127.0.0.1", port)
