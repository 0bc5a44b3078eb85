"""A witness on the network: tlog-witness over HTTP/1.1, with bounds on bodies, time and connections.

Speaks no TLS: what is asked and answered is public and signed. Where a network wants TLS, a proxy stands before it.
"""

import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from clerestory.cli.shell import _
from clerestory.ledger.exchange.witness import LARGEST, SIZE_TYPE, RequestRefused, open_request
from clerestory.ledger.vkey import VerifierKey
from clerestory.store.witness.keeping import Keeping, NotKept
from clerestory.terms.error import ClerestoryError

IDLE, WHOLE, MOST = 10.0, 60.0, 32
"""Seconds that a connection may be silent, seconds that it may last, and how many there may be at once."""
_SHOWN = re.compile(r"/([0-9a-f]{64})/checkpoint")
_LENGTH = re.compile(r"[0-9]{1,9}")
_PLAIN = "text/plain; charset=utf-8"


class AddressTaken(ClerestoryError):
    """The witness cannot listen at the address."""


class Server(ThreadingHTTPServer):
    """Listens for logs that ask for cosignatures; ``kept`` is called after keeping and before answering."""

    daemon_threads = True
    request_queue_size = MOST

    def __init__(
        self,
        address: tuple[str, int],
        keeping: Keeping,
        logs: Mapping[str, Sequence[VerifierKey]],
        *,
        now: Callable[[], int] = lambda: int(time.time()),
        kept: Callable[[], None] = lambda: None,
        whole: float = WHOLE,
    ) -> None:
        self.keeping, self.logs, self.now, self.kept, self.whole = keeping, logs, now, kept, whole
        self._places = threading.BoundedSemaphore(MOST)
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        try:
            super().__init__(address, _Handler)
        except OSError as error:
            raise AddressTaken(
                _("The witness cannot listen at {host}, port {port}: {reason}.").format(
                    host=address[0], port=address[1], reason=error.strerror
                ),
                _("Choose another --port, or end what listens there."),
            ) from error

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take a connection where there is a place for it; close it otherwise."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # no thread could be started
            self._places.release()
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection, and cut it where it lasts too long."""
        watch = threading.Timer(self.whole, _cut, [request])
        watch.daemon = True
        watch.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            watch.cancel()
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  the base class names it
        """Say in one line what went wrong with a connection; one that the other side left is nothing wrong."""
        error = sys.exception()
        if not isinstance(error, OSError):
            sys.stderr.write(f"{client_address}: {error!r}\n")


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "clerestory-witness", ""
    timeout = IDLE

    def do_POST(self) -> None:
        """Answer add-checkpoint."""
        if self.path != "/add-checkpoint":
            self._refuse(404, "There is nothing of this name.")
            return
        body = self._body()
        if body is None:
            return
        try:
            opened = open_request(body, self.server.logs)
            line = self.server.keeping.cosign(opened, self.server.now)
        except RequestRefused as error:
            if error.held is None:
                self._refuse(error.status, f"{error.problem} {error.remedy}", close=False)
            else:
                self._answer(error.status, f"{error.held}\n".encode(), SIZE_TYPE)
            return
        except NotKept as error:
            sys.stderr.write(f"{error.problem} {error.remedy}\n")
            self._refuse(503, "The witness cannot keep what it sees, so it cosigns nothing.")
            return
        self.server.kept()
        self._answer(200, line.encode(), _PLAIN)

    def do_GET(self) -> None:
        """Show the checkpoint that was cosigned last of one log."""
        match = _SHOWN.fullmatch(self.path)
        try:
            note = self.server.keeping.note(match[1]) if match else None
        except NotKept as error:
            sys.stderr.write(f"{error.problem} {error.remedy}\n")
            self._refuse(503, "The witness cannot read what it keeps.")
            return
        if note is None:
            self._refuse(404, "Nothing of this name was cosigned.", close=False)
        else:
            self._answer(200, note, _PLAIN)

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length") or ""
        if self.headers.get("Transfer-Encoding") is not None or not _LENGTH.fullmatch(length):
            self._refuse(411, "Say the length of the request.")
            return None
        if int(length) > LARGEST:
            self._refuse(413, f"A request has at most {LARGEST} bytes.")
            return None
        body = self.rfile.read(int(length))
        if len(body) != int(length):
            self.close_connection = True
            return None
        return body

    def _refuse(self, status: int, said: str, *, close: bool = True) -> None:
        """Answer in words; the connection ends where the rest of the request was not read."""
        self.close_connection = self.close_connection or close
        self._answer(status, f"{said}\n".encode(), _PLAIN)

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class names it
        """Write one line on stderr; nothing that a stranger sent reaches it unescaped."""
        sys.stderr.write(f"{self.address_string()} {ascii(format % args)[1:-1]}\n")


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
