"""`clerestory up` brings one worker, which ends with it, also when it is killed without a word."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.jobs.conftest import PATIENCE, until

PROGRAM = "from clerestory.cli.main import run; run()"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def up(installation, *words):
    """Start the server; return its process and those below it, once it listens."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "up", "--port", str(port), *words], env=installation.environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    installation.started.append(process)
    process.stdout = process.stderr
    until(lambda: listens(port), "the server listens")
    return process, port


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def worker(installation):
    done = subprocess.run(
        [sys.executable, "-c", DOCTOR], env=installation.environment,
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    return {item["name"]: item["detail"] for item in json.loads(done.stdout)["checks"]}["Worker"]


DOCTOR = "import sys; sys.argv = ['clerestory', 'doctor', '--json']; from clerestory.cli.main import run; run()"


def living(pids):
    """Return which of some processes still run."""
    found = []
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        found += [pid] if state != "Z" else []
    return found


def below(pid):
    """Return a process and all that descend from it."""
    parents = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(place.parent.name)] = int(place.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    family = [pid]
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    return family


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_however_the_server_ends_nothing_of_it_stays(installation, sign):
    process, port = up(installation)
    until(lambda: "lives" in worker(installation).replace("None lives", ""), "its worker works")
    family = below(process.pid)
    assert len(family) == 5
    os.kill(process.pid, sign)
    process.wait(timeout=PATIENCE)
    until(lambda: not living(family), "everything ends")
    assert not listens(port)


def test_without_a_worker_none_is_brought(installation):
    process, _port = up(installation, "--no-worker")
    assert len(below(process.pid)) == 4
    assert "None lives" in worker(installation)


def test_interrupted_in_the_moment_in_which_it_starts_it_still_ends(installation):
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "up", "--port", str(port)], env=installation.environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        until(lambda: listens(port), "the server listens")
        family = below(process.pid)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: every process of it is interrupted
        process.wait(timeout=PATIENCE)
        until(lambda: not living(family), "everything ends")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_a_process_that_works_on_pages_is_started_anew_when_it_is_killed(installation):
    process, port = up(installation, "--no-worker")
    pages = [pid for pid in below(process.pid) if "clerestory.web.serving.page" in command(pid)]
    assert len(pages) == 2
    for pid in pages:
        os.kill(pid, signal.SIGKILL)
    assert [answered(port) for _ in range(4)] == [200] * 4
    until(lambda: len([pid for pid in below(process.pid) if "serving.page" in command(pid)]) == 2, "both work again")
    assert not set(pages) & set(living(below(process.pid)))


def test_nobody_else_may_enter_the_folder_in_which_pages_are_asked_for(installation):
    process, _port = up(installation, "--no-worker")
    page = next(pid for pid in below(process.pid) if "clerestory.web.serving.page" in command(pid))
    words = command(page).split()
    folder = Path(words[words.index("--socket") + 1]).parent
    assert folder.stat().st_mode & 0o077 == 0
    process.terminate()
    process.wait(timeout=PATIENCE)
    assert not folder.exists()


def command(pid):
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def answered(port):
    with urlopen(f"http://localhost:{port}/account/login/", timeout=PATIENCE) as response:
        return response.status
