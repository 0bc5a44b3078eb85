"""Which answer each error gets over HTTP. Every page of an error says what is wrong and what to do."""

from http import HTTPStatus
from urllib.parse import urlsplit

from django.core.exceptions import DisallowedHost, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from clerestory.desk.document.words import in_language, shown
from clerestory.desk.permit import NotPermitted
from clerestory.desk.version import ChangedMeanwhile
from clerestory.store.evidence.payload import PayloadAltered
from clerestory.store.log.reading import EntryUnknown, LogAltered
from clerestory.store.sequencer.signing import LogRolledBack
from clerestory.store.unit import NotWritten
from clerestory.terms.error import ClerestoryError
from clerestory.terms.moment import MomentUnreadable

_STATUS: dict[type[ClerestoryError], HTTPStatus] = {
    NotPermitted: HTTPStatus.FORBIDDEN,
    EntryUnknown: HTTPStatus.NOT_FOUND,
    ChangedMeanwhile: HTTPStatus.CONFLICT,
    MomentUnreadable: HTTPStatus.BAD_REQUEST,
    NotWritten: HTTPStatus.SERVICE_UNAVAILABLE,
    LogAltered: HTTPStatus.SERVICE_UNAVAILABLE,
    LogRolledBack: HTTPStatus.SERVICE_UNAVAILABLE,
    PayloadAltered: HTTPStatus.SERVICE_UNAVAILABLE,
}


OWN_DOOR = "/api/"
"""Programs come in here: they are told of an error as JSON, with the same two sentences."""
_ENOUGH = 256 * 1024 * 1024


class NotFound(ClerestoryError):
    """There is no such page, record or requirement in this organisation."""


def status_of(error: ClerestoryError) -> HTTPStatus:
    """Return the HTTP status of an error; what is asked for wrongly is a bad request."""
    if isinstance(error, NotFound) or type(error).__name__.endswith("Unknown"):
        return HTTPStatus.NOT_FOUND
    return next(
        (status for kind, status in _STATUS.items() if isinstance(error, kind)), HTTPStatus.UNPROCESSABLE_ENTITY
    )


def problem_page(request: HttpRequest, *, title: str, problem: str, remedy: str, status: HTTPStatus) -> HttpResponse:
    """Show what is wrong and what to do about it: as a page, or to a program as JSON."""
    if request.path.startswith(OWN_DOOR):
        return JsonResponse({"problem": in_language(problem), "remedy": in_language(remedy)}, status=status)
    words = {"title": title, "problem": shown(problem), "remedy": shown(remedy), "back": page_before(request)}
    return render(request, "web/problem.html", words, status=status)


def page_before(request: HttpRequest) -> str:
    """Return the page on which the form stood, where it is one of ours."""
    try:
        before = urlsplit(request.headers.get("Referer", ""))
        is_ours = before.netloc == request.get_host()
    except (DisallowedHost, ValueError):  # the request itself names a host that is none of ours, or no address at all
        return ""
    return before.path if is_ours and before.path.startswith("/") else ""


def answer(request: HttpRequest, error: ClerestoryError) -> HttpResponse:
    """Show an error of the product."""
    status = status_of(error)
    titles = {
        HTTPStatus.FORBIDDEN: _("Not permitted"),
        HTTPStatus.NOT_FOUND: _("Not here"),
        HTTPStatus.CONFLICT: _("Changed in the meantime"),
    }
    return problem_page(
        request,
        title=titles.get(status, _("That did not work")),
        problem=error.problem,
        remedy=error.remedy,
        status=status,
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django passes it by name
    """Answer an address that leads nowhere."""
    return problem_page(
        request,
        title=_("Not here"),
        problem=_("There is no such page, or not for you."),
        remedy=_("Check the address, or start from the first page."),
        status=HTTPStatus.NOT_FOUND,
    )


def no_page(request: HttpRequest, *, allowed: str) -> HttpResponse:
    """Answer a method that an address does not take, such as a page asked for where only a step is taken."""
    page = problem_page(
        request,
        title=_("Not here"),
        problem=_("This address does not take the method %(method)s.") % {"method": request.method},
        remedy=_("Check the address, or start from the first page."),
        status=HTTPStatus.METHOD_NOT_ALLOWED,
    )
    page.headers["Allow"] = allowed
    return page


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that is larger than one may be, or that cannot be read at all."""
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        _read_to_the_end(request)
        return problem_page(
            request,
            title=_("Too much at once"),
            problem=_("More was sent than one request may hold."),
            remedy=_("Send less: a shorter text, or fewer rows at a time."),
            status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        )
    return problem_page(
        request,
        title=_("Not understood"),
        problem=_("The request cannot be read, or it names this server by a name that is not its own."),
        remedy=_("Load the page again; whoever runs the server names its address in CLERESTORY_URL."),
        status=HTTPStatus.BAD_REQUEST,
    )


def _read_to_the_end(request: HttpRequest) -> None:
    """Take what still comes, within reason: who is still sending hears no answer."""
    left = _ENOUGH
    try:
        while left > 0 and (chunk := request.read(1 << 16)):
            left -= len(chunk)
    except (OSError, ValueError):  # the other side is gone
        return


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django passes it by name
    """Answer what the access of a person does not cover."""
    return problem_page(
        request,
        title=_("Not permitted"),
        problem=_("Your access does not cover this."),
        remedy=_("Ask an administrator of your organisation."),
        status=HTTPStatus.FORBIDDEN,
    )


def too_often(request: HttpRequest) -> HttpResponse:
    """Answer who tried something more often than the door allows."""
    return problem_page(
        request,
        title=_("Too often"),
        problem=_("This was tried too often in a short time."),
        remedy=_("Wait a few minutes, then try again."),
        status=HTTPStatus.TOO_MANY_REQUESTS,
    )


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  Django passes it by name
    """Answer a form whose token is missing or too old."""
    return problem_page(
        request,
        title=_("The form is too old"),
        problem=_("The form was open for too long or came from another place."),
        remedy=_("Go back, load the page again and repeat the step."),
        status=HTTPStatus.FORBIDDEN,
    )


def nowhere(request: HttpRequest) -> HttpResponse:
    """Answer somebody who is signed in but a member of no organisation."""
    return problem_page(
        request,
        title=_("No organisation"),
        problem=_("You are signed in, but a member of no organisation."),
        remedy=_("Ask an administrator to admit you, or sign out."),
        status=HTTPStatus.FORBIDDEN,
    )


def broken(request: HttpRequest) -> HttpResponse:
    """Answer a fault of the product; the log of the server holds the details."""
    return problem_page(
        request,
        title=_("Something broke"),
        problem=_("The server met an error it did not expect. Nothing was half-written."),
        remedy=_("Try again; if it stays so, look into the log of the server."),
        status=HTTPStatus.INTERNAL_SERVER_ERROR,
    )
