"""What is refused at the door: a problem and a remedy, to a person as a page, to a program as JSON."""

import json

import pytest
from django.test import Client

from tests.web.conftest import Place
from tests.web.test_pages import PAGES

pytestmark = pytest.mark.django_db(transaction=True)
HALF, NUL, NO_NUL = (b'{"kind": "%s"}' % kind for kind in (b"\\ud800", b"\\u0000", b"\\\\u0000"))
TOO_MANY = {f"field-{number}": "x" for number in range(1500)}
TOO_LARGE = b'{"name": "' + b"x" * (33 * 1024 * 1024) + b'"}'


def told(client: Client, method: str, address: str, **kwargs: object) -> tuple[int, dict[str, str]]:
    """Ask the API and return status and document."""
    answer = client.generic(method, address, **kwargs)  # type: ignore[arg-type]
    assert answer.headers["Content-Type"].startswith("application/json"), answer.content[:200]
    return answer.status_code, json.loads(answer.content)


@pytest.mark.parametrize(
    "method, address, sent, status",
    [
        ("GET", "/api/v1/nothing-here", {}, 404),
        ("PATCH", "/api/v1/notices", {}, 405),
        ("POST", "/api/v1/notices/webhooks", {"data": b'{"name":', "content_type": "application/json"}, 400),
        ("POST", "/api/v1/notices/webhooks", {"data": b"\xff\xfe{", "content_type": "application/json"}, 400),
        ("POST", "/api/v1/notices/webhooks", {"data": b"[" * 200_000, "content_type": "application/json"}, 400),
        ("POST", "/api/v1/records/comments", {"data": HALF, "content_type": "application/json"}, 400),
        ("POST", "/api/v1/records/comments", {"data": NUL, "content_type": "application/json"}, 400),
        (
            "POST",
            "/api/v1/records/comments",
            {"data": b'{"kind":"\\\\u0000"}', "content_type": "application/json"},
            422,
        ),
        ("POST", "/api/v1/notices/webhooks", {"data": TOO_LARGE, "content_type": "application/json"}, 413),
        ("GET", "/api/v1/notices", {"headers": {"host": "somewhere-else.example"}}, 400),
        ("GET", "/api/v1/notices", {"headers": {"authorization": "Bearer clr_none"}}, 401),
    ],
)
def test_a_program_hears_of_every_refusal_as_problem_and_remedy(
    place: Place, method: str, address: str, sent: dict[str, object], status: int
) -> None:
    found, document = told(place.client("admin"), method, address, **sent)
    assert found == status
    assert document["problem"].endswith(".") and document["remedy"].endswith(".")


def test_a_program_with_the_cookie_of_a_session_hears_what_its_write_lacks(place: Place) -> None:
    signed_in = place.client("admin")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = signed_in.cookies
    status, document = told(strict, "POST", "/api/v1/notices/read")
    assert status == 403
    assert "X-CSRFToken" in document["remedy"]


def test_too_much_at_once_is_called_so_and_not_a_page_that_is_missing(place: Place) -> None:
    client = place.client("admin")
    for answer in (
        client.post("/notices/choices/", TOO_MANY),
        client.post("/notices/choices/", {"text": "x" * (33 * 1024 * 1024)}),
        client.post("/notices/choices/", b"text=" + b"x" * (33 * 1024 * 1024), "application/x-www-form-urlencoded"),
    ):
        assert answer.status_code == 413
        assert b"More was sent than one request may hold." in answer.content
        assert b"Send less" in answer.content


def test_a_request_that_cannot_be_read_is_a_bad_request(place: Place) -> None:
    client = place.client("admin")
    garbled = client.generic("POST", "/notices/choices/", b"garbage", "multipart/form-data; boundary=")
    foreign = client.get("/", headers={"host": "somewhere-else.example"})
    for answer in (garbled, foreign):
        assert answer.status_code == 400
        assert b"The request cannot be read" in answer.content


@pytest.mark.parametrize("address", [*PAGES, "/api/v1/notices", "/no-such-page/"])
def test_nothing_that_a_member_sees_is_kept_by_a_browser_or_a_proxy(furnished: Place, address: str) -> None:
    kept = furnished.client("admin").get(address).headers["Cache-Control"]
    assert {"private", "no-store"} <= {part.strip() for part in kept.split(",")}


def test_who_tries_too_often_hears_that_and_what_to_do(place: Place) -> None:
    client = place.client("admin")
    answers = [client.post("/account/reauthenticate/", {"password": f"wrong {number}"}) for number in range(15)]
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert b"This was tried too often" in refused.content
    assert b"Wait a few minutes" in refused.content
