"""Pages of applicability. They translate between forms and commands and hold no rule."""

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clerestory.catalogue.load import load
from clerestory.desk import request as asking
from clerestory.desk.actor import Actor
from clerestory.desk.approval import Standing, standings
from clerestory.desk.forms import attempt
from clerestory.desk.lists.screen import page_of, show_list
from clerestory.desk.people import members
from clerestory.desk.permit import may, permit
from clerestory.desk.request import MemberRequest
from clerestory.registers.applicability import commands, forms, queries
from clerestory.store import clock
from clerestory.terms.ids import EntryId, RequirementId

AREA = "applicability"


@require_safe
def statement(request: MemberRequest) -> HttpResponse:
    """Show the Statement of Applicability: all controls, undecided ones included."""
    rows = queries.standing_rows(request.actor)
    return show_list(
        request,
        "applicability/statement.html",
        columns=queries.STATEMENT_COLUMNS,
        name="statement-of-applicability",
        fetch=lambda query: page_of(rows, query, queries.STATEMENT_COLUMNS),
        extra={
            "names": _names(request.actor),
            "may_write": may(request.actor, "write", AREA),
            "decided": sum(row.row.newest is not None for row in rows),
            "all": len(rows),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def control(request: MemberRequest, control_id: str) -> HttpResponse:
    """Show the decisions on one control; decide anew."""
    actor = request.actor
    row = queries.statement_row(actor, control_id)
    initial = {} if row.newest is None else forms.decision_values(row.newest.decision)
    form = forms.DecisionForm(asking.posted(request), initial=initial)
    if request.method == "POST":
        permit(actor, "write", AREA)
        made = attempt(
            form, lambda: commands.decide_applicability(actor=actor, decision=form.decision(RequirementId(control_id)))
        )
        if made is not None:
            messages.success(request, _("Decided. It counts once designated management approved it."))
            return redirect("applicability-control", control_id)
    versions = queries.decisions(actor, control_id)
    stand = standings(actor, [record.entry_id for record in versions])
    return render(
        request,
        "applicability/control.html",
        {
            "row": row,
            "form": form,
            "names": _names(actor),
            "may_write": may(actor, "write", AREA),
            "versions": [(record, *_standing(actor, stand, record.entry_id)) for record in versions],
        },
        status=422 if form.errors else 200,
    )


@require_POST
def trace(request: MemberRequest) -> HttpResponse:
    """Follow all decisions back to their grounds."""
    commands.trace_applicability(actor=request.actor)
    messages.success(request, _("Recorded how many decisions lead back to a risk, a law or an impact result."))
    return redirect("applicability")


@require_http_methods(["GET", "HEAD", "POST"])
def exceptions(request: MemberRequest) -> HttpResponse:
    """Show rules that are loosened for a time; propose another."""
    actor = request.actor
    form = forms.LooseningForm(asking.posted(request), rules=[rule.name for rule in load().rules[queries.FRAMEWORK]])
    if request.method == "POST":
        permit(actor, "write", AREA)
        made = attempt(form, lambda: commands.loosen_rule(actor=actor, loosening=form.loosening()))
        if made is not None:
            messages.success(request, _("Proposed. It counts once designated management approved it."))
            return redirect("applicability-exceptions")
    found = queries.exceptions(actor)
    stand = standings(actor, [record.entry_id for record in found])
    today = clock.now().date()
    return render(
        request,
        "applicability/exceptions.html",
        {
            "rows": [(record, record.is_over(today), *_standing(actor, stand, record.entry_id)) for record in found],
            "form": form,
            "names": _names(actor),
            "may_write": may(actor, "write", AREA),
        },
        status=422 if form.errors else 200,
    )


@require_POST
def approve(request: MemberRequest, entry_id: str) -> HttpResponse:
    """Approve a decision or an exception."""
    return asking.approved(request, entry_id)


def _standing(actor: Actor, stand: Mapping[EntryId, Standing], entry_id: EntryId) -> tuple[Standing | None, bool]:
    standing = stand.get(entry_id)
    return standing, standing is not None and standing.can_approve(actor)


def _names(actor: Actor) -> dict[str, str]:
    return {member.person_id: member.name for member in members(actor, past=True)}
