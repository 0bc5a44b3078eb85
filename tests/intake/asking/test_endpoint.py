"""An endpoint is asked again after what passes, never after what does not, and no faster than allowed."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from clerestory.assurance.trial import Unanswered
from clerestory.intake.asking.endpoint import Endpoint, EndpointUnusable

Answer = tuple[int, dict[str, str], bytes]


class Place:
    """A real server on this machine that answers as told, in turn; the last answer stays."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked: list[dict[str, object]] = []
        place = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                place.asked.append({"body": json.loads(body), "key": self.headers.get("Authorization", "")})
                status, headers, said = place.answers.pop(0) if len(place.answers) > 1 else place.answers[0]
                if status == 0:
                    threading.Event().wait(1.0)
                    return
                self.send_response(status)
                for name, value in {"Content-Length": str(len(said)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def place() -> Iterator[Place]:
    made = Place()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def ask(place: Place, waits: list[float]) -> Callable[..., Endpoint]:
    return lambda **more: Endpoint(place.url, {"Authorization": "Bearer k"}, wait=waits.append, **more)


def test_after_429_and_503_it_is_asked_again_when_it_says_so(place, ask, waits):
    place.answers = [(429, {"Retry-After": "7"}, b""), (503, {}, b""), (200, {}, b'{"score": 1}')]
    assert ask().ask({"row": 1}) == {"score": 1}
    assert [asked["body"] for asked in place.asked] == [{"row": 1}] * 3
    assert waits == [7.0, 1.0]


def test_one_that_never_recovers_is_unanswered_after_the_retries(place, ask):
    place.answers = [(500, {}, b"trace of an error")]
    with pytest.raises(Unanswered, match="did not answer after 3 attempts: HTTP 500"):
        ask(retries=2).ask({})


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_for_good_is_not_repeated(place, ask, status):
    place.answers = [(status, {}, b"")]
    with pytest.raises(EndpointUnusable, match=f"refuses with HTTP {status}"):
        ask().ask({})
    assert len(place.asked) == 1


def test_one_that_takes_too_long_is_unanswered(place, ask):
    place.answers = [(0, {}, b"")]
    with pytest.raises(Unanswered, match="did not answer after 1 attempts"):
        ask(timeout_s=0.2, retries=0).ask({})


def test_what_is_no_json_is_unanswered_at_once(place, ask):
    place.answers = [(200, {}, b"<html>")]
    with pytest.raises(Unanswered, match="no JSON"):
        ask().ask({})
    assert len(place.asked) == 1


def test_a_redirect_is_not_followed_so_that_no_key_goes_elsewhere(place, ask):
    place.answers = [(302, {"Location": "http://elsewhere.example/"}, b"")]
    with pytest.raises(EndpointUnusable, match="HTTP 302"):
        ask().ask({})


def test_the_rate_is_kept(place, ask, waits):
    place.answers = [(200, {}, b"{}")]
    endpoint = ask(per_minute=60)
    for _ in range(3):
        endpoint.ask({})
    assert [round(wait) for wait in waits] == [1, 2]


@pytest.mark.parametrize("url", ["ftp://host/", "host", "http://", "https://user:secret@host/"])
def test_an_address_that_is_none_or_holds_a_password_is_refused(url):
    with pytest.raises(EndpointUnusable, match="no http"):
        Endpoint(url)
