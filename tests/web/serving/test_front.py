"""From a connection to a page and back: whole bodies, early answers, processes that end, headers that pose."""

import asyncio
import hashlib
import os
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clerestory.web.serving import front as fronts
from clerestory.web.serving.front import Front
from clerestory.web.serving.page import listen, serve

Answered = tuple[int, dict[str, str], bytes]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder whose name is short enough for a socket in it."""
    with tempfile.TemporaryDirectory(prefix="cl-") as path:
        yield Path(path)


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """Answer by the path."""
    path = environ["PATH_INFO"]
    if path == "/early":
        start_response("413 Too Large", [("Content-Type", "text/plain")])
        return [b"x" * 3_000_000]
    if path == "/fails":
        raise RuntimeError("a fault of the application")
    if path == "/parts":
        start_response("200 OK", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return (str(number).encode() for number in range(5))
    body = environ["wsgi.input"].read()
    named = ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "CONTENT_LENGTH", "HTTP_COOKIE", "HTTP_X_FORWARDED_FOR")
    said = [*(environ.get(name, "") for name in named), hashlib.sha256(body).hexdigest()]
    start_response("200 OK", [("Content-Type", "text/plain")])
    return ["\n".join(said).encode("latin-1")]


@pytest.fixture
def sockets(folder: Path) -> Iterator[tuple[str, ...]]:
    """Let two threads answer as page processes do."""
    places = [folder / "0.sock", folder / "1.sock"]
    listening = [listen(place) for place in places]
    threads = [threading.Thread(target=serve, args=(application, each), daemon=True) for each in listening]
    for thread in threads:
        thread.start()
    yield tuple(map(str, places))
    for each in listening:
        each.shutdown(socket.SHUT_RDWR)
        each.close()


def asked(
    front: Front, path: str, *, method: str = "GET", body: list[bytes] | None = None,
    headers: list[tuple[bytes, bytes]] | None = None, query: bytes = b"", left: list[bytes] | None = None,
) -> Answered:  # fmt: skip
    """Ask as a server does; return status, headers and body."""
    parts = list(body or [b""])
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        if not parts:
            await asyncio.sleep(60)
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def send(event: Any) -> None:
        sent.append(event)

    scope = {
        "type": "http", "method": method, "path": path, "query_string": query, "headers": headers or [],
        "scheme": "http", "http_version": "1.1", "server": ("localhost", 8000), "client": ("127.0.0.1", 5),
    }  # fmt: skip
    asyncio.run(asyncio.wait_for(front(scope, receive, send), timeout=30))
    if left is not None:
        left += parts
    named = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], named, b"".join(event["body"] for event in sent[1:])


def lines(answer: Answered) -> list[str]:
    return answer[2].decode("latin-1").split("\n")


def test_a_page_hears_what_was_asked(sockets: tuple[str, ...]) -> None:
    said = lines(asked(Front(sockets, 1), "/ä/x", query=b"q=%C3%A4&r=1"))
    assert said[:4] == ["GET", "/ä/x".encode().decode("latin-1"), "q=%C3%A4&r=1", ""]


@pytest.mark.parametrize("size", [0, 1, 70_000, 1 << 20, (1 << 20) + 1, 9_000_000])
def test_a_body_of_any_size_arrives_whole(sockets: tuple[str, ...], size: int) -> None:
    body = os.urandom(size)
    parts = [body[start : start + 65_536] for start in range(0, size, 65_536)] or [b""]
    length = [(b"content-length", str(size).encode())]
    said = lines(asked(Front(sockets, 1), "/up", method="POST", body=parts, headers=length))
    assert (said[3], said[6]) == (str(size), hashlib.sha256(body).hexdigest())


def test_a_short_body_without_a_length_gets_one_and_a_long_one_is_refused(sockets: tuple[str, ...]) -> None:
    front = Front(sockets, 1)
    assert lines(asked(front, "/up", method="POST", body=[b"ab", b"c"]))[3] == "3"
    status, _headers, body = asked(front, "/up", method="POST", body=[b"x" * (1 << 20), b"x"])
    assert (status, b"Content-Length" in body) == (411, True)


def test_an_answer_before_the_body_was_read_arrives_whole(sockets: tuple[str, ...]) -> None:
    parts = [b"y" * 65_536] * 200
    length = [(b"content-length", str(65_536 * 200).encode())]
    left: list[bytes] = []
    status, _headers, body = asked(Front(sockets, 1), "/early", method="POST", body=parts, headers=length, left=left)
    assert (status, len(body)) == (413, 3_000_000)
    assert left == []  # a browser that still sends would read no answer


def test_who_leaves_in_the_middle_of_a_body_is_no_fault(
    sockets: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    async def leave(parts: list[bytes]) -> list[Any]:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return (
                {"type": "http.request", "body": parts.pop(0), "more_body": True}
                if parts
                else {"type": "http.disconnect"}
            )

        async def send(event: Any) -> None:
            sent.append(event)

        scope = {
            "type": "http", "method": "POST", "path": "/up", "query_string": b"", "scheme": "http",
            "headers": [(b"content-length", b"9000000")], "http_version": "1.1",
        }  # fmt: skip
        await asyncio.wait_for(Front(sockets, 1)(scope, receive, send), timeout=30)
        return sent

    assert asyncio.run(leave([b"ab"])) == []
    assert [event.get("status") for event in asyncio.run(leave([b"z" * 2_000_000]))][:1] == [503]
    assert not caplog.records
    assert asked(Front(sockets, 1), "/works")[0] == 200


def test_what_comes_in_parts_and_headers_that_come_twice_arrive(sockets: tuple[str, ...]) -> None:
    front, sent = Front(sockets, 1), asked
    assert sent(front, "/parts")[2] == b"01234"
    said = lines(sent(front, "/", headers=[(b"cookie", b"a=1"), (b"cookie", b"b=2")]))
    assert said[4] == "a=1; b=2"


def test_a_header_with_an_underscore_poses_as_no_other(sockets: tuple[str, ...]) -> None:
    said = lines(asked(Front(sockets, 1), "/", headers=[(b"x_forwarded_for", b"10.0.0.1")]))
    assert said[5] == ""


def test_a_page_that_fails_without_an_answer_is_said_and_the_next_one_works(sockets: tuple[str, ...]) -> None:
    front = Front(sockets, 1)
    assert asked(front, "/fails")[0] == 500
    length = [(b"content-length", b"2000000")]
    assert asked(front, "/fails", method="POST", body=[b"z" * 2_000_000], headers=length)[0] == 500
    assert asked(front, "/works")[0] == 200


def test_a_process_that_is_not_there_yet_is_waited_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = folder / "0.sock"
    front = Front([str(place)], 1)

    def later() -> None:
        with listen(place) as listening:
            serve(application, listening)

    timer = threading.Timer(0.2, later)
    timer.daemon = True
    timer.start()
    assert asked(front, "/works")[0] == 200
    monkeypatch.setattr(fronts, "PATIENCE_S", 0.2)
    assert asked(Front([str(folder / "none.sock")], 1), "/works")[0] == 503
