"""My page: what to do, what changed since the last visit, what expires, and what fits one's roles."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clerestory.desk.day import today_of
from clerestory.desk.request import MemberRequest
from clerestory.report.mine import mine
from clerestory.store import clock


@require_safe
def home(request: MemberRequest) -> HttpResponse:
    """Show the page of the member who asks."""
    now = clock.now()
    shown = mine(request.actor, now=now, whole="all" in request.GET)
    return render(request, "web/mine/mine.html", {"mine": shown, "today": today_of(request.actor, now)})
