"""Forms about threats: answer the questions, decide on a mitigation, make a risk of a threat, set aside, review."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clerestory.catalogue.threats.load import load_threats
from clerestory.desk import request as asking
from clerestory.desk.approval import stood
from clerestory.desk.forms import Editing
from clerestory.desk.people import member_names
from clerestory.desk.permit import may, permit
from clerestory.desk.request import MemberRequest
from clerestory.registers.risk import commands
from clerestory.registers.risk.forms import threat as forms
from clerestory.registers.risk.queries import threat_words as words
from clerestory.registers.risk.queries.lists import control_choices
from clerestory.registers.risk.queries.threat_evidence import inventory_of
from clerestory.registers.risk.queries.threats import reviews_of, threat_model
from clerestory.registers.risk.rules.threat_known import known_facts
from clerestory.registers.risk.views.asked import AREA

MOST_REVIEWS = 20
BOTH = require_http_methods(["GET", "HEAD", "POST"])


@BOTH
def facts(request: MemberRequest, system_id: str) -> HttpResponse:
    """Answer the questions about an architecture; they begin with what is known."""
    actor = request.actor
    permit(actor, "write", AREA)
    record, data = threat_model(actor, system_id), load_threats()
    form = forms.FactsForm(asking.posted(request), initial=forms.fact_values(record.facts))
    editing = Editing(request, form, key=f"threats/{system_id}", version=record.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.describe_architecture(
            actor=actor, system_id=system_id, facts=form.facts(), expected_version=editing.seen
        )
    )
    if made is not None:
        messages.success(request, _("Answered. The threats below follow from it."))
        return redirect("risk-threats-system", system_id)
    known = known_facts(data, inventory_of(actor, system_id))
    groups = [
        (
            label,
            [(form[fact.id], known.get(fact.id)) for fact in data.facts.values() if fact.group == group],
        )
        for group, label in words.GROUPS.items()
    ]
    told = {name: (words.spoken(item.values), words.WHERE[item.where]) for name, item in known.items()}
    return render(
        request,
        "risk/threat_facts.html",
        {"record": record, "form": form, "editing": editing, "groups": groups, "told": told},
        status=editing.status,
    )


@BOTH
def decide(request: MemberRequest, system_id: str, mitigation_id: str) -> HttpResponse:
    """Decide on one mitigation of a system."""
    actor = request.actor
    permit(actor, "write", AREA)
    record, data = threat_model(actor, system_id), load_threats()
    form = forms.MitigationForm(
        asking.posted(request),
        controls=control_choices(actor),
        initial=forms.mitigation_values(record.decided.get(mitigation_id)),
    )
    editing = Editing(request, form, key=f"threats/{system_id}/{mitigation_id}", version=record.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.decide_mitigation(
            actor=actor,
            system_id=system_id,
            mitigation=mitigation_id,
            said=form.decided(),
            expected_version=editing.seen,
        )
    )
    if made is not None:
        messages.success(request, _("Decided, for every threat of the system that it meets."))
        return redirect("risk-threat-mitigations", system_id)
    found = data.mitigations.get(mitigation_id)
    return _page(
        request,
        editing,
        record,
        heading=f"{mitigation_id} {found.name}" if found else mitigation_id,
        threats=[t for t in record.threats if t.in_play and mitigation_id in t.mitigations],
    )


@BOTH
def aside(request: MemberRequest, system_id: str, threat_id: str) -> HttpResponse:
    """Say why nothing is done about a threat that applies."""
    actor = request.actor
    permit(actor, "write", AREA)
    record = threat_model(actor, system_id)
    form = forms.AsideForm(asking.posted(request), initial={"reason": record.set_aside.get(threat_id, "")})
    editing = Editing(request, form, version=record.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.set_threat_aside(
            actor=actor,
            system_id=system_id,
            threat_id=threat_id,
            reason=form.cleaned_data["reason"],
            expected_version=editing.seen,
        )
    )
    if made is not None:
        messages.success(request, _("Noted."))
        return redirect("risk-threat", system_id, threat_id)
    return _page(request, editing, record, heading=_("Set %(id)s aside") % {"id": threat_id})


@BOTH
def review(request: MemberRequest, system_id: str) -> HttpResponse:
    """Show the reviews of a system's threats, and record that they were gone through."""
    actor = request.actor
    record = threat_model(actor, system_id)
    form = forms.ReviewForm(asking.posted(request))
    may_write = may(actor, "write", AREA) and record.begun
    editing = Editing(request, form, key=f"threat-review/{system_id}" if may_write else "", version=record.version)
    if request.method == "POST":
        permit(actor, "write", AREA)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.review_threats(
            actor=actor,
            system_id=system_id,
            conclusion=form.cleaned_data["conclusion"],
            expected_version=editing.seen,
        )
    )
    if made is not None:
        messages.success(request, _("Recorded. It counts once a second person approved it."))
        return redirect("risk-threat-review", system_id)
    values = {
        "record": record,
        "form": form,
        "editing": editing,
        "reviews": stood(actor, reviews_of(actor, system_id)[:MOST_REVIEWS]),
        "names": member_names(actor),
        "may_write": may_write,
    }
    return render(request, "risk/threat_review.html", values, status=editing.status)


@require_POST
def make_risk(request: MemberRequest, system_id: str, threat_id: str) -> HttpResponse:
    """Make a risk of a threat, and lead to it."""
    made = commands.raise_threat(actor=request.actor, system_id=system_id, threat_id=threat_id)
    messages.success(
        request,
        _("The threat is the risk %(id)s now. Rate it next; closing it gives the threat back.") % {"id": made.risk_id},
    )
    return redirect("risk-record", made.risk_id)


def _page(request: MemberRequest, editing: Editing, record: object, **more: object) -> HttpResponse:
    values = {"form": editing.form, "editing": editing, "record": record, **more}
    return render(request, "risk/threat_form.html", values, status=editing.status)
