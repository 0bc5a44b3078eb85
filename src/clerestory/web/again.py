"""What is answered where the same came twice: the way to what the first one made, and never the step again."""

import time
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus

from django.contrib import messages
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from clerestory.store import clock
from clerestory.store.unit import once
from clerestory.web.errors import OWN_DOOR, page_before

_MOMENT = timedelta(seconds=5)
_LOOKS, _BETWEEN_S = 20, 0.05


def sent_before(request: HttpRequest) -> HttpResponse:
    """Lead to where the first one led, or say that all is done."""
    if request.path.startswith(OWN_DOOR):
        said = {
            "problem": "A request with this Idempotency-Key was carried out before.",
            "remedy": "Nothing is to be done; to do it once more, send another key.",
        }
        return JsonResponse(said, status=HTTPStatus.CONFLICT)
    place = _place()
    if place:
        messages.info(request, _("This was saved already: the same form came twice, and was taken once."))
        return redirect(place)
    words = {
        "title": _("Saved already"),
        "problem": _("The same form came twice, and was taken once."),
        "remedy": _("Nothing is lost, and nothing is there twice. What is shown only once is not shown again."),
        "back": page_before(request),
    }
    return render(request, "web/problem.html", words)


def settled(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Keep where a form led to that was taken; answer one that was refused only because it was taken meanwhile."""
    sent = once.current()
    if sent is None:
        return response
    wrong = HTTPStatus.BAD_REQUEST <= response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
    if not sent.is_noted:
        return sent_before(request) if wrong and sent.rows.exists() else response
    place = response.headers.get("Location", "") or response.headers.get("HX-Redirect", "")
    with suppress(DatabaseError):  # what was done is done
        if wrong or "attachment" in response.headers.get("Content-Disposition", ""):
            sent.forget()  # who was told that it did not work, or still sees the form, can send it again
        elif place:
            sent.lead_to(place)
    return response


def _place() -> str:
    """Return where the first one led; while it is being answered, look a few times."""
    sent = once.current()
    for _look in range(_LOOKS):
        row = None if sent is None else sent.rows.first()
        if row is None or row.led_to or clock.now() - row.sent_at > _MOMENT:
            return "" if row is None else row.led_to
        time.sleep(_BETWEEN_S)
    return ""
