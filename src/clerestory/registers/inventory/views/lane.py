"""Pages of the fast lane and of likely duplicates."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clerestory.catalogue.law.read import load_law
from clerestory.desk import request as asking
from clerestory.desk.day import today_of
from clerestory.desk.forms import Editing, say_known
from clerestory.desk.lists import Empty, list_page, show_list
from clerestory.desk.people import member_names, members
from clerestory.desk.permit import may, permit
from clerestory.desk.request import MemberRequest
from clerestory.registers.inventory import commands, queries
from clerestory.registers.inventory.commands.lane import take_fast_lane
from clerestory.registers.inventory.forms.lane import LaneForm, PairForm, lane_values
from clerestory.registers.inventory.queries.lane import ClassProposal, alike, proposed_class, proposed_place
from clerestory.registers.inventory.queries.triage import policy_in_force
from clerestory.registers.inventory.rules.classification import NO, NONE, YES
from clerestory.registers.inventory.rules.use import use_rules
from clerestory.registers.inventory.views.record import AREA
from clerestory.terms import sentence


@require_http_methods(["GET", "HEAD", "POST"])
def lane(request: MemberRequest, system_id: str) -> HttpResponse:
    """Show whether a system is in the fast lane, and let it through on this page."""
    actor = request.actor
    record = queries.ai_system(actor, system_id)
    around, known = alike(actor, record.system), members(actor, past=True)
    people = [one for one in known if one.ended_at is None]
    place, why = proposed_place(actor, record.system, around, {one.person_id: one.unit for one in people})
    proposed = proposed_class(actor, record, around, today_of(actor))
    form = LaneForm(
        asking.posted(request), people=[(one.person_id, one.name) for one in people], proposed=proposed,
        initial=lane_values(record.system, record.version, place),
    )  # fmt: skip
    say_known(form, {"place": why})
    editing = Editing(request, form, version=record.version)
    if request.method == "POST":
        permit(actor, "write", AREA)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: take_fast_lane(
            actor=actor, system_id=system_id, said=form.lane(), expected_version=form.cleaned_data["version"]
        )
    )
    if made is not None:
        messages.success(request, _("Through. It drops out by itself when one of these facts changes."))
        return redirect("inventory-lane", system_id)
    lanes = queries.lanes_of(actor, system_id)
    words = {
        "record": record,
        "system": record.system,
        "tiering": record.tiering,
        "lanes": lanes,
        "is_in": bool(lanes) and lanes[0].ended_at is None,
        "policy": policy_in_force(actor),
        "policy_id": use_rules().policy,
        "names": {one.person_id: one.name for one in known},
        "form": form,
        "editing": editing,
        "may_write": may(actor, "write", AREA),
        "proposed": proposed,
        "answers": _answers(proposed),
    }
    return render(request, "inventory/lane.html", words, status=editing.status)


def _answers(proposed: ClassProposal | None) -> list[tuple[str, str]]:
    """Return the proposed answers as people read them, by question."""
    if proposed is None or not proposed.answers:
        return []
    law = load_law()
    texts = {(q.id, option.id): option.text for q in law.questions for option in q.options}
    plain = {NONE: _("none of these"), YES: _("yes"), NO: _("no")}
    return [
        (_(law.question(name).title), ", ".join(plain.get(one) or _(texts.get((name, one), one)) for one in said))
        for name, said in proposed.answers.items()
    ]


@list_page
def pairs(request: MemberRequest) -> HttpResponse:
    """List likely duplicates."""
    return show_list(
        request,
        "inventory/pairs.html",
        columns=queries.PAIR_COLUMNS,
        name="likely-duplicates",
        title=_("Likely duplicates"),
        placeholder=_("AI system"),
        fetch=lambda query: queries.pairs(request.actor, query),
        empty=Empty(
            _("No likely duplicate"), _("Systems that look alike are put here when they are registered."),
            picture="systems",
        ),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def pair(request: MemberRequest, pair_id: int) -> HttpResponse:
    """Show two systems side by side, and join them or explain why they are two."""
    actor = request.actor
    found = queries.pair(actor, pair_id)
    if found is None:
        raise queries.InventoryUnknown(
            sentence.gettext("There is no such pair."), sentence.gettext("Choose one of the list.")
        )
    two = (queries.ai_system(actor, found.first_id), queries.ai_system(actor, found.second_id))
    form = PairForm(asking.posted(request), pair=found)
    editing = Editing(request, form)
    if request.method == "POST":
        permit(actor, "write", AREA)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: _decided(request, form, found, two))
    if made is not None:
        messages.success(request, _("Decided. The decision is an entry of the log."))
        return redirect("inventory-pairs")
    words = {
        "pair": found, "two": two, "names": member_names(actor), "form": form, "editing": editing,
        "may_write": may(actor, "write", AREA),
    }  # fmt: skip
    return render(request, "inventory/pair.html", words, status=editing.status)


def _decided(
    request: MemberRequest,
    form: PairForm,
    found: queries.PairRecord,
    two: tuple[queries.SystemRecord, queries.SystemRecord],
) -> object:
    keep, reason = form.cleaned_data["decision"], form.cleaned_data["reason"]
    if not keep:
        return commands.explain_duplicate(actor=request.actor, pair_id=found.pair_id, reason=reason)
    retired = two[1] if keep == found.first_id else two[0]
    return commands.join_duplicate(
        actor=request.actor, pair_id=found.pair_id, keep=keep, reason=reason, expected_version=retired.version
    )
