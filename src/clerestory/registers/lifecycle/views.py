"""Pages of changes, releases and criteria. They translate between forms and commands and hold no rule."""

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clerestory.desk import request as asking
from clerestory.desk.actor import Actor
from clerestory.desk.approval import Standing, standings
from clerestory.desk.day import today_of
from clerestory.desk.forms import Editing, lines, offer
from clerestory.desk.lists import Empty, list_page, page_of, show_list, takes_step
from clerestory.desk.people import member_names
from clerestory.desk.permit import may, permit
from clerestory.desk.record import Record, record_parts, shows_details
from clerestory.desk.request import MemberRequest
from clerestory.registers.lifecycle import commands, forms, queries
from clerestory.registers.lifecycle.queries import Criteria, ReleaseRecord
from clerestory.registers.lifecycle.queries.change import AREA, ASPECTS, LEVELS, RENEWALS, STATES, TONES
from clerestory.registers.lifecycle.rules import State
from clerestory.store import clock
from clerestory.terms import sentence


@list_page
def changes(request: MemberRequest) -> HttpResponse:
    """List the changes, and above them what changed without anybody asking."""
    return show_list(
        request,
        "lifecycle/changes.html",
        columns=queries.CHANGE_COLUMNS,
        name="system-changes",
        title=_("Changes of AI systems"),
        placeholder=_("Change or system"),
        fetch=lambda query: queries.changes(request.actor, query),
        empty=Empty(_("No change yet"), _("Ask for one before a system at work is changed."), picture="systems"),
        extra={
            "unasked": [
                (one, ASPECTS[one.seen.aspect]) for one in queries.unapproved_changes(request.actor, clock.now())
            ],
            "may_write": may(request.actor, "write", AREA),
        },
    )


@require_safe
def change(request: MemberRequest, change_id: str) -> HttpResponse:
    """Show one change: what, why, what it does, and where its decision stands."""
    actor = request.actor
    record = queries.change(actor, change_id)
    is_open = record.state in (State.ASKED, State.WAITING, State.UNREVIEWED)
    said = record.assessment
    words: dict[str, object] = {
        "record": record,
        "change": record.change,
        "aspects": [ASPECTS[aspect] for aspect in record.change.aspects],
        "state": STATES[record.state],
        "tone": TONES[record.state],
        "may_write": may(actor, "write", AREA),
        "may_assess": is_open,
        "may_make": record.state is State.APPROVED or (record.change.emergency and record.state is State.ASKED),
        "may_refuse": is_open and record.made_on is None,
        "today": today_of(actor),
    }
    if shows_details(request):
        standing = standings(actor, (record.decision_id,)).get(record.decision_id) if record.decision_id else None
        words |= {
            "standing": standing,
            "may_sign": standing is not None and standing.can_approve(actor),
            "names": member_names(actor),
        }
    if said is not None:
        words |= {
            "assessment": said,
            "renew": [RENEWALS[name] for name in said.renew],
            "levels": (LEVELS[said.risk_before], LEVELS[said.risk_after]),
        }
    address = reverse("lifecycle-change", args=[change_id])
    entries = tuple(entry for entry in (record.decision_id,) if entry)
    entity = f"system_change/{change_id}"
    shown = Record("system_change", change_id, record.change.title, address, None, entity, entries=entries)
    return render(request, "lifecycle/change.html", words | record_parts(request, shown))


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: MemberRequest) -> HttpResponse:
    """Ask for a change, or take up one that the inventory showed."""
    actor, now = request.actor, clock.now()
    permit(actor, "write", AREA)
    seen = queries.seen_change(actor, request.GET.get("seen", ""), now) if request.GET.get("seen") else None
    form = forms.ChangeForm(
        asking.posted(request),
        systems=offer(actor),
        seen=seen,
        initial=forms.change_values(today_of(actor, now), seen, request.GET.get("system", "")),
    )
    editing = Editing(request, form, key="lifecycle-ask" if seen is None else "")
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: commands.request_change(actor=actor, said=form.change()))
    if made is not None:
        messages.success(request, _("Noted. Say next what it does."))
        return redirect("lifecycle-assess", made.record_id)
    heading = _("Ask for a change") if seen is None else _("Review a change that was made")
    return _form(request, editing, heading, _("Go on"))


@require_http_methods(["GET", "HEAD", "POST"])
def assess(request: MemberRequest, change_id: str) -> HttpResponse:
    """Say what a change does, and propose it."""
    actor = request.actor
    permit(actor, "write", AREA)
    record = queries.change(actor, change_id)
    values = forms.assessment_values(record.assessment, record.change.aspects)
    form = forms.AssessmentForm(asking.posted(request), initial=values)
    editing = Editing(request, form, key=f"lifecycle-assess/{change_id}", version=record.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.assess_change(
            actor=actor, change_id=change_id, said=form.assessment(), expected_version=editing.seen
        )
    )
    if made is not None:
        messages.success(request, _("Proposed. It counts once a second person approved it."))
        return redirect("lifecycle-change", change_id)
    return _form(request, editing, record.change.title, _("Propose"), of=record)


