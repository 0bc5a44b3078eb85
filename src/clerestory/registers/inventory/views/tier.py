"""Pages of registering in four fields, and of the tier with its reasons."""

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clerestory.desk import request as asking
from clerestory.desk.approval import stood
from clerestory.desk.day import today_of
from clerestory.desk.forms import Editing
from clerestory.desk.people import member_choices, member_names
from clerestory.desk.permit import may, permit
from clerestory.desk.request import MemberRequest
from clerestory.registers.inventory import commands, queries
from clerestory.registers.inventory.forms.tier import FactsForm, OverrideForm, RegisterForm
from clerestory.registers.inventory.queries.triage import likely_the_same
from clerestory.registers.inventory.rules.imported import Known, Likeness
from clerestory.registers.inventory.views.record import AREA


@require_http_methods(["GET", "HEAD", "POST"])
def add_system(request: MemberRequest) -> HttpResponse:
    """Register a system in four fields."""
    actor = request.actor
    permit(actor, "write", AREA)
    form = RegisterForm(asking.posted(request), people=member_choices(actor), initial={"owner": actor.person_id})
    editing = Editing(request, form, key="inventory-system-add")
    if editing.answer is not None:
        return editing.answer
    why = request.POST.get("why_another", "")
    made = editing.attempt(lambda: commands.register_once(actor=actor, said=form.said(), why_another=why))
    if made is not None:
        messages.success(request, _("Registered. Its tier follows from what you said."))
        return redirect("inventory-system-tier", made.record_id)
    alike: tuple[tuple[Likeness, str], ...] = ()
    if request.method == "POST" and form.has_error(NON_FIELD_ERRORS) and form.cleaned_data.get("name"):
        said = form.cleaned_data
        alike = likely_the_same(actor, Known("", said["name"], said.get("purpose", "")))
        if alike:
            form.ask_why()
    words = {"form": form, "editing": editing, "alike": alike}
    return render(request, "inventory/register.html", words, status=editing.status)


@require_http_methods(["GET", "HEAD", "POST"])
def tier(request: MemberRequest, system_id: str) -> HttpResponse:
    """Show the tier of a system with its reasons; say what is unknown and decides, or decide that another one counts.

    The page has two forms; the one about facts names itself.
    """
    actor, sent = request.actor, asking.posted(request)
    record = queries.ai_system(actor, system_id)
    if sent is not None:
        permit(actor, "write", AREA)
    made_before = queries.overrides_of(actor, system_id)
    says_facts, initial = sent is not None and "facts" in sent, {"version": record.version}
    asked = FactsForm(sent if says_facts else None, tiering=record.tiering, initial=initial)
    begins = {**initial, "proposals": len(made_before), "ends_on": today_of(actor) + timedelta(days=180)}
    form = OverrideForm(None if says_facts else sent, derived=record.tiering.derived, initial=begins)
    saying, editing = Editing(request, asked, version=record.version), Editing(request, form, version=record.version)
    answer = saying.answer if says_facts else editing.answer
    if answer is not None:
        return answer
    if says_facts:
        made = saying.attempt(
            lambda: commands.update_ai_system(
                actor=actor, system=asked.system(record.said), expected_version=asked.cleaned_data["version"]
            )
        )
        told = _("Kept. The tier follows from what you said.")
    else:
        made = editing.attempt(
            lambda: commands.propose_override(
                actor=actor,
                override=form.override(system_id),
                expected_version=form.cleaned_data["version"],
                expected_number=form.cleaned_data["proposals"],
            )
        )
        told = _("Proposed. It counts once designated management approved it.")
    if made is not None:
        messages.success(request, told)
        return redirect("inventory-system-tier", system_id)
    words = {
        "record": record,
        "system": record.system,
        "tiering": record.tiering,
        "decisions": stood(actor, made_before),
        "names": member_names(actor),
        "form": form,
        "editing": editing,
        "asked": asked,
        "saying": saying,
        "may_write": may(actor, "write", AREA),
        "less": stood(actor, queries.less_asked_of(actor, record)),
    }
    return render(request, "inventory/tier.html", words, status=saying.status if says_facts else editing.status)


@require_POST
def approve(request: MemberRequest, entry_id: str) -> HttpResponse:
    """Approve a decision of the inventory."""
    return asking.approved(request, entry_id)
