"""The list of nonconformities and the form that opens one by hand."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clerestory.catalogue.load import load
from clerestory.desk import request as asking
from clerestory.desk.actor import Actor
from clerestory.desk.day import today_of
from clerestory.desk.forms import Editing, offer
from clerestory.desk.lists.bulk import Bulk, Pick, row_at, rows_seen
from clerestory.desk.lists.screen import list_page, show_list
from clerestory.desk.lists.shown import Empty
from clerestory.desk.people import members
from clerestory.desk.permit import may, permit
from clerestory.desk.request import MemberRequest
from clerestory.registers.nonconformity import commands, forms, queries
from clerestory.registers.nonconformity.rules import Step
from clerestory.terms.ids import PersonId

AREA = "nonconformity"


@list_page
def nonconformities(request: MemberRequest) -> HttpResponse:
    """List the nonconformities, the next due first."""
    actor, today = request.actor, today_of(request.actor)
    columns = queries.columns(actor)
    counts = queries.nonconformity_counts(actor, today)
    writes = may(actor, "write", AREA)
    empty = Empty(
        _("No nonconformity"),
        _("A failed check opens one by itself. What people find is opened by hand."),
        "/nonconformity/new/" if writes else "",
        _("Open a nonconformity"),
        "flag",
    )
    return show_list(
        request,
        "nonconformity/list.html",
        columns=columns,
        fetch=lambda query: queries.nonconformities(actor, query, today, columns),
        name="nonconformities",
        title=_("Nonconformities"),
        empty=empty,
        row_id=lambda row: row_at(row.nonconformity_id, row.version),
        bulk=_steps(request.actor),
        placeholder=_("Title, requirement or system"),
        extra={
            "counts": counts,
            "steps": [(step, queries.STEP_WORDS[Step(step)], count) for step, count in counts.by_step],
            "may_write": writes,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: MemberRequest) -> HttpResponse:
    """Open a nonconformity by hand."""
    actor, today = request.actor, today_of(request.actor)
    permit(actor, "write", AREA)
    requirements = [
        (item.id, f"{item.id} {_(item.title)}") for item in load().frameworks[queries.FRAMEWORK].requirements
    ]
    form = forms.OpeningForm(
        asking.posted(request),
        requirements=requirements,
        systems=offer(actor),
        people=[(member.person_id, member.name) for member in members(actor)],
        initial={
            "found_on": today,
            "owner": actor.person_id,
            "system_id": request.GET.get("system", ""),
            "requirement": request.GET.get("requirement", ""),
            "found_by": "person",
        },
    )
    editing = Editing(request, form, key="nonconformity/new")
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: commands.open_nonconformity(actor=actor, opening=form.opening(today)))
    if made is not None:
        messages.success(request, _("Opened. The first step is the correction."))
        return redirect("nonconformity-record", made.record_id)
    return render(request, "nonconformity/form.html", {"form": form, "editing": editing}, status=editing.status)


def _steps(actor: Actor) -> tuple[Bulk, ...]:
    if not may(actor, "write", AREA):
        return ()

    def give(by: Actor, rows: tuple[str, ...], owner: str) -> int:
        ids, seen = rows_seen(rows)
        return commands.name_owner(actor=by, ids=ids, owner=PersonId(owner), expected=seen)

    people = [(member.person_id, member.name) for member in members(actor)]
    return (Bulk("owner", _("Give to an owner"), give, icon="person", pick=Pick(label=_("Owner"), options=people)),)