@require_POST
def make(request: MemberRequest, change_id: str) -> HttpResponse:
    """Note that a change was made today."""
    commands.note_made(
        actor=request.actor, change_id=change_id, made_on=today_of(request.actor), expected_version=_seen(request)
    )
    messages.success(request, _("Noted as made."))
    return redirect("lifecycle-change", change_id)


@require_POST
def refuse(request: MemberRequest, change_id: str) -> HttpResponse:
    """Refuse a change for a reason."""
    commands.refuse_change(
        actor=request.actor,
        change_id=change_id,
        reason=request.POST.get("reason", ""),
        expected_version=_seen(request),
    )
    messages.success(request, _("Refused. It counts once a second person confirmed it."))
    return redirect("lifecycle-change", change_id)


@list_page
def releases(request: MemberRequest) -> HttpResponse:
    """List the releases with those that wait for somebody above them, and release a version."""
    actor = request.actor
    if takes_step(request) or request.GET.get("export"):
        return _released(request)
    form = forms.ReleaseForm(asking.posted(request), systems=offer(actor))
    editing = Editing(request, form, key="lifecycle-release")
    if request.method == "POST":
        permit(actor, "write", AREA)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.release(actor=actor, said=form.release()), {queries.VersionUnknown: "model_version"}
    )
    if made is not None:
        messages.success(request, _("Proposed. It counts once a second person approved it."))
        return redirect("lifecycle-releases")
    return _released(request, editing.status, form=form, editing=editing, may_write=may(actor, "write", AREA))


def _released(request: MemberRequest, status: int = 200, **more: object) -> HttpResponse:
    actor = request.actor
    columns, rows = queries.release_columns(actor), queries.releases_stood(actor)
    return show_list(
        request,
        "lifecycle/releases.html",
        columns=columns,
        name="releases",
        path=request.path,
        title=_("Releases"),
        placeholder=_("AI system, version or condition"),
        fetch=lambda query: page_of(rows, query, columns),
        empty=Empty(_("No version was released yet."), picture="systems"),
        extra={"waiting": _waiting(actor, rows), **more},
        status=status,
    )


@list_page
def criteria(request: MemberRequest) -> HttpResponse:
    """List every process with the criteria by which it runs, and above them those that wait for somebody."""
    actor = request.actor
    columns, rows = queries.criteria_columns(actor), queries.criteria_stood(actor)
    return show_list(
        request,
        "lifecycle/criteria.html",
        columns=columns,
        name="operating-criteria",
        title=_("Criteria of processes"),
        placeholder=_("Process or criterion"),
        fetch=lambda query: page_of(rows, query, columns),
        empty=Empty(
            _("No process yet"),
            _("Describe the processes of the organisation first."),
            reverse("organisation"),
            _("To the organisation"),
            "scope",
        ),
        extra={"waiting": _waiting(actor, rows)},
    )


def _waiting(actor: Actor, rows: Iterable[ReleaseRecord | Criteria]) -> list[tuple[object, Standing, bool]]:
    """Return what a second person has yet to look at, at most twenty, with whether this member may."""
    found = [(one, one.standing) for one in rows if one.standing is not None and one.standing.is_open]
    return [(one, standing, standing.can_approve(actor)) for one, standing in found[:20]]


@require_http_methods(["GET", "HEAD", "POST"])
def edit_criteria(request: MemberRequest, process_id: str) -> HttpResponse:
    """Set the criteria of a process."""
    actor = request.actor
    permit(actor, "write", AREA)
    known = next((one for one in queries.criteria(actor) if one.process_id == process_id), None)
    if known is None:
        raise queries.LifecycleUnknown(
            sentence.gettext("There is no process {process_id!r}.", process_id=process_id),
            sentence.gettext("Choose one of the list."),
        )
    form = forms.CriteriaForm(asking.posted(request), initial={"criteria": "\n".join(known.criteria)})
    editing = Editing(request, form, key=f"lifecycle-criteria/{process_id}", version=known.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.set_criteria(
            actor=actor,
            process_id=process_id,
            criteria=lines(form.cleaned_data["criteria"]),
            expected_version=editing.seen,
        )
    )
    if made is not None:
        messages.success(request, _("Proposed. It counts once a second person approved it."))
        return redirect("lifecycle-criteria")
    return _form(request, editing, known.name, _("Propose"))


@require_POST
def approve(request: MemberRequest, entry_id: str) -> HttpResponse:
    """Approve a decision, a release or criteria."""
    return asking.approved(request, entry_id)


def _seen(request: MemberRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _form(request: MemberRequest, editing: Editing, heading: str, label: str, **more: object) -> HttpResponse:
    words = {"form": editing.form, "editing": editing, "heading": heading, "label": label, **more}
    return render(request, "lifecycle/form.html", words, status=editing.status)
