"""At the door: who asks, for which organisation, and what an error of the product looks like to a browser.

Refuses every page to people who are not signed in, except the few that are marked otherwise.
"""

from collections.abc import Callable
from contextlib import nullcontext
from http import HTTPStatus
from typing import cast

from allauth.account.internal.flows import reauthentication
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject

from clerestory.desk.actor import Actor
from clerestory.desk.day import zone_of
from clerestory.desk.forms import ONE_FIELD
from clerestory.desk.permit import NotAuthenticatedAnew
from clerestory.desk.sent import SIGNING_IN, take_form
from clerestory.registers.organisation.queries import organisations
from clerestory.store.facts import one_reading
from clerestory.store.unit import once
from clerestory.terms.error import ClerestoryError
from clerestory.web.again import sent_before, settled
from clerestory.web.errors import OWN_DOOR, answer, no_page, nowhere
from clerestory.web.session import actor_in, presence_of, suspended


def led_in(request: HttpRequest, to_sign_in: HttpResponseBase) -> HttpResponseBase:
    """Return the way in: to the welcome where nobody is there yet; the whole page, where a part of one was fetched."""
    if not organisations():
        return redirect("welcome")
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": reverse("account_login")})
    return to_sign_in


class ReadersLanguage(LocaleMiddleware):
    """Answers in the language of who asks, and leaves the thread in the one that it was in.

    Django leaves the reader's: what the same thread does next would be said, and kept, in the language of a stranger.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request."""
        with translation.override(translation.get_language()):
            return cast(HttpResponseBase, super().__call__(request))


class NothingUnprintable:
    """Takes the one character that PostgreSQL keeps in no text out of an address, so that no page stumbles over it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer 404 where it stands in the path; leave it out of the query."""
        if "\x00" in request.path_info:
            raise Http404
        query = request.META.get("QUERY_STRING", "")
        if "%00" in query:
            request.META["QUERY_STRING"] = query.replace("%00", "")
        return self.get_response(request)


class Doorkeeper(LoginRequiredMiddleware):
    """Gives each request of a member ``request.actor`` and sends everybody else to sign in.

    What only shows something reads the evidence log once, so that no part of a page knows more than another.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request."""
        reading = one_reading() if request.method in ("GET", "HEAD") else nullcontext()
        with reading, once.request(), timezone.override(None):
            suspended.open_again(request)
            response = settled(request, cast(HttpResponseBase, super().__call__(request)))
            suspended.seal(request, response)
            return response

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponseBase],
        args: tuple[object, ...],
        kwargs: dict[str, object],
    ) -> HttpResponseBase | None:
        """Stop who is not signed in or is a member of nothing."""
        if request.path.startswith(OWN_DOOR):  # the API asks for tokens and sessions itself
            return None
        refusal: HttpResponseBase | None = super().process_view(request, view, args, kwargs)
        if refusal is not None:
            return led_in(request, refusal)
        if not request.user.is_authenticated:
            return None
        presence = presence_of(request)
        request.presence = presence  # type: ignore[attr-defined]
        if presence is not None:
            timezone.activate(zone_of(presence.actor))  # pages show moments, and forms read them, where the member is
        signing_in = request.path.startswith(SIGNING_IN)
        # After a proof of identity allauth goes on with the suspended step in the same request: its actor is read then.
        request.actor = (  # type: ignore[attr-defined]
            SimpleLazyObject(lambda: actor_in(request)) if signing_in else presence and presence.actor
        )
        needs_member = getattr(view, "login_required", True) and not signing_in
        if presence is None:
            return nowhere(request) if needs_member else None
        # Where nobody is asked who they are, as at the door for concerns, nothing is noted of who it was.
        is_taken = getattr(view, "login_required", True) and not getattr(view, "many_times", False)
        return _taken(request, presence.actor) if is_taken else None

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Show a page, too, at an address that only takes a step: after reloading one, or coming back to it."""
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            response = no_page(request, allowed=response.headers.get("Allow", ""))
        # What a member may see is kept neither by a proxy nor by a browser that somebody else uses next.
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """Show an error of the product; who must prove their identity first does so and goes on with the same step."""
        if isinstance(exception, once.SentBefore):
            return sent_before(request)
        if request.path.startswith(OWN_DOOR) or not isinstance(exception, ClerestoryError):
            return None
        if isinstance(exception, NotAuthenticatedAnew):
            if ONE_FIELD in request.POST:  # a field looked at while it is typed is no step to go on with
                return HttpResponse(status=HTTPStatus.NO_CONTENT)
            asked: HttpResponse = reauthentication.suspend_request(request, reverse("account_reauthenticate"))
            return asked
        return answer(request, exception)


def _taken(request: HttpRequest, actor: Actor) -> HttpResponse | None:
    """Let a form that is sent be taken once; answer where it was taken before."""
    if request.method != "POST":
        return None
    try:
        take_form(request, actor)
    except once.SentBefore:
        return sent_before(request)
    return None
