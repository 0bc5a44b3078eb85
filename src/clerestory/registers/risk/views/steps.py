"""The steps of one risk: rate it, decide on treatment, judge the effect, accept what remains, close and reopen."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clerestory.desk import request as asking
from clerestory.desk.day import today_of
from clerestory.desk.forms import Editing
from clerestory.desk.people import NotAMember, members
from clerestory.desk.permit import may, permit
from clerestory.desk.request import MemberRequest
from clerestory.registers.risk import commands
from clerestory.registers.risk.forms.rating import RatingForm, rating_values
from clerestory.registers.risk.forms.risk import (
    AcceptForm,
    DecisionForm,
    EffectForm,
    decision_values,
    half_a_year,
)
from clerestory.registers.risk.queries import criteria_in_force, risk_record
from clerestory.registers.risk.queries.lists import control_choices
from clerestory.registers.risk.queries.record import steps_of
from clerestory.registers.risk.rules.scale import RatingRefused
from clerestory.registers.risk.views.asked import AREA, criteria_seen, form_page, way_back

FORM = require_http_methods(["GET", "HEAD", "POST"])


@FORM
def analyse(request: MemberRequest, risk_id: str) -> HttpResponse:
    """Rate a risk: as it is untreated, or with ``?after=treatment`` as it is now."""
    actor = request.actor
    permit(actor, "write", AREA)
    record, in_force = risk_record(actor, risk_id), criteria_seen(request)
    after = request.GET.get("after") == "treatment"
    before = next((s.rating for s in steps_of(actor, risk_id) if s.kind == "analysis"), None)
    form = RatingForm(
        asking.posted(request),
        criteria=in_force.criteria,
        made_with=in_force.version,
        initial=rating_values(before),
    )
    editing = Editing(request, form, key=f"risk/{risk_id}/analyse", version=record.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.analyse_risk(
            actor=actor,
            risk_id=risk_id,
            rating=form.rating(),  # type: ignore[arg-type]
            reason=form.cleaned_data["reason"],
            after_treatment=after,
            made_with=in_force.version,
            expected_version=editing.seen,
        ),
        {RatingRefused: "likelihood"},
    )
    if made is not None:
        messages.success(request, _("Rated. It counts once a second person approved it."))
        return redirect("risk-record", risk_id)
    heading = _("Rate what remains after treatment") if after else _("Rate the risk")
    return form_page(request, "risk/rate.html", form, editing, record=record, in_force=in_force, heading=heading)


@FORM
def decide(request: MemberRequest, risk_id: str) -> HttpResponse:
    """Decide how a risk is treated, with controls and the first task."""
    actor = request.actor
    permit(actor, "write", AREA)
    record, in_force = risk_record(actor, risk_id), criteria_in_force(actor)
    form = DecisionForm(
        asking.posted(request),
        criteria=in_force.criteria,
        members=members(actor),
        controls=control_choices(actor),
        initial=decision_values(record, today_of(actor)),
    )
    editing = Editing(request, form, key=f"risk/{risk_id}/decide", version=record.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.decide_treatment(
            actor=actor,
            risk_id=risk_id,
            decision=form.decision(),
            tasks=form.tasks(),
            expected_version=editing.seen,
        ),
        {NotAMember: "task_owner"},
    )
    if made is not None:
        messages.success(request, _("Decided. It counts once a second person approved it."))
        return redirect(way_back(request) or reverse("risk-record", args=[risk_id]))
    return form_page(request, "risk/decide.html", form, editing, record=record, in_force=in_force)


@FORM
def effect(request: MemberRequest, risk_id: str) -> HttpResponse:
    """Judge what the treatment did, as somebody who did not treat the risk."""
    actor = request.actor
    permit(actor, "write", AREA)
    record, in_force = risk_record(actor, risk_id), criteria_in_force(actor)
    form = EffectForm(asking.posted(request), criteria=in_force.criteria)
    editing = Editing(request, form, key=f"risk/{risk_id}/effect", version=record.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.confirm_effectiveness(
            actor=actor,
            risk_id=risk_id,
            effective=form.cleaned_data["effective"] == "yes",
            judged_by=form.cleaned_data["judged_by"],
            rating=form.rating(),
            expected_version=editing.seen,
        )
    )
    if made is not None:
        messages.success(request, _("Recorded what the treatment did."))
        return redirect("risk-record", risk_id)
    heading = _("Judge the effect of the treatment")
    return form_page(request, "risk/rate.html", form, editing, record=record, in_force=in_force, heading=heading)


@FORM
def accept(request: MemberRequest, risk_id: str) -> HttpResponse:
    """Accept, as the owner, what remains of a risk until a day."""
    actor = request.actor
    record = risk_record(actor, risk_id)
    if request.method == "POST" or not may(actor, "write", AREA):
        permit(actor, "approve", AREA)
    level, criteria = str(record.level or ""), criteria_in_force(actor).version
    initial = {"seen_level": level, "seen_criteria": criteria, "valid_until": half_a_year(today_of(actor))}
    form = AcceptForm(asking.posted(request), initial=initial)
    editing = Editing(request, form, version=record.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.accept_risk(
            actor=actor, risk_id=risk_id, acceptance=form.acceptance(), expected_version=editing.seen
        )
    )
    if made is not None:
        messages.success(request, _("Accepted. It counts once designated management approved it."))
        return redirect("risk-record", risk_id)
    return form_page(request, "risk/accept.html", form, editing, record=record)


@require_POST
def close(request: MemberRequest, risk_id: str) -> HttpResponse:
    """Close a risk; one over the criteria asks for a second person."""
    commands.close_risk(
        actor=request.actor,
        risk_id=risk_id,
        reason=request.POST.get("reason", ""),
        expected_version=_version(request),
    )
    messages.success(request, _("Noted. A risk over the criteria is closed once a second person closes it too."))
    return redirect("risk-record", risk_id)


@require_POST
def reopen(request: MemberRequest, risk_id: str) -> HttpResponse:
    """Open a closed risk again."""
    commands.reopen_risk(
        actor=request.actor,
        risk_id=risk_id,
        reason=request.POST.get("reason", ""),
        expected_version=_version(request),
    )
    messages.success(request, _("The risk is open again."))
    return redirect("risk-record", risk_id)


def _version(request: MemberRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0
