"""A whole installation as its users have it: the server as a process, the command line, people at browsers."""

import json
import os
import queue
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.filled import database_of
from tests.migrated import into
from tests.postgres import database

SOURCE = Path(__file__).resolve().parents[2] / "src"
RUN = "from clerestory.cli.main import run; run()"
PASSWORD = "correct horse battery 42"
PATIENCE = 60


class Office:
    """One data folder with its server. Use it as a context manager; the server ends with it.

    Where DATABASE_URL names a PostgreSQL, the office has a database of its own there; else it has SQLite.
    It begins with tables and without an organisation; ``empty``: with nothing at all, as an installation does;
    ``demo``: with a copy of the filled demo, which a data folder names.
    """

    def __init__(self, folder: Path, *, empty: bool = False, demo: Path | None = None) -> None:
        self.demo = demo
        self.home = folder / "home"
        self.port = _free_port()
        self.address = f"http://localhost:{self.port}"
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("CLERESTORY")},
            "PYTHONPATH": str(SOURCE), "CLERESTORY_HOME": str(self.home), "CLERESTORY_SERVER": self.address,
        }  # fmt: skip
        postgres = self.environment.pop("DATABASE_URL", "")
        self._database = database_of(demo) if demo else database(postgres, migrated=not empty)
        if demo:
            shutil.copytree(demo, self.home)
        elif not (empty or postgres):
            into(self.home)
        self.server: subprocess.Popen[str] | None = None
        self.said: list[str] = []

    def __enter__(self) -> "Office":
        if url := self._database.__enter__():
            self.environment["DATABASE_URL"] = url
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._database.__exit__(None, None, None)

    def start(self) -> None:
        """Start the server and wait until it says where it runs."""
        filled = ["--demo"] if self.demo else []
        self._begin([sys.executable, "-c", RUN, "up", *filled, "--port", str(self.port)], SOURCE.parent)

    def serve(self, command: str, *, folder: Path) -> None:
        """Start the server by a line of a shell, in a folder, with this office's environment."""
        self._begin(["bash", "-c", f"exec {command}"], folder)

    def _begin(self, command: list[str], folder: Path) -> None:
        self.server = subprocess.Popen(
            command, env=self.environment, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=folder,
        )  # fmt: skip
        lines: queue.Queue[str] = queue.Queue()
        stream = self.server.stderr
        assert stream is not None
        threading.Thread(target=lambda: [lines.put(line) for line in stream], daemon=True).start()
        while not any("Clerestory runs on" in line for line in self.said):
            self.said.append(lines.get(timeout=PATIENCE))
        self._wait()
        while not lines.empty():
            self.said.append(lines.get())

    def stop(self) -> None:
        """End the server."""
        if self.server is not None:
            self.server.terminate()
            self.server.wait(timeout=PATIENCE)
            if self.server.stderr is not None:
                self.server.stderr.close()

    @property
    def first_link(self) -> str:
        """The one-time link that the terminal shows."""
        return next(found.group() for line in self.said if (found := re.search(r"http\S+/start/\S+", line)))

    def run(self, *arguments: str, folder: Path, code: int = 0, extra: Mapping[str, str] | None = None) -> str:
        """Run the command line in a folder and return its stdout; any other exit code fails the test."""
        done = subprocess.run(
            [sys.executable, "-c", RUN, *arguments], cwd=folder, env={**self.environment, **(extra or {})},
            capture_output=True, text=True, timeout=4 * PATIENCE, check=False,
        )  # fmt: skip
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def read(self, *arguments: str, folder: Path, code: int = 0, extra: Mapping[str, str] | None = None) -> Any:
        """Run a command with --json and return its document."""
        return json.loads(self.run(*arguments, "--json", folder=folder, code=code, extra=extra))

    def conformity(self, folder: Path, *arguments: str) -> dict[str, str]:
        """Return requirement -> derived status, by the command line."""
        document = self.read("status", *arguments, folder=folder)
        return {row["id"]: row["conformity"] for row in document["requirements"]}

    def _wait(self) -> None:
        for _ in range(PATIENCE * 10):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            threading.Event().wait(0.1)
        raise AssertionError("the server does not listen")


class Desk:
    """One person at a browser of their own."""

    def __init__(self, chromium: Any, office: Office) -> None:
        self.context = chromium.new_context(base_url=office.address, locale="en-GB", reduced_motion="reduce")
        self.context.set_default_timeout(15_000)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None)

    def fill(self, **fields: str) -> None:
        """Fill fields of the form by their names; a select by the text of its option."""
        for name, value in fields.items():
            field = self.page.locator(f"main [name={name}]")
            if field.first.evaluate("e => e.tagName") == "SELECT":
                field.select_option(label=value)
            else:
                field.fill(value)

    def press(self, button: str) -> None:
        """Press a button of the page's main part and wait for what comes."""
        self.page.locator("main").get_by_role("button", name=button, exact=True).first.click()
        self.page.wait_for_load_state()

    def approve_all(self, path: str) -> None:
        """Approve everything on a page that this person may approve."""
        self.page.goto(path)
        buttons = self.page.locator("main").get_by_role("button", name="Approve", exact=True)
        while buttons.count():
            before = buttons.count()
            buttons.first.click()
            expect(buttons).to_have_count(before - 1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
