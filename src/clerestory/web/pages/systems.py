"""The AI systems with their newest verdicts, and the page of one system."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clerestory.desk.lists import Column, ListQuery
from clerestory.desk.lists.query import everything
from clerestory.desk.request import MemberRequest
from clerestory.registers.inventory.queries import SYSTEM_COLUMNS, SystemRecord, ai_systems
from clerestory.report.system import CheckLine, Point, system_page, verdicts_by_system
from clerestory.web.export import file_response
from clerestory.web.pages.evidence import Choice
from clerestory.web.pages.moment import asked
from clerestory.web.pages.papers import system_response
from clerestory.web.templatetags.screen import word
from clerestory.web.words import criterion_text, day, spoken, with_interval


@dataclass(frozen=True, slots=True)
class SystemLine:
    """A system in the list with the verdicts of its newest results."""

    record: SystemRecord
    verdicts: Mapping[str, int]


@require_safe
def systems(request: MemberRequest) -> HttpResponse:
    """Show the systems of the inventory with where their checks stand."""
    query = ListQuery.read(request.GET, SYSTEM_COLUMNS)
    if export := request.GET.get("export"):
        rows = ai_systems(request.actor, everything(query)).rows
        return file_response(export, SYSTEM_COLUMNS, rows, "ai-systems")
    page = ai_systems(request.actor, query)
    verdicts = verdicts_by_system(request.actor, [record.system.system_id for record in page.rows])
    lines = [SystemLine(record, verdicts[record.system.system_id]) for record in page.rows]
    filters = [_choice(column, query) for column in SYSTEM_COLUMNS if column.filtered]
    return render(
        request,
        "web/systems/systems.html",
        {"page": page, "lines": lines, "query": query, "search": query.search, "filters": filters},
    )


@require_safe
def system(request: MemberRequest, system_id: str) -> HttpResponse:
    """Show one system: facts, versions, checks over time, what is missing."""
    when = asked(request)
    page = system_page(request.actor, system_id, at=when.at, check=request.GET.get("check", ""))
    if form := request.GET.get("export"):
        return system_response(request, page, form)
    chart = None if page.chosen is None else chart_of(page.chosen)
    return render(
        request,
        "web/systems/system.html",
        {"page": page, "system": page.record.system, "when": when, "past": not when.live, "chart": chart},
    )


def chart_of(line: CheckLine) -> Mapping[str, object]:
    """Return what the browser draws: points in time with their intervals, and the limits of the criterion."""
    points = [point for point in line.points if not point.taken_back]
    return {
        "points": [
            {
                "at": int(point.at.timestamp() * 1000),
                "day": day(point.at),
                "value": point.value,
                "low": point.low,
                "high": point.high,
                "verdict": str(point.verdict),
                "verdict_word": str(word(point.verdict)),
                "label": label_of(point),
            }
            for point in points
        ],
        "limits": [
            {"at": limit, "label": _("criterion %(text)s") % {"text": criterion_text(line.criterion)}}
            for limit in line.limits
        ],
    }


def label_of(point: Point) -> str:
    """Return value and interval as text."""
    if point.value is None:
        return spoken(point.reason)
    return with_interval(point.value, point.low, point.high)


def _choice(column: Column, query: ListQuery) -> Choice:
    options = tuple((value, capfirst(spoken(str(label)))) for value, label in column.options)
    return Choice(column.name, str(column.label), query.filters.get(column.name, ""), options)
