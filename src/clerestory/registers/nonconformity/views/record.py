"""The page of one nonconformity: its steps, the next one to be taken, the results of its check over time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from clerestory.assurance.criterion import Criterion, CriterionUnreadable
from clerestory.catalogue.load import load
from clerestory.desk import request as asking
from clerestory.desk.actor import Actor
from clerestory.desk.day import today_of
from clerestory.desk.document import organisation_name, paper_response
from clerestory.desk.forms import Editing
from clerestory.desk.people import member_choices
from clerestory.desk.permit import may, permit
from clerestory.desk.record import Record, record_parts, shows_details
from clerestory.desk.request import MemberRequest
from clerestory.registers.nonconformity import commands, forms, queries
from clerestory.registers.nonconformity.queries import Detail, Taken
from clerestory.registers.nonconformity.rules import STEPS, Grade, Step
from clerestory.registers.nonconformity.views.paper import day_word, label_of, record_paper, verdict_word
from clerestory.store import clock
from clerestory.terms.ids import PersonId

AREA = "nonconformity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step as the page shows it: ``state`` is done, now or coming."""

    step: Step
    label: str | Promise
    state: str
    due_on: date | None
    is_late: bool
    taken: Taken | None
    may_sign: bool
    earlier: tuple[Taken, ...]


@require_http_methods(["GET", "HEAD", "POST"])
def nonconformity(request: MemberRequest, nonconformity_id: str) -> HttpResponse:
    """Show one nonconformity with its steps; take the next one."""
    actor, now = request.actor, clock.now()
    if request.method != "POST" and not shows_details(request):
        return _page(request, queries.nonconformity(actor, nonconformity_id, whole=False), None, None, now)
    detail = queries.nonconformity(actor, nonconformity_id)
    step = detail.row.step
    if request.method == "POST":
        step = _posted_step(request.POST.get("step", ""), step)
        permit(actor, "approve" if step is Step.EFFECT else "write", AREA)
    writes = may(actor, "write", AREA)
    people = member_choices(actor) if writes and step is Step.ACTION else []
    form = forms.step_form(
        step, asking.posted(request), detail, people=people, labels=_labels(detail), on=today_of(actor, now)
    )
    shown = writes and form is not None and (request.method == "POST" or _may_take(actor, detail))
    editing = Editing(request, form, key=f"nonconformity/{nonconformity_id}/{step}") if shown and form else None
    if editing is not None and editing.answer is not None:
        return editing.answer
    if request.method == "POST" and form is not None and editing is not None:
        made = editing.attempt(lambda: _take(actor, nonconformity_id, form))
        if made is not None:
            messages.success(request, str(_SAID[step]))
            return redirect("nonconformity-record", nonconformity_id)
    if wanted := request.GET.get("export"):
        made_on = record_paper(actor, detail, now, organisation=organisation_name(request))
        return paper_response(request, made_on, wanted, f"{nonconformity_id} {detail.row.title}")
    return _page(request, detail, form, editing, now)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: MemberRequest, nonconformity_id: str) -> HttpResponse:
    """Change grade, owner or days, with a reason."""
    actor = request.actor
    permit(actor, "write", AREA)
    detail = queries.nonconformity(actor, nonconformity_id)
    row, days = detail.row, detail.days
    initial = {"grade": row.grade.value, "owner": row.owner, **{name: getattr(days, name) for name in forms.DAYS}}
    form = forms.ChangeForm(asking.posted(request), people=member_choices(actor), initial=initial)
    editing = Editing(request, form, key=f"nonconformity/{nonconformity_id}/change", version=row.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.change_nonconformity(
            actor=actor,
            nonconformity_id=nonconformity_id,
            grade=Grade(form.cleaned_data["grade"]),
            owner=PersonId(form.cleaned_data["owner"]),
            days=form.days(),
            reason=form.cleaned_data["reason"],
            expected_version=editing.seen,
        )
    )
    if made is not None:
        messages.success(request, _("Changed. The log holds both versions and the reason."))
        return redirect("nonconformity-record", nonconformity_id)
    words = {"form": form, "editing": editing, "detail": detail}
    return render(request, "nonconformity/change.html", words, status=editing.status)


@require_POST
def approve(request: MemberRequest, entry_id: str) -> HttpResponse:
    """Approve the cause or the corrective action."""
    return asking.approved(request, entry_id)


_SAID: Mapping[Step, str | Promise] = {
    Step.CORRECTION: gettext_lazy("Recorded. Next, its cause."),
    Step.CAUSE: gettext_lazy("Proposed. It counts once a second person approved it."),
    Step.ACTION: gettext_lazy("Proposed. It counts once a second person approved it."),
    Step.EFFECT: gettext_lazy("Recorded, with your name's pseudonym, in the log."),
}


def _take(actor: Actor, nonconformity_id: str, form: forms.StepForm) -> commands.Written:
    if isinstance(form, forms.CorrectionForm):
        return commands.record_correction(actor=actor, nonconformity_id=nonconformity_id, correction=form.correction())
    if isinstance(form, forms.CauseForm):
        return commands.analyse_cause(actor=actor, nonconformity_id=nonconformity_id, cause=form.analysis())
    if isinstance(form, forms.ActionForm):
        return commands.take_action(actor=actor, nonconformity_id=nonconformity_id, action=form.taken())
    return commands.confirm_effect(actor=actor, nonconformity_id=nonconformity_id, effect=form.effect())


