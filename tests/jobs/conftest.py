"""A worker as a process on a data folder of its own."""

import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.migrated import into

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60


class Installation:
    """A data folder with its database, in which programs run as processes."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("CLERESTORY", "DATABASE", "DJANGO"))},
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
            "CLERESTORY_HOME": str(home),
            "CLERESTORY_JOB_LEASE": "4",
            "DJANGO_SETTINGS_MODULE": "clerestory.settings",
        }
        self.started: list[subprocess.Popen[str]] = []

    def run(self, program: str) -> str:
        """Run a program in this installation, after Django is set up; return what it prints."""
        done = subprocess.run(
            [sys.executable, "-c", f"import django; django.setup()\n{program}"],
            env=self.environment, capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def start(self, program: str = "from clerestory.jobs.worker import main; raise SystemExit(main())") -> "Process":
        """Start a program, a worker if none is named."""
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.started.append(process)
        return Process(process)


class Process:
    """A process whose lines can be waited for."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.lines: queue.Queue[str] = queue.Queue()
        self.said: list[str] = []
        stream = process.stdout
        assert stream is not None
        threading.Thread(target=lambda: [self.lines.put(line) for line in stream], daemon=True).start()

    def hears(self, text: str) -> None:
        """Wait until it says something."""
        while not any(text in line for line in self.said):
            try:
                self.said.append(self.lines.get(timeout=PATIENCE))
            except queue.Empty:
                raise AssertionError(f"{text!r} was never said:\n{''.join(self.said)}") from None

    def kill(self) -> None:
        """End it as the machine would: without a word."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=PATIENCE)

    def end(self) -> int:
        """Ask it to end; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a data folder whose database is set up, to be copied."""
    home = tmp_path_factory.mktemp("prepared") / "home"
    into(home)
    Installation(home).run("from clerestory.store.upkeep import prepare; prepare()")
    return home


@pytest.fixture
def installation(tmp_path: Path, prepared: Path) -> Iterator[Installation]:
    """Give an installation whose database is set up; its processes end with the test."""
    made = Installation(Path(shutil.copytree(prepared, tmp_path / "home")))
    yield made
    for process in made.started:
        if process.poll() is None:
            process.kill()
        process.wait(timeout=PATIENCE)
        if process.stdout is not None:
            process.stdout.close()


def until(is_so: Callable[[], bool], what: str, *, longest: float = PATIENCE) -> None:
    """Wait until something is so."""
    pause = threading.Event()
    for _step in range(int(longest / 0.2)):
        if is_so():
            return
        pause.wait(0.2)
    raise AssertionError(f"it never happened: {what}")
