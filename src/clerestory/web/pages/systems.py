"""The AI systems with their newest verdicts, and the page of one system."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clerestory.desk.actor import Actor
from clerestory.desk.lists import (
    Bulk,
    Column,
    Empty,
    ListQuery,
    Page,
    Pick,
    list_page,
    row_at,
    rows_seen,
    show_list,
)
from clerestory.desk.people import members
from clerestory.desk.permit import may
from clerestory.desk.record import Record, record_parts
from clerestory.desk.request import MemberRequest
from clerestory.registers.inventory.commands import hand_over
from clerestory.registers.inventory.queries import SYSTEM_COLUMNS, SystemRecord, ai_systems, open_pairs
from clerestory.registers.inventory.views.system import system_record
from clerestory.report.system import CheckLine, Point, SystemPage, system_page, verdicts_by_system
from clerestory.terms.ids import PersonId
from clerestory.web.pages.moment import asked
from clerestory.web.pages.papers import system_response
from clerestory.web.templatetags.screen import word
from clerestory.web.words import criterion_text, day, spoken, with_interval


@list_page
def systems(request: MemberRequest) -> HttpResponse:
    """Show the systems of the inventory with where their checks stand."""
    actor = request.actor
    people = [(member.person_id, member.name) for member in members(actor)]
    counted: dict[str, Mapping[str, int]] = {}

    def fetch(query: ListQuery) -> Page[SystemRecord]:
        page = ai_systems(actor, query)
        counted.update(verdicts_by_system(actor, [record.system.system_id for record in page.rows]))
        return page

    may_write = may(actor, "write", "inventory")
    return show_list(
        request,
        "web/systems/systems.html",
        columns=_columns(people, counted),
        fetch=fetch,
        name="ai-systems",
        title=_("AI systems"),
        placeholder=_("Name, id or purpose"),
        row_id=lambda record: row_at(record.system.system_id, record.version),
        bulk=(_hand_over(people),),
        empty=Empty(
            _("No AI system yet"),
            _(
                "Register one here, or let it register itself: write a clerestory.toml beside a model, "
                "run clerestory check, then clerestory push."
            ),
            reverse("inventory-system-add") if may_write else "",
            _("Register a system"),
            "systems",
        ),
        extra={"may_write": may_write, "alike": open_pairs(actor)},
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
        {
            "page": page,
            "system": page.record.system,
            "when": when,
            "past": not when.live,
            "chart": chart,
            **record_parts(request, _shown(page), tab="status"),
        },
    )


def _shown(page: SystemPage) -> Record:
    return system_record(page.record, paper=reverse("system", args=[page.record.system.system_id]))


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


def _columns(people: Sequence[tuple[str, str]], counted: Mapping[str, Mapping[str, int]]) -> tuple[Column, ...]:
    verdicts = Column(
        name="verdicts",
        label=_("Newest verdicts"),
        kind="counts",
        sortable=False,
        value=lambda record: counted.get(record.system.system_id, {}),
    )
    known = tuple(
        replace(column, options=tuple(people)) if column.name == "owner" else column for column in SYSTEM_COLUMNS
    )
    return (*known[:-1], verdicts, known[-1])


def _hand_over(people: Sequence[tuple[str, str]]) -> Bulk:
    """Return the step that gives the chosen systems to another owner."""

    def give(actor: Actor, rows: tuple[str, ...], owner: str) -> int:
        ids, seen = rows_seen(rows)
        return hand_over(actor=actor, system_ids=ids, owner=PersonId(owner), expected=seen)

    return Bulk(
        "hand-over",
        _("Change owner"),
        give,
        confirm=_("Each change becomes an entry of the log, and can be changed again but not erased."),
        icon="person",
        pick=Pick(_("New owner"), people),
    )
