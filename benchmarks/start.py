"""Measure a fresh clone: set-up to first page, restart to first page, empty database, memory of the server.

Run: python -m benchmarks.start. Clones the last commit, so uncommitted changes are not measured.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GOALS = {"fresh_clone_to_page_s": 60.0, "restart_to_page_s": 3.0, "empty_database_mb": 5.0, "web_process_mb": 250.0}
PATIENCE_S = 300.0


def main() -> int:
    """Clone, start, stop, start again; return 1 when a goal is missed."""
    with tempfile.TemporaryDirectory(prefix="clerestory-start-") as name:
        clone = Path(name) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        figures = {"fresh_clone_to_page_s": _start(clone)[0]}
        figures["empty_database_mb"] = (
            sum(path.stat().st_size for path in (clone / "var").glob("clerestory.sqlite3*")) / 1e6
        )
        figures["restart_to_page_s"], figures["web_process_mb"] = _start(clone)
    missed = [key for key, goal in GOALS.items() if figures[key] > goal]
    print(json.dumps({**{key: round(value, 2) for key, value in figures.items()}, "goals": GOALS, "missed": missed}))
    return 1 if missed else 0


def _start(clone: Path) -> tuple[float, float]:
    """Run script/server until it answers; return the seconds that took and the memory of its largest process."""
    port = _free_port()
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("CLERESTORY_", "DATABASE_", "PYTHON"))
    }
    started = time.monotonic()
    with (clone / "server.log").open("ab") as log:
        server = subprocess.Popen(
            [str(clone / "script" / "server")], cwd=clone, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            env={**environment, "PORT": str(port)},
        )  # fmt: skip
    try:
        while not _answers(port):
            if server.poll() is not None or time.monotonic() - started > PATIENCE_S:
                raise SystemExit(f"the server did not answer:\n{(clone / 'server.log').read_text()[-2000:]}")
            time.sleep(0.02)
        return time.monotonic() - started, max(_memory_mb(process) for process in _family(server.pid))
    finally:
        server.terminate()
        server.wait(timeout=30)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://localhost:{port}/", timeout=10) as page:
            return bool(page.status == 200)
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _family(pid: int) -> list[int]:
    found = [pid]
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found += _family(int(child))
    return found


def _memory_mb(pid: int) -> float:
    """Resident memory of a process as Linux counts it."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    return 0.0


if __name__ == "__main__":
    sys.exit(main())
