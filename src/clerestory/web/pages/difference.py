"""What changed in a framework between two days."""

from collections.abc import Sequence
from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clerestory.desk.day import day_of, end_of, moment_asked, today_of
from clerestory.desk.lists import Column
from clerestory.desk.lists.file import file_response
from clerestory.desk.request import MemberRequest
from clerestory.report import difference as reports
from clerestory.report.board import HOME
from clerestory.report.difference import Change
from clerestory.store import clock
from clerestory.terms.ids import FrameworkId
from clerestory.web.templatetags.screen import word
from clerestory.web.words import kind_word, said

SPANS = (7, 30, 90, 365)


@require_safe
def difference(request: MemberRequest) -> HttpResponse:
    """Show each requirement that stands otherwise, and what caused it; the last thirty days where none are named."""
    now = clock.now()
    since = request.GET.get("from", "").strip()
    until = request.GET.get("to", "").strip()
    actor = request.actor
    today = today_of(actor, now)
    start = moment_asked(actor, since) if since else end_of(actor, today - timedelta(days=30))
    end = now if until in ("", today.isoformat()) else moment_asked(actor, until)
    framework_id = FrameworkId(request.GET.get("framework") or HOME)
    found = reports.difference(actor, framework_id, since=start, until=end, now=now)
    if export := request.GET.get("export"):
        name = f"difference-{day_of(actor, start)}-{day_of(actor, end)}"
        return file_response(request, export, columns(), found.changes, name, _("What changed"))
    spans = [(days, (today - timedelta(days=days)).isoformat()) for days in SPANS]
    return render(
        request,
        "web/board/difference.html",
        {
            "found": found,
            "from_day": day_of(actor, start).isoformat(),
            "to_day": day_of(actor, end).isoformat(),
            "today": today.isoformat(),
            "spans": spans,
        },
    )


def columns() -> Sequence[Column]:
    """Return the columns of an exported difference."""

    def causes(change: Change) -> str:
        if change.time:
            return _("Time alone")
        return "\n".join(f"{kind_word(line.kind)} {line.check} {line.entry_id}".strip() for line in change.causes)

    def reasons(change: Change) -> str:
        return "\n".join(said(phrase) for phrase in change.reasons)

    return (
        Column(name="id", label=_("No.")),
        Column(name="title", label=_("Requirement")),
        Column(name="before", label=_("Before"), value=lambda change: word(change.before)),
        Column(name="after", label=_("After"), value=lambda change: word(change.after)),
        Column(name="have_before", label=_("Covered before"), numeric=True),
        Column(name="need_before", label=_("of"), numeric=True),
        Column(name="have_after", label=_("Covered after"), numeric=True),
        Column(name="need_after", label=_("of"), numeric=True),
        Column(name="causes", label=_("Caused by"), value=causes),
        Column(name="reasons", label=_("What is missing since"), value=reasons),
    )
