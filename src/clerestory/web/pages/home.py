"""The first page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clerestory.desk.request import MemberRequest
from clerestory.report import home as homes
from clerestory.store import clock


@require_safe
def home(request: MemberRequest) -> HttpResponse:
    """Show what to decide, what expires, what changed."""
    return render(request, "web/home.html", {"home": homes.home(request.actor, now=clock.now())})
