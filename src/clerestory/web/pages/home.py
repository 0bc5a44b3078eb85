"""The first page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clerestory.report import home as homes
from clerestory.store import clock


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what to decide, what expires, what changed."""
    return render(request, "web/home.html", {"home": homes.home(request.actor, now=clock.now())})
