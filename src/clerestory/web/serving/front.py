"""The front: takes every connection, lets each request wait for its turn, and passes it to a page process and back.

An ASGI application without Django. It holds slow readers, slow writers and connections that do nothing, so that a page
process only ever works on a page that is wholly there.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes

from clerestory.web.serving.turns import Turns
from clerestory.web.serving.wire import END, LARGEST, LENGTH, frames, head

Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]

PATIENCE_S, PAUSE_S = 20.0, 0.05
"""Seconds for which a page process that is being started anew is waited for, and between two tries."""
DRAIN_S = 60.0
"""Seconds for which the rest of a body that a page did not read is taken in."""
REPEATABLE = ("GET", "HEAD")
_AWAY = "The process that worked on this page ended. Look whether what you changed is there, and try again.\n"
_NO_LENGTH = "The length of what is sent is missing. Send it with a Content-Length.\n"


class Gone(Exception):
    """The page process ended before it answered."""


class Left(Exception):
    """Who asked is gone before all was sent: nobody waits for an answer."""


class Front:
    """Passes requests to the page processes that listen on some sockets, at most ``at_once`` pages to each."""

    def __init__(self, sockets: Sequence[str], at_once: int) -> None:
        self._sockets = tuple(sockets)
        self._turns = Turns(len(self._sockets), at_once)

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        upload = Upload(receive)
        try:
            await upload.take_in()
        except Left:
            return
        length = next((value for name, value in scope["headers"] if name.lower() == b"content-length"), None)
        if length is None and upload.more:
            await _say(send, HTTPStatus.LENGTH_REQUIRED, _NO_LENGTH)
            return
        said = head(_request(scope, len(upload.begun) if length is None else None))
        may_repeat = scope["method"] in REPEATABLE and not upload.more
        until = asyncio.get_running_loop().time() + PATIENCE_S
        while asyncio.get_running_loop().time() < until:
            try:
                async with self._turns.take() as process:
                    await _pass(self._sockets[process], said, upload, send)
                return
            except Gone:  # in the middle: asked once more, if that changes nothing
                if not may_repeat:
                    break
                may_repeat = False
            except OSError:  # it is being started anew, and has not taken the request
                await asyncio.sleep(PAUSE_S)
        await _say(send, HTTPStatus.SERVICE_UNAVAILABLE, _AWAY)


class Upload:
    """The body of a request: its beginning, taken in before a page begins, and what comes after it."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.begun = b""
        self.more = True

    async def take_in(self) -> None:
        """Take in all of it, or as much as one frame holds."""
        parts, size = [], 0
        while self.more and size < LARGEST:
            parts.append(await self._next())
            size += len(parts[-1])
        self.begun = b"".join(parts)

    async def write(self, writer: asyncio.StreamWriter) -> None:
        """Write all of it to a page process; one that no longer listens, and one that sends no more, is no error."""
        try:
            for part in frames(self.begun):
                writer.write(part)
            while self.more:
                for part in frames(await self._next()):
                    writer.write(part)
                await writer.drain()
            writer.write(END)
            await writer.drain()
        except OSError:
            with suppress(Left):
                while self.more:  # the answer is under way: who sends reads it when all is sent
                    await self._next()
        except Left:
            writer.transport.abort()

    async def _next(self) -> bytes:
        event = await self._receive()
        self.more = event["type"] == "http.request" and bool(event.get("more_body"))
        if event["type"] == "http.disconnect":
            raise Left
        data: bytes = event.get("body", b"")
        return data


def _request(scope: Event, length: int | None) -> dict[str, Any]:
    """Return the head of a request: texts as WSGI wants them, each character one byte."""
    path = unquote_to_bytes(scope.get("raw_path") or scope["path"].encode())
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    return {
        "method": scope["method"], "path": path.decode("latin-1"), "query": scope["query_string"].decode("latin-1"),
        "headers": headers + ([("content-length", str(length))] if length else []),
        "scheme": scope["scheme"], "protocol": f"HTTP/{scope['http_version']}",
        "server": list(scope.get("server") or ("localhost", 80)), "client": (scope.get("client") or ("",))[0],
    }  # fmt: skip


async def _pass(socket: str, said: bytes, upload: Upload, send: Send) -> None:
    """Let one page process answer.

    Raises:
        OSError: it does not listen.
        Gone: it ended before it answered.
    """
    reader, writer = await asyncio.open_unix_connection(socket, limit=LARGEST)
    writer.write(said)
    writing = asyncio.create_task(upload.write(writer))
    try:
        try:
            answer = json.loads(await _frame(reader))
        except (asyncio.IncompleteReadError, OSError) as error:
            raise Gone from error
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer["headers"]]
        await send({"type": "http.response.start", "status": answer["status"], "headers": headers})
        while part := await _frame(reader):
            await send({"type": "http.response.body", "body": part, "more_body": True})
        with suppress(TimeoutError):  # a browser reads an answer, also a refusal, when it has sent all
            await asyncio.wait_for(writing, DRAIN_S)
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        writing.cancel()
        writer.transport.abort()  # the answer is whole, or nobody waits for it
        with suppress(OSError):
            await writer.wait_closed()


async def _frame(reader: asyncio.StreamReader) -> bytes:
    (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
    return await reader.readexactly(length) if length else b""


async def _say(send: Send, status: HTTPStatus, text: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": text.encode(), "more_body": False})
