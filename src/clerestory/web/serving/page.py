"""``python -m clerestory.web.serving.page``: a process that works on pages which the front gives it; a WSGI server.

It trusts the front: requests are whole or come in frames, turns are kept there. Threads stay, and with them their
connections to the database.
"""

import argparse
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from clerestory.web.serving.parent import end_with
from clerestory.web.serving.wire import END, Broken, frames, head, read_head, reading

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger("clerestory.web")
THREADS = 4
"""Pages at once in one process: the front gives more than one or two only beside long ones."""
BACKLOG = 64
SINGLE = ("CONTENT_TYPE", "CONTENT_LENGTH")


def main() -> None:
    """Work on pages until told to stop or until the parent is gone."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--socket", required=True, type=Path)
    parser.add_argument("--parent", required=True, type=int)
    words = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal interrupts every process; the parent ends this one
    end_with(words.parent)
    from clerestory.web.wsgi import application

    listening = listen(words.socket)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    serve(application, listening)


def listen(path: Path) -> socket.socket:
    """Listen on a socket in a folder that only this user may enter; one of a process that ended is taken over."""
    listening = socket.socket(socket.AF_UNIX)
    path.unlink(missing_ok=True)
    listening.bind(str(path))
    listening.listen(BACKLOG)
    return listening


def serve(application: "WSGIApplication", listening: socket.socket) -> None:
    """Answer each connection, which is one request, until the socket is closed."""
    with ThreadPoolExecutor(THREADS, thread_name_prefix="page") as threads, suppress(OSError):
        while True:
            connection, _ = listening.accept()
            threads.submit(answer, application, connection)


def answer(application: "WSGIApplication", connection: socket.socket) -> None:
    """Answer one request."""
    with connection, cast(BinaryIO, connection.makefile("rwb")) as wire:
        try:
            said = read_head(wire)
            body = reading(wire)
            given = Answer(wire)
            try:
                given.give(application, environ(said, body))
            except (Broken, OSError):
                raise
            except Exception:
                log.exception("A page could not be made.")
                given.fail()
            while body.read(1 << 16):  # what nobody read: the front is still writing it
                pass
        except (Broken, OSError):  # who asked is gone
            return


def environ(said: dict[str, Any], body: BinaryIO) -> dict[str, Any]:
    """Return the request as PEP 3333 asks for it; a header with an underscore, which could pose as another, is left."""
    words: dict[str, Any] = {
        "REQUEST_METHOD": said["method"], "SCRIPT_NAME": "", "PATH_INFO": said["path"], "QUERY_STRING": said["query"],
        "SERVER_NAME": said["server"][0], "SERVER_PORT": str(said["server"][1]), "SERVER_PROTOCOL": said["protocol"],
        "REMOTE_ADDR": said["client"], "wsgi.version": (1, 0), "wsgi.url_scheme": said["scheme"], "wsgi.input": body,
        "wsgi.errors": sys.stderr, "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }  # fmt: skip
    for name, value in said["headers"]:
        if "_" in name:
            continue
        key = name.upper().replace("-", "_")
        key = key if key in SINGLE else f"HTTP_{key}"
        joint = "; " if key == "HTTP_COOKIE" else ","
        words[key] = f"{words[key]}{joint}{value}" if key in words else value
    return words


class Answer:
    """What an application says, passed on as soon as it says it."""

    def __init__(self, wire: BinaryIO) -> None:
        self._wire = wire
        self._head: bytes | None = None
        self._begun = False

    def give(self, application: "WSGIApplication", words: dict[str, Any]) -> None:
        """Let the application answer, and write what it answers."""
        parts: Iterable[bytes] = application(words, self.start)
        try:
            for part in parts:
                self._write(part)
                self._wire.flush()
            self._write(b"")
            self._wire.write(END)
            self._wire.flush()
        finally:
            if hasattr(parts, "close"):
                parts.close()

    def fail(self) -> None:
        """Say that the application failed, where it said nothing yet; else the answer stays without its end."""
        if not self._begun:
            text = b"The page could not be made.\n"
            kind = [("content-type", "text/plain; charset=utf-8"), ("content-length", str(len(text)))]
            self._head = head({"status": 500, "headers": kind})
            self._write(text)
            self._wire.write(END)
            self._wire.flush()

    def start(self, status: str, headers: list[tuple[str, str]], error: Any = None, /) -> Callable[[bytes], object]:
        """Take status and headers; an application that failed may change them until something is written."""
        if error is not None and self._begun:
            raise error[1].with_traceback(error[2])
        self._head = head({"status": int(status.split(" ", 1)[0]), "headers": headers})
        return self._write

    def _write(self, part: bytes) -> None:
        if not self._begun:
            if self._head is None:
                raise AssertionError("the application wrote before it gave a status")
            self._begun = True
            self._wire.write(self._head)
        for each in frames(part):
            self._wire.write(each)


if __name__ == "__main__":
    main()
