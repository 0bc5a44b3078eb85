"""The API: the same commands and queries as the screens, for tokens and signed-in people, described by OpenAPI 3.1."""

import json
import re
from http import HTTPStatus
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser
from ninja.security import APIKeyCookie, HttpBearer

from clerestory.desk.document.words import in_language
from clerestory.desk.entrance.tokens import TokenRefused, actor_with_token
from clerestory.desk.notice.api import router as notices
from clerestory.desk.record.api import router as records
from clerestory.desk.sent import take_key
from clerestory.store import clock
from clerestory.store.unit.once import SentBefore
from clerestory.terms.error import ClerestoryError
from clerestory.web.again import sent_before
from clerestory.web.errors import status_of
from clerestory.web.pages.api import router as pages
from clerestory.web.pages.api_overview import router as overview
from clerestory.web.reference import Reference, ShapedAPI
from clerestory.web.session import presence_of


class Token(HttpBearer):
    """``Authorization: Bearer clr_...``: the actor is the member who made the token, within its scopes."""

    openapi_name = "token"

    def authenticate(self, request: HttpRequest, token: str) -> object | None:
        """Return the actor of a token; one that does not count is refused by name and not mistaken for a session."""
        actor = actor_with_token(token, now=clock.now())
        request.actor = actor  # type: ignore[attr-defined]
        take_key(request, actor)
        return actor


class Session(APIKeyCookie):
    """The cookie of a browser in which somebody is signed in; writes then need the CSRF token of a form."""

    openapi_name = "session"
    param_name = settings.SESSION_COOKIE_NAME

    def _get_key(self, request: HttpRequest) -> str | None:
        return super()._get_key(request) if self.param_name in request.COOKIES else None

    def authenticate(self, request: HttpRequest, key: str | None) -> object | None:
        """Return the actor of a session."""
        presence = presence_of(request) if key and request.user.is_authenticated else None
        if presence is None:
            return None
        request.actor = presence.actor  # type: ignore[attr-defined]
        take_key(request, presence.actor)
        return presence.actor


_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class Readable(Parser):
    """Reads a body of JSON; refuses characters that no database keeps and no page shows: NUL and halves of others."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return what was sent; what is raised here is answered as not readable."""
        body = request.body.decode()  # by its bytes alone json would also read UTF-16, and halves of characters
        said = json.loads(body)
        if "\\u" in body:  # nothing else brings them in
            told = json.dumps(said, ensure_ascii=False)
            told.encode()
            if _NUL.search(told):
                raise ValueError("NUL")
        return said


api = ShapedAPI(
    parser=Readable(),
    title="Clerestory",
    version="1",
    urls_namespace="api",
    auth=[Token(), Session()],
    docs=Reference(),
    docs_url="docs/",
    description="Evidence in, derived status out. Every status names the entries that it rests on.",
)


def _problem(request: HttpRequest, problem: str, remedy: str, status: int) -> HttpResponse:
    return api.create_response(request, {"problem": in_language(problem), "remedy": in_language(remedy)}, status=status)


@api.exception_handler(ClerestoryError)
def _refused(request: HttpRequest, error: ClerestoryError) -> HttpResponse:
    return _problem(request, error.problem, error.remedy, status_of(error))


@api.exception_handler(SentBefore)
def _again(request: HttpRequest, _error: SentBefore) -> HttpResponse:
    return sent_before(request)


@api.exception_handler(AuthenticationError)
def _unknown(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    return _challenge(request, "You are not signed in.", "Send a token: Authorization: Bearer clr_...")


@api.exception_handler(TokenRefused)
def _token_refused(request: HttpRequest, error: TokenRefused) -> HttpResponse:
    return _challenge(request, error.problem, error.remedy)


def _challenge(request: HttpRequest, problem: str, remedy: str) -> HttpResponse:
    response = _problem(request, problem, remedy, 401)
    response["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(ValidationError)
def _malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    places = ", ".join(sorted({".".join(map(str, item["loc"][1:])) or str(item["loc"][0]) for item in error.errors}))
    return api.create_response(
        request,
        {
            "problem": f"The request is malformed at: {places}.",
            "remedy": "Compare it with /api/v1/docs/.",
            "errors": error.errors,
        },
        status=422,
    )


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    if error.status_code == HTTPStatus.FORBIDDEN:
        remedy = "Send a token, or with the cookie of a session the X-CSRFToken of a form."
        return _problem(request, "The request does not come from a page of this server.", remedy, error.status_code)
    return _problem(
        request, "The request is not readable as JSON.", "Compare it with /api/v1/docs/.", error.status_code
    )


def _mount() -> None:
    api.add_router("", pages)
    api.add_router("", overview)
    api.add_router("/notices", notices)
    api.add_router("/records", records)
    for place in (*(f"registers.{name}" for name in settings.REGISTERS), "intake"):
        if find_spec(f"clerestory.{place}.api"):
            router: Router = import_module(f"clerestory.{place}.api").router
            api.add_router(f"/{place.rpartition('.')[2]}", router)


_mount()
