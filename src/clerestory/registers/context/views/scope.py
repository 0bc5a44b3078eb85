"""Pages of the scope and of the place of each AI system."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clerestory.catalogue.load import load
from clerestory.desk import request as asking
from clerestory.desk.approval import stood
from clerestory.desk.forms import Editing
from clerestory.desk.lists import Empty, list_page, page_of, show_list
from clerestory.desk.people import member_names
from clerestory.desk.permit import may, permit
from clerestory.desk.request import MemberRequest
from clerestory.registers.context import commands, queries
from clerestory.registers.context.forms import scope as forms
from clerestory.registers.context.views.asked import AREA, form_page
from clerestory.store import directory
from clerestory.terms import sentence


@require_safe
def scope(request: MemberRequest) -> HttpResponse:
    """Show the scope in force and its versions, and what of the inventory it does not speak of."""
    actor = request.actor
    records = queries.scope_versions(actor)
    standing = stood(actor, [record.made for record in records])
    rows = queries.placements(actor)
    named = set(records[0].scope.inside.get("systems", ())) if records else set()
    return render(
        request,
        "context/scope.html",
        {
            "versions": [(record, *stand) for record, stand in zip(records, standing, strict=True)],
            "lacking": _lacking(records),
            "unnamed": [row for row in rows if row.place == "inside" and row.label not in named] if records else [],
            "unplaced": sum(row.place == "undecided" for row in rows),
            "names": member_names(actor),
            "may_write": may(actor, "write", AREA),
        },
    )


def _lacking(records: Sequence[queries.ScopeRecord]) -> list[str]:
    """Return the parts of a scope that its newest version says nothing about, although 4.3 asks for each."""
    covered = set(records[0].scope.parts_covered) if records else set()
    return [part for part in load().coverages["scope_parts"].items if part not in covered]


@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: MemberRequest) -> HttpResponse:
    """Propose a scope; the first begins with what is known of the organisation and its systems."""
    actor = request.actor
    permit(actor, "write", AREA)
    newest = next(iter(queries.scope_versions(actor)), None)
    stages = load().kinds["register.ai_system"].fields["stage"].options
    initial = (
        forms.scope_values(newest.scope)
        if newest is not None
        else forms.known_values(queries.profile(actor), queries.placements(actor), stages)
    )
    form = forms.ScopeForm(asking.posted(request), parts=load().coverages["scope_parts"].items, initial=initial)
    editing = Editing(request, form, key="context-scope", version=0 if newest is None else newest.made.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.propose_scope(actor=actor, scope=form.scope(), expected_version=editing.expected)
    )
    if made is not None:
        messages.success(request, _("Proposed. It counts once top management approved it."))
        return redirect("context-scope")
    return form_page(request, editing, _("Scope of the management system"), _("Propose"), tab="scope")


@list_page
def systems(request: MemberRequest) -> HttpResponse:
    """List the AI systems with their place and our roles."""
    return show_list(
        request,
        "context/systems.html",
        columns=queries.SYSTEM_COLUMNS,
        name="context-systems",
        title=_("Systems and the scope"),
        placeholder=_("AI system"),
        fetch=lambda query: page_of(queries.placements(request.actor), query, queries.SYSTEM_COLUMNS),
        empty=Empty.without_systems(request.actor, _("Its place is decided here once a system is registered.")),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def system(request: MemberRequest, system_id: str) -> HttpResponse:
    """Show and decide where a system stands, and which AI roles we play for it."""
    actor = request.actor
    permit(actor, "read", AREA)
    known = directory.known(actor.organisation_id, "ai_system", system_id)
    if known is None:
        raise queries.ContextUnknown(
            sentence.gettext("There is no AI system {system_id!r}.", system_id=system_id),
            sentence.gettext("Choose one of the list."),
        )
    placement = queries.placement(actor, system_id)
    form = forms.PlacementForm(asking.posted(request), initial=forms.placement_values(placement, {"included": "yes"}))
    editing = Editing(request, form, key=f"context-system/{system_id}")
    if request.method == "POST":
        permit(actor, "write", AREA)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: commands.place_system(actor=actor, said=form.placement(system_id)))
    if made is not None:
        messages.success(request, _("Decided. It counts once a second person approved it."))
        return redirect("context-system", system_id)
    decided = [one for one in (placement.membership, placement.ai_role) if one is not None]
    stand = {stood_one[0].entry_id: stood_one for stood_one in stood(actor, [one.made for one in decided])}
    return render(
        request,
        "context/system.html",
        {
            "label": known.label,
            "system_id": system_id,
            "decided": [(one is placement.membership, one, *stand[one.made.entry_id][1:]) for one in decided],
            "form": form,
            "editing": editing,
            "names": member_names(actor),
            "may_write": may(actor, "write", AREA),
        },
        status=editing.status,
    )
