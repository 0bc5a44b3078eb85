"""Pages of the method, of the thresholds, and of how long reports are kept."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clerestory.catalogue.load import load
from clerestory.desk import request as asking
from clerestory.desk.document.words import spoken
from clerestory.desk.forms import Editing
from clerestory.desk.people import member_names
from clerestory.desk.permit import may, permit
from clerestory.desk.request import MemberRequest
from clerestory.registers.impact import commands, queries
from clerestory.registers.impact.forms import method as forms
from clerestory.registers.impact.queries import words
from clerestory.registers.impact.rules.method import SCALES
from clerestory.registers.impact.rules.threshold import CRITERIA, RANK
from clerestory.registers.impact.views.asked import AREA, form_page


@require_safe
def method(request: MemberRequest) -> HttpResponse:
    """Show how impact is assessed here: the method and thresholds in force, their versions, and retention."""
    actor = request.actor
    force = queries.in_force(actor)
    made = [(one, one.standing is not None and one.standing.can_approve(actor)) for one in force.versions]
    weighed = [(words.CRITERIA[name], force.thresholds.weight_of(name)) for name in CRITERIA]
    weighed += [(name, weight) for name, weight in force.thresholds.own]
    values = {
        "force": force,
        "words": words,
        "weighed": sorted(weighed, key=lambda pair: -RANK[pair[1]]),
        "parts": [(words.METHOD_PARTS[part], text) for part, text in force.method.texts.items()],
        "scales": [(words.SCALES[name], force.method.scales.get(name, ())) for name in SCALES],
        "methods": [pair for pair in made if pair[0].kind == "method"],
        "thresholds": [pair for pair in made if pair[0].kind == "thresholds"],
        "retention": [pair for pair in made if pair[0].kind == "retention"],
        "names": member_names(actor),
        "may_write": may(actor, "write", AREA),
    }
    return render(request, "impact/method.html", values)


@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: MemberRequest) -> HttpResponse:
    """Propose a method; the first begins with the one shipped."""
    actor = request.actor
    permit(actor, "write", AREA)
    made = [one for one in queries.in_force(actor).versions if one.kind == "method"]
    begin = queries.read_method(made[0]) if made else queries.in_force(actor).method
    form = forms.MethodForm(asking.posted(request), initial=forms.method_values(begin))
    editing = Editing(request, form, key="impact-method", version=made[0].version if made else 0)
    if editing.answer is not None:
        return editing.answer
    done = editing.attempt(
        lambda: commands.propose_method(actor=actor, method=form.method(), expected_version=editing.expected)
    )
    if done is not None:
        messages.success(request, _("Proposed. It counts once a second person approved it."))
        return redirect("impact-method")
    return form_page(
        request, editing, _("How impact is assessed"), _("Propose"), lead=_("Texts to begin with. Make them yours.")
    )


@require_http_methods(["GET", "HEAD", "POST"])
def thresholds(request: MemberRequest) -> HttpResponse:
    """Propose which uses are sensitive, restricted or refused."""
    actor = request.actor
    permit(actor, "write", AREA)
    force = queries.in_force(actor)
    made = [one for one in force.versions if one.kind == "thresholds"]
    begin = queries.read_thresholds(made[0]) if made else force.thresholds
    roles = [(name, spoken(name)) for name in load().roles]
    form = forms.ThresholdsForm(asking.posted(request), roles=roles, initial=forms.thresholds_values(begin))
    editing = Editing(request, form, key="impact-thresholds", version=made[0].version if made else 0)
    if editing.answer is not None:
        return editing.answer
    done = editing.attempt(
        lambda: commands.propose_thresholds(actor=actor, said=form.thresholds(), expected_version=editing.expected)
    )
    if done is not None:
        messages.success(request, _("Proposed. It counts once top management approved it."))
        return redirect("impact-method")
    return form_page(
        request, editing, _("Sensitive and restricted uses"), _("Propose"),
        lead=_("What follows for a use that meets a criterion. Not legal advice."),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def retention(request: MemberRequest) -> HttpResponse:
    """Propose how long reports are kept."""
    actor = request.actor
    permit(actor, "write", AREA)
    form = forms.RetentionForm(asking.posted(request))
    editing = Editing(request, form)
    if editing.answer is not None:
        return editing.answer
    done = editing.attempt(
        lambda: commands.keep_reports(
            actor=actor, years=form.cleaned_data["years"], citation=form.cleaned_data["citation"]
        )
    )
    if done is not None:
        messages.success(request, _("Proposed. It counts once a second person approved it."))
        return redirect("impact-method")
    return form_page(request, editing, _("How long reports are kept"), _("Propose"))
