"""The list of systems, the assessment of one, and the forms it is written with."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clerestory.desk import request as asking
from clerestory.desk.actor import Actor
from clerestory.desk.day import today_of
from clerestory.desk.forms import Editing, say_known
from clerestory.desk.lists import Empty, list_page, page_of, show_list
from clerestory.desk.people import member_names
from clerestory.desk.permit import may, permit
from clerestory.desk.record import record_parts, shows_details
from clerestory.desk.request import MemberRequest
from clerestory.registers.impact import commands, queries
from clerestory.registers.impact.commands.assessment import known_answers
from clerestory.registers.impact.commands.outcome import met_conditions
from clerestory.registers.impact.forms import assessment as forms
from clerestory.registers.impact.queries import Assessed, Made, words
from clerestory.registers.impact.rules.assessment import Effect, Nature
from clerestory.registers.impact.rules.law import views
from clerestory.registers.impact.rules.method import SCALES
from clerestory.registers.impact.rules.question import OPTIONAL, PARTS, QUESTIONS, TOPICS, Question
from clerestory.registers.impact.views.asked import (
    AREA,
    first_page,
    form_page,
    known_from,
    next_page,
    record_of,
    record_with,
    seen,
    steps,
)
from clerestory.terms import sentence


@list_page
def assessments(request: MemberRequest) -> HttpResponse:
    """List the systems with where the assessment of each stands."""
    actor, on = request.actor, today_of(request.actor)
    found = queries.listed(actor)
    columns = queries.columns(actor, on)
    return show_list(
        request,
        "impact/assessments.html",
        columns=columns,
        name="impact",
        title=_("Impact"),
        placeholder=_("AI system"),
        fetch=lambda query: page_of(found, query, columns),
        empty=Empty.without_systems(actor, _("Its impact is assessed here once a system is registered."), "people"),
        extra={"may_write": may(actor, "write", AREA), "counts": queries.counts(actor, on), "words": words},
    )


@require_safe
def system(request: MemberRequest, system_id: str) -> HttpResponse:
    """Show the assessment of a system: what is said, judged, measured, heard, decided, and what makes it old."""
    actor, on = request.actor, today_of(request.actor)
    values: dict[str, object] = {"words": words, "may_write": may(actor, "write", AREA)}
    if not shows_details(request):
        label, entries = queries.entries_about(actor, system_id)
        values["found"] = {"system_id": system_id, "label": label}
        values |= record_parts(request, record_with(system_id, label, entries))
    else:
        found = queries.assessed(actor, system_id)
        if found.draft is None and "begin" in request.GET and may(actor, "write", AREA):
            return redirect(first_page(found))
        values |= {"found": found, **record_parts(request, record_of(found))}
        decision = next(iter(found.acts("proceeding")), None)
        values |= {
            "state": found.state(on),
            "reasons": found.reasons(on),
            "met_criteria": [(met, words.because(met)) for met in found.depth.met],
            "steps": list(steps(found)),
            "first_page": first_page(found),
            "open": [words.point_word(name) for name in found.open_points],
            "told": _told(found),
            "effects": [(e, e in found.assessment.to_treat(found.method)) for e in _sorted(found)],
            "names": member_names(actor),
            "decision": decision,
            "met": {} if decision is None else met_conditions(found, decision),
            "versions": _signed(request, found, "assessment"),
            "decisions": _signed(request, found, "proceeding"),
            "disclosures": _signed(request, found, "disclosure"),
            "traces": found.acts("trace"),
            "heard": found.acts("consultation"),
            "not_heard": found.assessment.said("not_heard"),
            "views": views(),
            "is_owner": actor.person_id == found.owner,
            "strict": found.known.tier in (None, "high"),
            "rated": {e.effect_id: _rated(found, e) for e in found.assessment.effects},
        }
    return render(request, "impact/system.html", values)


@require_http_methods(["GET", "HEAD", "POST"])
def part(request: MemberRequest, system_id: str, part: str) -> HttpResponse:
    """Answer the questions of one part, then go on to the next."""
    actor = request.actor
    permit(actor, "write", AREA)
    if part not in PARTS:
        raise queries.ImpactUnknown(
            sentence.gettext("There is no part {part!r}.", part=part), sentence.gettext("Choose one of the assessment.")
        )
    found = queries.assessed(actor, system_id)
    form = forms.PartForm(asking.posted(request), part=part, initial=_answers(found))
    say_known(form, known_from(found))
    editing = Editing(request, form, key=f"impact/{system_id}/{part}", version=_version(found))
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.answer(
            actor=actor, system_id=system_id, answers=form.answers(), part=part, expected_version=editing.expected
        )
    )
    if made is not None:
        messages.success(request, _("Saved."))
        following = PARTS[PARTS.index(part) + 1 :]
        if following:
            return redirect("impact-part", system_id, following[0])
        return redirect("impact-effects", system_id)
    shown = found.known.results if part == "model" else ()
    counted = {"n": PARTS.index(part) + 1, "all": len(PARTS)}
    return form_page(
        request, editing, str(words.PARTS[part]), _("Save and go on"), found, results=shown,
        lead=_("Part %(n)s of %(all)s. What is left empty stays open.") % counted,
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def use(request: MemberRequest, system_id: str) -> HttpResponse:
    """Name what the use touches; thresholds say what follows."""
    actor = request.actor
    permit(actor, "write", AREA)
    found = queries.assessed(actor, system_id)
    thresholds = found.in_force.thresholds
    form = forms.UseForm(
        asking.posted(request), thresholds=thresholds, initial=forms.use_values(found.assessment, found.known.use_areas)
    )
    if not found.assessment.marks_reason:
        say_known(form, {"marks": _("From the record of the system: where it is used.")})
    editing = Editing(request, form, key=f"impact/{system_id}/use", version=_version(found))
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.mark_use(
            actor=actor, system_id=system_id, marks=tuple(form.cleaned_data["marks"]),
            reason=form.cleaned_data["reason"], expected_version=editing.expected,
        )
    )  # fmt: skip
    if made is not None:
        weight = words.WEIGHTS[str(queries.assessed(actor, system_id).depth.weight)]
        messages.success(request, _("Saved. By the thresholds this use is %(weight)s.") % {"weight": weight})
        return redirect("impact-part", system_id, PARTS[0])
    return form_page(request, editing, _("What the use touches"), _("Save and go on"), found)


@require_http_methods(["GET", "HEAD", "POST"])
def effects(request: MemberRequest, system_id: str) -> HttpResponse:
    """Show each topic of effects; judge lines, and say for the rest why there is none."""
    actor = request.actor
    permit(actor, "write", AREA)
    found = queries.assessed(actor, system_id)
    said = found.assessment
    posted = asking.posted(request)  # what somebody wrote about a topic that another judged meanwhile stays in the form
    topics = [topic for topic in TOPICS if topic not in said.judged or (posted is not None and posted.get(topic))]
    form = forms.RuleOutForm(posted, topics=topics)
    editing = Editing(request, form, key=f"impact/{system_id}/none", version=_version(found))
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.rule_out_effects(
            actor=actor, system_id=system_id, reasons=form.reasons(), expected_version=editing.expected
        )
    )
    if made is not None:
        messages.success(request, _("Judged."))
        return redirect(_after_effects(actor, system_id))
    by_topic = [(topic, [e for e in said.effects if e.topic == topic], topic in said.judged) for topic in TOPICS]
    values = {"found": found, "form": form, "editing": editing, "topics": by_topic, "words": words}
    return render(request, "impact/effects.html", values, status=editing.status)


@require_http_methods(["GET", "HEAD", "POST"])
def effect(request: MemberRequest, system_id: str, effect_id: str = "") -> HttpResponse:
    """Judge one effect, new or again."""
    actor = request.actor
    permit(actor, "write", AREA)
    found = queries.assessed(actor, system_id)
    before = next((e for e in found.assessment.effects if e.effect_id == effect_id), None)
    if effect_id and before is None:
        raise queries.ImpactUnknown(
            sentence.gettext("There is no effect {effect_id!r}.", effect_id=effect_id),
            sentence.gettext("Choose one of the assessment."),
        )
    topic = request.GET.get("topic", TOPICS[0])
    initial = (
        forms.effect_values(before)
        if before is not None
        else forms.topic_values(topic if topic in TOPICS else TOPICS[0], found.assessment, found.known.results)
    )
    if request.GET.get("nature") in words.NATURES:
        initial |= {"nature": request.GET["nature"]}
    if before is None and initial["nature"] == "benefit":
        initial |= {"what": found.assessment.said("purpose")}
    form = forms.EffectForm(
        asking.posted(request),
        method=found.method,
        results=found.known.results,
        initial=initial,
        may_be_none=before is not None and before.nature is Nature.NONE,
    )
    if before is None:
        say_known(form, {"who": _("From who is affected."), "what": _("From what it is for.")})
    editing = Editing(request, form, key=f"impact/{system_id}/effect/{effect_id or topic}", version=_version(found))
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.judge_effect(
            actor=actor, system_id=system_id, effect=form.effect(effect_id), expected_version=editing.expected
        )
    )
    if made is not None:
        messages.success(request, _("Judged."))
        return redirect(_after_effects(actor, system_id))
    heading = _("Judge an effect") if before is None else f"{before.effect_id} {words.TOPICS[before.topic]}"
    about = before.topic if before is not None else initial["topic"]
    measured = [result for result in found.known.results if result.topic == about]
    return form_page(
        request, editing, heading, _("Save"), found, effect=before, form_class="pairs", results=measured,
        topic=(words.TOPICS[str(about)], words.TOPIC_HELP[str(about)]),
    )  # fmt: skip


@require_POST
def drop(request: MemberRequest, system_id: str, effect_id: str) -> HttpResponse:
    """Take a line out."""
    commands.drop_effect(actor=request.actor, system_id=system_id, effect_id=effect_id, expected_version=seen(request))
    messages.success(request, _("Taken out. Versions that were proposed with it keep it."))
    return redirect("impact-effects", system_id)


@require_POST
def propose(request: MemberRequest, system_id: str) -> HttpResponse:
    """Propose what is written as a version."""
    commands.propose_assessment(actor=request.actor, system_id=system_id, expected_version=seen(request))
    messages.success(request, _("Proposed. It counts once a second person approved it."))
    return redirect(next_page(queries.assessed(request.actor, system_id)))


@require_POST
def approve(request: MemberRequest, entry_id: str) -> HttpResponse:
    """Approve a version of an assessment, of the method or thresholds, or a decision."""
    return asking.approved(request, entry_id)


def _after_effects(actor: Actor, system_id: str) -> str:
    """Return where the way goes on: to the effects while a topic is open, else to what is left of the assessment."""
    said = queries.assessed(actor, system_id).assessment
    is_whole = said.judged >= set(TOPICS) and any(e.nature is Nature.BENEFIT for e in said.effects)
    return reverse("impact-system" if is_whole else "impact-effects", args=[system_id])


def _version(found: Assessed) -> int:
    return 0 if found.draft is None else found.draft.version


def _answers(found: Assessed) -> dict[str, object]:
    """Return what is written, and what the inventory knows where nothing was begun."""
    return dict(known_answers(found) if found.draft is None else found.assessment.answers)


def _told(found: Assessed) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return each part with its address, and its questions with their answers, empty ones too."""
    said = found.assessment
    return [
        (
            str(words.PARTS[part]),
            reverse("impact-part", args=[found.system_id, part]),
            [
                (str(words.QUESTIONS[q.name]), said.said(q.name))
                for q in QUESTIONS
                if q.part == part and _asked(found, q)
            ],
        )
        for part in PARTS
    ]


def _asked(found: Assessed, question: Question) -> bool:
    return (
        bool(found.assessment.said(question.name))
        or question.always
        or (found.depth.deep and question.name not in OPTIONAL)
    )


def _rated(found: Assessed, effect: Effect) -> str:
    steps = (found.method.step(scale, getattr(effect, scale)) for scale in SCALES)
    return "\n".join(step for step in steps if step)


def _sorted(found: Assessed) -> list[Effect]:
    order = {Nature.HARM: 0, Nature.BENEFIT: 1, Nature.NONE: 2}
    return sorted(found.assessment.effects, key=lambda e: (order[e.nature], -e.level, TOPICS.index(e.topic)))


def _signed(request: MemberRequest, found: Assessed, kind: str) -> list[tuple[Made, bool]]:
    made = found.acts(kind)
    return [(one, one.standing is not None and one.standing.can_approve(request.actor)) for one in made]
