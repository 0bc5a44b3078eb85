"""Pages about all risks: heat map, what does not fit, treatment plan; and one system's risks as a whole."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clerestory.desk import request as asking
from clerestory.desk.approval import standings
from clerestory.desk.day import today_of
from clerestory.desk.forms import Editing
from clerestory.desk.permit import may, permit
from clerestory.desk.request import MemberRequest
from clerestory.registers.risk import commands
from clerestory.registers.risk.forms.rating import spoken_steps
from clerestory.registers.risk.forms.risk import AssessForm
from clerestory.registers.risk.queries import risk_counts, risks_of_system, words
from clerestory.registers.risk.queries.counts import heat_maps, looks, oddity_counts
from clerestory.registers.risk.queries.plan import (
    assessments,
    plan_lines,
    plan_versions,
    planned,
    sources_of,
    system_name,
    undecided,
)
from clerestory.registers.risk.queries.record import people
from clerestory.registers.risk.rules.consistency import Oddity
from clerestory.registers.risk.rules.scale import LEVELS
from clerestory.registers.risk.views.asked import AREA, WORDS, form_page

MOST_VERSIONS = 20
MOST_LINES = 100


@require_safe
def heat_map(request: MemberRequest) -> HttpResponse:
    """Show how many risks lie where, before treatment and now; each cell leads to them."""
    actor = request.actor
    in_force, before, now = heat_maps(actor)
    criteria = in_force.criteria
    return render(
        request,
        "risk/map.html",
        {
            "maps": (now, before),
            "words": WORDS,
            "in_force": in_force,
            "counts": risk_counts(actor, today_of(actor)),
            "over_levels": [str(level) for level in LEVELS if criteria.is_over(level)],
            "likelihoods": {number: label for number, label, _d in spoken_steps(criteria.likelihood)},
            "consequences": range(1, criteria.widest + 1),
            "here": "map",
        },
    )


@require_safe
def consistency(request: MemberRequest) -> HttpResponse:
    """Show what does not fit together, by kind, each leading to its risks."""
    found = [
        (*look, words.REMEDIES[Oddity(look[0])][0])
        for look in looks(oddity_counts(request.actor, today_of(request.actor)))
    ]
    return render(request, "risk/consistency.html", {"looks": found, "words": WORDS, "here": "consistency"})


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: MemberRequest) -> HttpResponse:
    """Show the treatment plan as it would be now and its versions; propose it."""
    actor = request.actor
    if request.method == "POST":
        commands.propose_plan(actor=actor, note=request.POST.get("note", ""))
        messages.success(request, _("Proposed. It counts once designated management approved it."))
        return redirect("risk-plan")
    whole, lines, versions = planned(actor), plan_lines(actor, MOST_LINES), plan_versions(actor, MOST_VERSIONS)
    stand = standings(actor, [version.entry_id for version in versions])
    told = [(version, stand.get(version.entry_id)) for version in versions]
    newest = set(versions[0].risks) if versions else set()
    return render(
        request,
        "risk/plan.html",
        {
            "lines": lines,
            "versions": [(version, where, where is not None and where.can_approve(actor)) for version, where in told],
            "total": len(whole),
            "not_in_newest": [risk_id for risk_id in whole if risk_id not in newest] if versions else [],
            "undecided": undecided(actor),
            "names": people(actor)[0],
            "words": WORDS,
            "on": today_of(actor),
            "may_write": may(actor, "write", AREA),
            "here": "plan",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def system(request: MemberRequest, system_id: str) -> HttpResponse:
    """Show the risks of one system and its assessments as a whole; assess it anew."""
    actor = request.actor
    name = system_name(actor, system_id)
    made_before = assessments(actor, system_id)[:MOST_VERSIONS]
    counted = sources_of(actor, system_id)
    form = AssessForm(
        asking.posted(request),
        counted=counted,
        initial={"trigger": "interval" if made_before else "first"},
    )
    editing = Editing(request, form, key=f"risk-system/{system_id}")
    if request.method == "POST":
        permit(actor, "write", AREA)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: commands.assess_system(actor=actor, system_id=system_id, **form.said()))  # type: ignore[arg-type]
    if made is not None:
        messages.success(request, _("Recorded. It counts once a second person approved it."))
        return redirect("risk-system", system_id)
    stand = standings(actor, [record.entry_id for record in made_before])
    told = [(record, stand.get(record.entry_id)) for record in made_before]
    names = people(actor)[0]
    return form_page(
        request,
        "risk/system.html",
        form,
        editing,
        system_id=system_id,
        system_name=name,
        risks=risks_of_system(actor, system_id, names=names),
        counted=counted,
        on=today_of(actor),
        assessments=[(record, where, where is not None and where.can_approve(actor)) for record, where in told],
        names=names,
        may_write=may(actor, "write", AREA),
    )


@require_POST
def approve(request: MemberRequest, entry_id: str) -> HttpResponse:
    """Approve an analysis, decision, proof, acceptance, assessment or plan."""
    return asking.approved(request, entry_id)
