"""Pages of scales, criteria, method and process: what is in force, its versions, and proposing another."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clerestory.desk import request as asking
from clerestory.desk.approval import standings
from clerestory.desk.forms import Editing, offered
from clerestory.desk.permit import may, permit
from clerestory.desk.request import MemberRequest
from clerestory.registers.risk import commands
from clerestory.registers.risk.forms.criteria import PARTS, MethodForm, ProcessForm
from clerestory.registers.risk.forms.rating import spoken_steps
from clerestory.registers.risk.queries import criteria_in_force, words
from clerestory.registers.risk.queries.criteria import method_version, method_versions, process_versions
from clerestory.registers.risk.queries.record import people
from clerestory.registers.risk.rules.scale import Method, shipped_steps
from clerestory.registers.risk.views.asked import AREA, WORDS, form_page


@require_safe
def criteria(request: MemberRequest) -> HttpResponse:
    """Show the criteria in force, all versions, and the treatment process."""
    actor = request.actor
    in_force, versions, processes = criteria_in_force(actor), method_versions(actor), process_versions(actor)
    entries = [entry for v in versions for entry in (v.criteria_entry, v.method_entry)]
    stand = standings(actor, [*entries, *(process.entry_id for process in processes)])
    told = [(process, stand.get(process.entry_id)) for process in processes]
    return render(
        request,
        "risk/criteria.html",
        {
            "in_force": in_force,
            "method": in_force.method,
            "drawn": _drawn(in_force.method),
            "versions": [(v, stand.get(v.criteria_entry), stand.get(v.method_entry)) for v in versions],
            "processes": [(process, where, where is not None and where.can_approve(actor)) for process, where in told],
            "names": people(actor)[0],
            "words": WORDS,
            "may_write": may(actor, "write", AREA),
            "here": "criteria",
        },
    )


@require_safe
def version(request: MemberRequest, version: str) -> HttpResponse:
    """Show one version of criteria and method, with where both stand."""
    actor = request.actor
    record = method_version(actor, _number(version))
    stand = standings(actor, (record.criteria_entry, record.method_entry))
    where = stand[record.criteria_entry]
    both = all(one.is_approved for one in stand.values())
    may_approve = any(one.can_approve(actor) for one in stand.values())
    return render(
        request,
        "risk/version.html",
        {
            "record": record,
            "method": record.method,
            "drawn": _drawn(record.method),
            "standing": where,
            "may_approve": may_approve or (both and record.in_force_at is None and may(actor, "approve", AREA)),
            "names": people(actor)[0],
            "words": WORDS,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: MemberRequest) -> HttpResponse:
    """Propose scales, matrix and method, beginning with those in force."""
    actor = request.actor
    permit(actor, "write", AREA)
    form = MethodForm(asking.posted(request), method=criteria_in_force(actor).method)
    editing = Editing(request, form, key="risk/criteria")
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: commands.propose_method(actor=actor, method=form.method()))
    if made is not None:
        messages.success(request, _("Proposed. It counts once top management, somebody else than you, approved it."))
        return redirect("risk-criteria-version", made.version)
    return form_page(request, "risk/method.html", form, editing)


@require_POST
def approve(request: MemberRequest, version: str) -> HttpResponse:
    """Approve criteria and method, and read every level by them."""
    made = commands.approve_method(actor=request.actor, version=_number(version))
    said = ngettext(
        "In force. %(n)d risk has another level now.",
        "In force. %(n)d risks have another level now.",
        made.levels_changed,
    )
    messages.success(request, said % {"n": made.levels_changed})
    return redirect("risk-criteria")


@require_http_methods(["GET", "HEAD", "POST"])
def process(request: MemberRequest) -> HttpResponse:
    """Propose how treatments and controls are chosen."""
    actor = request.actor
    permit(actor, "write", AREA)
    versions = process_versions(actor)
    initial = {
        "steps": "\n".join(offered(step) for step in (versions[0].steps if versions else shipped_steps())),
        "text": versions[0].text if versions else "",
    }
    form = ProcessForm(asking.posted(request), initial=initial)
    editing = Editing(request, form, key="risk/process")
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.propose_process(actor=actor, steps=form.said_steps(), text=form.cleaned_data["text"])
    )
    if made is not None:
        messages.success(request, _("Proposed. It counts once a second person approved it."))
        return redirect("risk-criteria")
    return form_page(request, "risk/form.html", form, editing, heading=_("How treatments are chosen"))


def _drawn(method: Method) -> dict[str, object]:
    """Return scales, matrix and parts as a page draws them."""
    criteria = method.criteria
    scales = [(label, spoken_steps(criteria.scale(name))) for name, label in words.SCALES.items()]
    labels = {number: label for number, label, _means in spoken_steps(criteria.likelihood)}
    rows = [
        (up, labels[up], [(level, criteria.is_over(level)) for level in criteria.matrix[up - 1]])
        for up in range(len(criteria.matrix), 0, -1)
    ]
    parts = [(PARTS.get(part, part), offered(text)) for part, text in method.parts]
    return {"scales": scales, "rows": rows, "columns": range(1, criteria.widest + 1), "parts": parts}


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0
