"""Pages of what follows from an assessment: people heard, the decision, findings carried on, results disclosed."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST

from clerestory.desk import request as asking
from clerestory.desk.day import today_of
from clerestory.desk.forms import Editing, offer, say_known
from clerestory.desk.people import NotAMember, member_choices
from clerestory.desk.permit import permit
from clerestory.desk.request import MemberRequest
from clerestory.registers.impact import commands, queries
from clerestory.registers.impact.forms import outcome as forms
from clerestory.registers.impact.queries import Assessed, words
from clerestory.registers.impact.rules.assessment import NO_HARM, Assessment, Effect, Reach
from clerestory.registers.impact.rules.method import Method
from clerestory.registers.impact.views.asked import AREA, form_page, next_page, seen

_SOURCES = {"fairness": "C.3.4", "rights": "C.3.2", "autonomy": "C.3.3"}
"""Where a risk comes from (Annex C) that a finding of a topic mostly has; others are chosen by whoever registers it."""


@require_http_methods(["GET", "HEAD", "POST"])
def hear(request: MemberRequest, system_id: str) -> HttpResponse:
    """Record that affected people were heard."""
    actor = request.actor
    permit(actor, "write", AREA)
    found = queries.assessed(actor, system_id)
    groups = found.assessment.listed("affected_groups") or found.known.affected_groups
    form = forms.ConsultationForm(
        asking.posted(request),
        initial={"group": next(iter(groups), ""), "held_on": today_of(actor), "way": "interview"},
    )
    editing = Editing(request, form, key=f"impact/{system_id}/heard")
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: commands.hear_people(actor=actor, system_id=system_id, said=form.consultation()))
    if made is not None:
        messages.success(request, _("Recorded."))
        return redirect("impact-system", system_id)
    return form_page(request, editing, _("People who were heard"), pgettext("verb", "Record"), found)


@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: MemberRequest, system_id: str) -> HttpResponse:
    """Decide whether to proceed."""
    actor = request.actor
    permit(actor, "write", AREA)
    found = queries.assessed(actor, system_id)
    initial = forms.due_values(today_of(actor))
    if str(found.depth_to_decide.weight) == "refused":
        initial |= {"outcome": "do not proceed"}
    initial |= _decided(found) | _seen(found)
    form = forms.ProceedingForm(asking.posted(request), members=member_choices(actor), initial=initial)
    editing = Editing(request, form, key=f"impact/{system_id}/decide", version=_version(found, "proceeding"))
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.decide(
            actor=actor,
            system_id=system_id,
            said=form.proceeding(),
            seen=form.cleaned_data["assessment"],
            expected_version=editing.expected,
        ),
        {NotAMember: "owner_1"},
    )
    if made is not None:
        messages.success(request, _("Decided. It counts once a second person approved it."))
        return redirect(next_page(queries.assessed(actor, system_id)))
    return form_page(
        request, editing, _("Should we build it, or go on with it?"), _("Decide"), found,
        summary=found.proposed or found.assessment, words=words,
    )  # fmt: skip


@require_POST
def met(request: MemberRequest, system_id: str, place: int) -> HttpResponse:
    """Record how a condition was met."""
    commands.meet_condition(
        actor=request.actor, system_id=system_id, decision=seen(request, "decision") or 0, place=place,
        how=request.POST.get("how", ""),
    )  # fmt: skip
    messages.success(request, _("Recorded."))
    return redirect("impact-system", system_id)


@require_http_methods(["GET", "HEAD", "POST"])
def trace(request: MemberRequest, system_id: str) -> HttpResponse:
    """Carry each finding into risks, or say why into none."""
    actor = request.actor
    permit(actor, "write", AREA)
    found = queries.assessed(actor, system_id)
    if found.newest is None:
        messages.warning(request, _("Propose the assessment first: its findings are carried on as it says them."))
        return redirect("impact-system", system_id)
    said = found.proposed or found.assessment
    method = found.in_force.method_of(found.newest.said["method_version"])
    findings = said.findings(method)
    form = forms.TraceForm(
        asking.posted(request), findings=findings,
        risks=offer(actor, "risk"),
        initial=_named(said, method, queries.risks_of(actor, system_id)) | _before(found, findings) | _seen(found),
    )  # fmt: skip
    if not found.acts("trace"):
        told = _("From the risk register: a risk by the name of this finding. Record it, or change it.")
        say_known(form, {f"risks_{forms.place_of(finding)}": told for finding in findings})
    editing = Editing(request, form, key=f"impact/{system_id}/trace", version=_version(found, "trace"))
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.trace_findings(
            actor=actor,
            system_id=system_id,
            rows=form.rows(),
            seen=form.cleaned_data["assessment"],
            expected_version=editing.expected,
        )
    )
    if made is not None:
        messages.success(request, _("Recorded."))
        return redirect(next_page(queries.assessed(actor, system_id)))
    new = [] if findings == (NO_HARM,) else [(e, _new_risk(system_id, e, method)) for e in said.to_treat(method)]
    return form_page(
        request, editing, _("Findings carried into risks"), pgettext("verb", "Record"), found, new_risks=new,
        lead=_("Harms that call for treatment by the method. What is rated there is treated there."),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def disclose(request: MemberRequest, system_id: str) -> HttpResponse:
    """Decide who is told the results."""
    actor = request.actor
    permit(actor, "write", AREA)
    found = queries.assessed(actor, system_id)
    before = next(iter(found.acts("disclosure")), None)
    initial = (
        {"audiences": "\n".join(found.assessment.listed("affected_groups"))}
        if before is None
        else {"audiences": "\n".join(before.said["audiences"]), "justification": before.said["justification"]}
    )
    form = forms.DisclosureForm(asking.posted(request), initial=initial | _seen(found))
    editing = Editing(request, form, key=f"impact/{system_id}/disclose", version=_version(found, "disclosure"))
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.disclose(
            actor=actor,
            system_id=system_id,
            said=form.disclosure(),
            seen=form.cleaned_data["assessment"],
            expected_version=editing.expected,
        )
    )
    if made is not None:
        messages.success(request, _("Decided. It counts once a second person approved it."))
        return redirect("impact-system", system_id)
    return form_page(request, editing, _("Who is told the results"), _("Decide"), found)


def _version(found: Assessed, kind: str) -> int:
    """Return the version of the newest act of a kind; 0 where there is none."""
    return max((made.version for made in found.acts(kind)), default=0)


def _seen(found: Assessed) -> dict[str, object]:
    """Return the version of the assessment that the page shows, as its form carries it."""
    return {"assessment": found.newest.version if found.newest is not None else 0}


def _decided(found: Assessed) -> dict[str, object]:
    """Return the newest decision where it rests on the newest assessment: it is changed then, not made anew."""
    newest = next(iter(found.acts("proceeding")), None)
    if newest is None or found.newest is None or newest.said["assessment"] != found.newest.version:
        return {}
    told: dict[str, object] = {"outcome": newest.said["outcome"], "reason": newest.said["reason"]}
    for n, (text, owner, due_on) in enumerate(newest.said["conditions"], 1):
        told |= {f"condition_{n}": text, f"owner_{n}": owner, f"due_{n}": due_on}
    return told


def _before(found: Assessed, findings: tuple[str, ...]) -> dict[str, object]:
    """Return what was carried on before, for findings that are still there."""
    newest = next(iter(found.acts("trace")), None)
    rows = {} if newest is None else {finding: (risks, reason) for finding, risks, reason in newest.said["rows"]}
    told: dict[str, object] = {}
    for finding in findings:
        if finding in rows:
            place = forms.place_of(finding)
            told[f"risks_{place}"], told[f"reason_{place}"] = rows[finding]
    return told


def _named(said: Assessment, method: Method, risks: Mapping[str, str]) -> dict[str, object]:
    """Return the risks that bear the name of a finding, as one registered from it does."""
    ids = {label.removeprefix(f"{risk_id} ").strip(): risk_id for risk_id, label in risks.items()}
    found = ((forms.place_of(effect.item), ids.get(effect.what[:300].strip())) for effect in said.to_treat(method))
    return {f"risks_{place}": [risk_id] for place, risk_id in found if risk_id}


def _new_risk(system_id: str, effect: Effect, method: Method) -> str:
    """Return the address of the risk register's form with what the finding says already."""
    said = {
        "system": system_id, "event": effect.what[:300], "consequence_text": effect.reason, "affected": effect.who,
        "source": _SOURCES.get(effect.topic, ""), "reason": effect.reason,
        "likelihood": method.step("likelihood", effect.likelihood), "back": reverse("impact-trace", args=[system_id]),
    }  # fmt: skip
    if effect.reach is Reach.INDIVIDUALS:
        said["individuals"] = method.step("severity", effect.severity)
    elif effect.reach is Reach.SOCIETIES:
        said["societies"] = method.step("severity", effect.severity)
    return f"{reverse('risk-add')}?{urlencode(said)}"
