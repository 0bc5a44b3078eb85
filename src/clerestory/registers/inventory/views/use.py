"""Pages on which members ask to use AI for something, and others decide where the rules leave it to a person."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clerestory.desk import request as asking
from clerestory.desk.approval import standings
from clerestory.desk.forms import Editing
from clerestory.desk.lists import Empty, list_page, show_list
from clerestory.desk.permit import permit
from clerestory.desk.request import MemberRequest
from clerestory.registers.inventory.commands.use import approve_use, ask_for_use, refuse_use
from clerestory.registers.inventory.forms.use import RefusalForm, UseForm
from clerestory.registers.inventory.queries.triage import USE_COLUMNS, policy_in_force, systems_offered, uses
from clerestory.registers.inventory.queries.triage import use as find_use
from clerestory.registers.inventory.rules.use import use_rules
from clerestory.registers.inventory.views.record import AREA


@list_page
def all_uses(request: MemberRequest) -> HttpResponse:
    """List the questions: all of them for who decides, one's own for everybody else."""
    return show_list(
        request,
        "inventory/uses.html",
        columns=USE_COLUMNS,
        name="uses-of-ai",
        title=_("Uses of AI"),
        placeholder=_("For what"),
        fetch=lambda query: uses(request.actor, query),
        empty=Empty(
            _("Nobody asked yet"), _("Say in three fields what you want to use AI for; most is answered at once."),
            reverse("inventory-use-ask"), _("I want to use AI for ..."), "systems",
        ),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: MemberRequest) -> HttpResponse:
    """Ask to use AI for something."""
    actor = request.actor
    permit(actor, "read", AREA)
    named = {"system_id": request.GET.get("with", "")}
    form = UseForm(asking.posted(request), systems=systems_offered(actor), initial=named)
    editing = Editing(request, form)  # no draft: who only reads keeps none
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: ask_for_use(actor=actor, question=form.question()))
    if made is not None:
        return redirect("inventory-use", made.record_id)
    words = {"form": form, "editing": editing, "policy": policy_in_force(actor), "policy_id": use_rules().policy}
    return render(request, "inventory/use_ask.html", words, status=editing.status)


@require_http_methods(["GET", "HEAD", "POST"])
def use(request: MemberRequest, use_id: str) -> HttpResponse:
    """Show the answer to a question; refuse it where a person decides."""
    actor = request.actor
    record = find_use(actor, use_id)
    standing = standings(actor, (record.entry_id,)).get(record.entry_id)
    form = RefusalForm(asking.posted(request))
    editing = Editing(request, form)
    if request.method == "POST":
        permit(actor, "approve", AREA)
        if editing.answer is not None:
            return editing.answer
        if editing.attempt(lambda: refuse_use(actor=actor, use_id=use_id, reason=form.cleaned_data["reason"])):
            messages.success(request, _("Refused. The asker reads why."))
            return redirect("inventory-use", use_id)
    words = {
        "record": record,
        "marks": [label for name, label in use_rules().marks if name in record.question.marks],
        "may_decide": standing is not None and standing.can_approve(actor) and record.state == "waiting",
        "is_asker": record.asker == actor.person_id,
        "form": form,
        "editing": editing,
    }
    return render(request, "inventory/use.html", words, status=editing.status)


@require_POST
def approve(request: MemberRequest, use_id: str) -> HttpResponse:
    """Approve a use that waits for a person."""
    approve_use(actor=request.actor, use_id=use_id)
    messages.success(request, _("Approved. It counts from now on."))
    return redirect("inventory-use", use_id)
