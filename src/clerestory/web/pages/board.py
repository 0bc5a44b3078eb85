"""The requirement board and the page that says why a requirement stands where it stands."""

from collections.abc import Iterator, Sequence

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from clerestory.desk.day import day_here
from clerestory.desk.document import FORMS
from clerestory.desk.lists import Column, ListQuery, Page, list_page, show_list
from clerestory.desk.request import MemberRequest
from clerestory.report import board as boards
from clerestory.report import requirement as requirements
from clerestory.report.board import Board, BoardRow, Narrowing
from clerestory.terms.ids import FrameworkId
from clerestory.web.pages.moment import asked
from clerestory.web.pages.papers import board_response, requirement_response
from clerestory.web.templatetags.screen import word
from clerestory.web.words import said, spoken

CLASSES = (
    ("technical", gettext_lazy("Measurement")),
    ("mixed", gettext_lazy("Record and measurement")),
    ("record", gettext_lazy("Record")),
)


@list_page
def board(request: MemberRequest) -> HttpResponse:
    """Show all requirements of a framework, narrowed and as of the moment asked."""
    when = asked(request)
    framework_id = FrameworkId(request.GET.get("framework") or boards.HOME)
    whole = boards.board(request.actor, framework_id, at=when.at, live=when.live)
    narrowing = _filters(whole)
    query = ListQuery.read(request.GET, narrowing)
    by = Narrowing(
        text=query.search,
        conformity=query.filters.get("status", ""),
        group=query.filters.get("group", ""),
        evidence_class=query.filters.get("class", ""),
        provable=query.filters.get("provable", ""),
    )
    shown = boards.narrow(whole, by)
    if request.GET.get("export") in FORMS:
        return board_response(request, shown, request.GET["export"])
    return show_list(
        request,
        "web/board/board.html",
        columns=(*narrowing, *columns()),
        fetch=lambda _query: Page(rows=shown.rows, total=len(shown.rows), page=1, size=len(shown.rows) or 1),
        name="requirements",
        title=_("Requirements"),
        file_name=f"requirements-{framework_id}-{day_here(whole.at)}",
        placeholder=_("Number, title or what is missing"),
        extra={
            "all": whole,
            "board": shown,
            "by": by,
            "provable": sum(whole.provable.values()),
            "when": when,
            "past": not when.live,
            "at_query": when.query,
        },
    )


def _filters(whole: Board) -> tuple[Column, ...]:
    """Return what a board can be narrowed to; the framework and the day say which board it is."""
    statuses = tuple((str(name), str(word(name))) for name in whole.counts) if whole.framework.judged else ()
    groups = tuple((group.title, spoken(group.title)) for group in whole.groups)
    frameworks = tuple((str(choice.id), choice.short) for choice in whole.frameworks)
    provable = (("yes", _("yes")), ("no", _("no"))) if whole.not_provable else ()
    return (
        Column(
            name="framework",
            label=_("Framework"),
            filtered=True,
            searched=True,
            listed=False,
            exported=False,
            options=frameworks,
            always=str(boards.HOME),
        ),
        *_choice("status", _("Status"), statuses),
        *_choice("group", _("Clause or area"), groups),
        Column(name="at", label=_("As of"), kind="day", filtered=True, listed=False, exported=False),
        *_choice("class", _("Shown by"), CLASSES),
        *_choice("provable", _("Provable in this version"), provable),
    )


def _choice(name: str, label: str, options: tuple[tuple[str, object], ...]) -> Iterator[Column]:
    if options:
        yield Column(name=name, label=label, filtered=True, listed=False, exported=False, options=options)


@require_safe
def requirement(request: MemberRequest, framework_id: str, requirement_id: str) -> HttpResponse:
    """Show one requirement down to the entries that it rests on."""
    when = asked(request)
    form = request.GET.get("export", "")
    framework = FrameworkId(framework_id)
    why = requirements.requirement(
        request.actor, framework, requirement_id, at=when.at, live=when.live, whole=bool(form)
    )
    if form:
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
        Column(listed=False, name="id", label=_("No.")),
        Column(listed=False, name="title", label=_("Requirement")),
        Column(listed=False, name="group", label=_("Clause or area")),
        Column(listed=False, name="conformity", label=_("Status"), value=conformity),
        Column(listed=False, name="have", label=_("Covered"), numeric=True),
        Column(listed=False, name="need", label=_("of"), numeric=True),
        Column(listed=False, name="stale_on", label=_("Ages on")),
        Column(listed=False, name="because", label=_("Evidence"), numeric=True),
        Column(listed=False, name="missing", label=_("What is missing"), value=missing),
        Column(listed=False, name="reused_have", label=_("Evidence re-used"), numeric=True),
        Column(listed=False, name="reused_need", label=_("of related requirements"), numeric=True),
    )
