"""Sends one request to a witness, follows nothing, and gives up after a bounded time and a bounded answer."""

import http.client
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from clerestory.ledger.exchange.witness import LARGEST_ANSWER

QUIET, WHOLE = 5.0, 15.0
"""Seconds that a witness may be silent, and seconds that it may take in all."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a witness answered; status 0 with words where there is no answer."""

    status: int
    body: bytes = b""
    words: str = ""


def post(url: str, body: bytes, whole: float = WHOLE) -> Answer:
    """Send a request to add-checkpoint of a witness and return what it answered."""
    return send(f"{url.rstrip('/')}/add-checkpoint", body, "application/octet-stream", LARGEST_ANSWER, whole)


def send(url: str, body: bytes, kind: str, largest: int, whole: float = WHOLE) -> Answer:
    """Send a request to an address and return what was answered, as far as it is not larger than expected."""
    late = threading.Event()
    try:
        parts = urlsplit(url)
        connection = _connection(parts.scheme == "https", parts.hostname or "", parts.port)
    except (ValueError, http.client.HTTPException) as error:
        return Answer(0, words=str(error))
    watch = threading.Timer(whole, _cut, [connection, late])
    watch.daemon = True
    watch.start()
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body=body, headers={"Content-Type": kind})
        answer = connection.getresponse()
        read = answer.read(largest + 1)
    except (OSError, http.client.HTTPException, ValueError) as error:
        said = f"it took longer than {whole:.0f} seconds" if late.is_set() else str(error) or type(error).__name__
        return Answer(0, words=said[:300])
    finally:
        watch.cancel()
        connection.close()
    if late.is_set():
        return Answer(0, words=f"it took longer than {whole:.0f} seconds")
    return Answer(answer.status, read)


def _connection(secure: bool, host: str, port: int | None) -> http.client.HTTPConnection:
    if secure:
        return http.client.HTTPSConnection(host, port, timeout=QUIET, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, port, timeout=QUIET)


def _cut(connection: http.client.HTTPConnection, late: threading.Event) -> None:
    late.set()
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)
