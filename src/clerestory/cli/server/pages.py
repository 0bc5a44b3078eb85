"""The processes that work on pages: started, started anew when one ends, and ended with the server."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clerestory.cli.shell import _
from clerestory.terms.error import ClerestoryError

PROCESSES = 2
LOOK = 0.5
"""Seconds between two looks whether all of them live."""
READY, GRACE = 120.0, 10.0
"""Seconds in which the first pages must be ready to be asked for, and which running pages have to end."""


class PagesFailed(ClerestoryError):
    """A process that works on pages ended while it started."""


class PageProcess:
    """One process that works on pages, at a socket that stays the same when it is started anew."""

    def __init__(self, folder: Path, number: int) -> None:
        self.socket = folder / f"{number}.sock"
        self.start()

    def start(self) -> None:
        """Start it."""
        own = ["--socket", str(self.socket), "--parent", str(os.getpid())]
        command = [sys.executable, "-P", "-m", "clerestory.web.serving.page", *own]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def await_ready(self) -> None:
        """Wait until it listens.

        Raises:
            PagesFailed: it ended instead, or takes too long.
        """
        until = time.monotonic() + READY
        while not self.socket.exists():
            if self.process.poll() is not None or time.monotonic() > until:
                raise PagesFailed(_("The pages could not be started."), _("Look at the message above."))
            time.sleep(0.02)

    def end(self) -> None:
        """End it, at once if it does not by itself."""
        self.process.terminate()
        try:
            self.process.wait(timeout=GRACE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def working_on_pages() -> Iterator[tuple[str, ...]]:
    """Keep the processes that work on pages; give the sockets at which they listen.

    Raises:
        PagesFailed: one ended while it started.
    """
    with tempfile.TemporaryDirectory(prefix="clerestory-") as folder:  # which only this user may enter
        known = [PageProcess(Path(folder), number) for number in range(PROCESSES)]
        stopping = threading.Event()
        keeper = threading.Thread(target=_keep, args=(known, stopping), daemon=True)
        try:
            for each in known:
                each.await_ready()
            keeper.start()
            yield tuple(str(each.socket) for each in known)
        finally:
            stopping.set()
            if keeper.is_alive():
                keeper.join()
            for each in known:
                each.end()


def _keep(known: list[PageProcess], stopping: threading.Event) -> None:
    while not stopping.wait(LOOK):
        for each in known:
            if each.process.poll() is not None and not stopping.is_set():
                each.start()
