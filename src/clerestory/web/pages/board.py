"""The requirement board and the page that says why a requirement stands where it stands."""

from collections.abc import Sequence

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from clerestory.desk.document import FORMS
from clerestory.desk.lists import Column
from clerestory.desk.request import MemberRequest
from clerestory.report import board as boards
from clerestory.report import requirement as requirements
from clerestory.report.board import BoardRow, Narrowing
from clerestory.terms.ids import FrameworkId
from clerestory.web.export import file_response
from clerestory.web.pages.moment import asked
from clerestory.web.pages.papers import board_response, requirement_response
from clerestory.web.templatetags.screen import word
from clerestory.web.words import said

CLASSES = (
    ("technical", gettext_lazy("Measurement")),
    ("mixed", gettext_lazy("Record and measurement")),
    ("record", gettext_lazy("Record")),
)


@require_safe
def board(request: MemberRequest) -> HttpResponse:
    """Show all requirements of a framework, narrowed and as of the moment asked."""
    when = asked(request)
    framework_id = FrameworkId(request.GET.get("framework") or boards.HOME)
    whole = boards.board(request.actor, framework_id, at=when.at, live=when.live)
    by = Narrowing(
        text=request.GET.get("q", "").strip(),
        conformity=request.GET.get("status", ""),
        group=request.GET.get("group", ""),
        evidence_class=request.GET.get("class", ""),
    )
    shown = boards.narrow(whole, by)
    if request.GET.get("export") in FORMS:
        return board_response(request, shown, request.GET["export"])
    if request.GET.get("export"):
        return file_response(
            request.GET["export"], columns(), shown.rows, f"requirements-{framework_id}-{whole.at:%Y-%m-%d}"
        )
    return render(
        request,
        "web/board/board.html",
        {
            "all": whole,
            "board": shown,
            "by": by,
            "classes": CLASSES,
            "when": when,
            "past": not when.live,
            "at_day": when.day,
            "today": when.today,
            "at_query": when.query,
        },
    )


@require_safe
def requirement(request: MemberRequest, framework_id: str, requirement_id: str) -> HttpResponse:
    """Show one requirement down to the entries that it rests on."""
    when = asked(request)
    why = requirements.requirement(request.actor, FrameworkId(framework_id), requirement_id, at=when.at)
    if form := request.GET.get("export"):
        return requirement_response(request, why, form)
    return render(
        request,
        "web/board/requirement.html",
        {"why": why, "when": when, "past": not when.live, "at_query": when.query},
    )


def columns() -> Sequence[Column]:
    """Return the columns of an exported board."""

    def missing(row: BoardRow) -> str:
        return "\n".join(said(item) for item in row.missing)

    def conformity(row: BoardRow) -> str:
        return "" if row.conformity is None else word(row.conformity)

    return (
        Column(name="id", label=_("No.")),
        Column(name="title", label=_("Requirement")),
        Column(name="group", label=_("Clause or area")),
        Column(name="conformity", label=_("Status"), value=conformity),
        Column(name="have", label=_("Covered"), numeric=True),
        Column(name="need", label=_("of"), numeric=True),
        Column(name="stale_on", label=_("Ages on")),
        Column(name="because", label=_("Evidence"), numeric=True),
        Column(name="missing", label=_("What is missing"), value=missing),
        Column(name="reused_have", label=_("Evidence re-used"), numeric=True),
        Column(name="reused_need", label=_("of related requirements"), numeric=True),
    )