def _posted_step(text: str, current: Step) -> Step:
    return Step(text) if text in [step.value for step in STEPS] else current


def _page(
    request: MemberRequest, detail: Detail, form: forms.StepForm | None, editing: Editing | None, now: datetime
) -> HttpResponse:
    actor, row = request.actor, detail.row
    record = Record(
        "nonconformity",
        row.nonconformity_id,
        row.title,
        f"/nonconformity/{row.nonconformity_id}/",
        None,
        f"nonconformity/{row.nonconformity_id}",
        entries=detail.entries,
        paper=reverse("nonconformity-record", args=[row.nonconformity_id]),
    )
    names = {**detail.names, str(detail.row.owner): detail.row.owner_name}
    writes = may(actor, "write", AREA) and row.is_open
    words = {
        "detail": detail,
        "row": row,
        "names": names,
        "stages": _stages(actor, detail, today_of(actor, now)),
        "form": form if writes and _may_take(actor, detail) else None,
        "editing": editing,
        "hindered": _hindered(actor, detail, names) if writes else "",
        "may_write": writes,
        "grade": queries.GRADE_WORDS[row.grade],
        "grade_tone": {Grade.MAJOR: "bad", Grade.MINOR: "old"}.get(row.grade, "open"),
        "found_by": queries.FOUND_WORDS[row.found_by],
        "late": row.is_late(today_of(actor, now)),
        "days": [(forms.DAY_WORDS[name], getattr(detail.days, name)) for name in forms.DAYS],
        "requirements": _titles(row.requirement, *row.bears_on),
        "results": tuple(reversed(detail.results)),
        "chart": chart_of(detail) if detail.results else None,
        "opener": detail.opener,
        "methods": forms.METHOD_WORDS,
        "places": forms.PLACE_WORDS,
    }
    status = HTTPStatus.OK if editing is None else editing.status
    return render(request, "nonconformity/record.html", {**words, **record_parts(request, record)}, status=status)


def _stages(actor: Actor, detail: Detail, today: date) -> list[Stage]:
    place = STEPS.index(detail.row.step) if detail.row.is_open else len(STEPS)
    made = []
    for number, step in enumerate(STEPS):
        taken = detail.now(step)
        due = detail.days.of(step)
        made.append(
            Stage(
                step=step,
                label=queries.STEP_WORDS[step],
                state="done" if number < place else "now" if number == place else "coming",
                due_on=due,
                is_late=number == place and due is not None and due < today,
                taken=taken,
                may_sign=taken is not None and taken.standing is not None and taken.standing.can_approve(actor),
                earlier=tuple(reversed([other for other in detail.taken(step) if other is not taken])),
            )
        )
    return made


def _may_take(actor: Actor, detail: Detail) -> bool:
    return detail.row.step is not Step.EFFECT or actor.person_id not in detail.answering


def _hindered(actor: Actor, detail: Detail, names: Mapping[str, str]) -> str:
    """Say why this member cannot take the next step; empty where they can."""
    if _may_take(actor, detail):
        return ""
    named = names.get(detail.row.confirmer, "")
    if named:
        return _("You answer for the action. %(name)s was named to look whether it worked.") % {"name": named}
    return _("You answer for the action. Somebody else looks whether it worked.")


def _titles(*ids: str) -> list[tuple[str, str]]:
    titles = {item.id: _(item.title) for item in load().frameworks[queries.FRAMEWORK].requirements}
    return [(requirement, titles.get(requirement, "")) for requirement in ids]  # type: ignore[call-overload]


def chart_of(detail: Detail) -> Mapping[str, object]:
    """Return what the browser draws: the results with their intervals, the limits, and the day of the action."""
    marks = [(detail.row.opened_at, _("opened"))]
    action = detail.now(Step.ACTION)
    if action is not None and action.done_on is not None:
        marks.append(
            (datetime.combine(action.done_on, datetime.min.time(), tzinfo=detail.row.opened_at.tzinfo), _("action"))
        )
    return {
        "points": [
            {
                "at": _millis(result.at),
                "day": day_word(result.at),
                "value": result.value,
                "low": result.low,
                "high": result.high,
                "verdict": result.verdict,
                "verdict_word": verdict_word(result.verdict),
                "label": label_of(result),
            }
            for result in detail.results
            if result.value is not None
        ],
        "limits": [
            {"at": limit, "label": _("criterion %(text)s") % {"text": detail.check["criterion"]}}
            for limit in _limits(detail.check["criterion"])
        ],
        "marks": [{"at": _millis(at), "label": label} for at, label in marks],
    }


def _limits(criterion: str) -> tuple[float, ...]:
    try:
        read = Criterion.parse(criterion)
    except CriterionUnreadable:
        return ()
    return tuple(limit for limit in (read.lower, read.upper) if limit is not None)


def _millis(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _labels(detail: Detail) -> dict[str, str]:
    return {result.entry_id: f"{label_of(result)}, {day_word(result.at)}" for result in detail.results}
