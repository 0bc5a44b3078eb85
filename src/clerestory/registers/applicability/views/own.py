"""Pages of the controls that an organisation adds to Annex A: add, read, change and retire one."""

from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clerestory.desk import request as asking
from clerestory.desk.actor import Actor
from clerestory.desk.approval import stood
from clerestory.desk.forms import Editing
from clerestory.desk.people import member_choices, member_names
from clerestory.desk.permit import may, permit
from clerestory.desk.record import Record, record_parts
from clerestory.desk.request import MemberRequest
from clerestory.registers.applicability import commands, forms, queries
from clerestory.registers.applicability.rules import behind
from clerestory.store import clock
from clerestory.store.directory import Record as KnownRecord
from clerestory.store.directory import labelled

AREA = "applicability"


def shown_control(control: str, title: str) -> Record:
    """Return a control as what every record has shows it: comments, files, links and history."""
    address = reverse("applicability-control", args=[control])
    return Record("control", control, f"{control} {title}", address, None, f"applicability/{control}")


def own_page(request: MemberRequest, control_id: str) -> HttpResponse:
    """Show an own control: what for, why, its derived status and all its versions."""
    actor = request.actor
    versions = queries.own_control(actor, control_id)
    newest = versions[0]
    shown = record_parts(request, shown_control(control_id, newest.control.title))
    words: dict[str, object] = {"record": newest, "control": newest.control, **shown}
    if shown["parts"].tab != "details":
        return render(request, "applicability/own.html", words)
    known = queries.named(actor, (pair for record in versions for pair in _behind(record)))
    status = queries.implementations(actor, [newest], at=clock.now(), live=True).get(control_id)
    may_write = may(actor, "write", AREA) and not newest.retired
    words |= {
        "names": member_names(actor),
        "status": status,
        "status_word": queries.Implementation.word(status),
        "may_write": may_write,
        "behind": labelled(known, _behind(newest)),
        "versions": stood(actor, versions),
    }
    return render(request, "applicability/own.html", words)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: MemberRequest) -> HttpResponse:
    """Add a control to those of Annex A."""
    actor = request.actor
    permit(actor, "write", AREA)
    form = forms.OwnControlForm(
        asking.posted(request),
        people=member_choices(actor),
        known=queries.obligations(actor),
        initial={"owner": actor.person_id},
    )
    editing = Editing(request, form, key="applicability-own-add")
    if editing.answer is not None:
        return editing.answer
    seek = partial(queries.sought, actor)
    made = editing.attempt(lambda: commands.add_own_control(actor=actor, said=form.control(seek)))
    if made is not None:
        messages.success(request, _("Added. It counts once designated management approved it."))
        return redirect("applicability-control", made.record_id)
    words = {"form": form, "editing": editing, "title": _("Add a control of your own"), "label": _("Add it")}
    return render(request, "applicability/own_form.html", words, status=editing.status)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: MemberRequest, control_id: str) -> HttpResponse:
    """Change an own control from the version that the editor saw."""
    actor = request.actor
    permit(actor, "write", AREA)
    newest = queries.own_control(actor, control_id)[0]
    known = _offered(actor, newest)
    form = forms.OwnControlForm(
        asking.posted(request),
        people=member_choices(actor),
        known=known,
        initial=forms.own_values(newest.control, known),
    )
    editing = Editing(request, form, key=f"applicability-own/{control_id}", version=newest.version)
    if editing.answer is not None:
        return editing.answer
    seek = partial(queries.sought, actor)
    made = editing.attempt(
        lambda: commands.change_own_control(
            actor=actor, control=control_id, said=form.control(seek), expected_version=editing.seen
        )
    )
    if made is not None:
        messages.success(request, _("Changed. It counts once designated management approved it."))
        return redirect("applicability-control", control_id)
    title = f"{control_id} {newest.control.title}"
    words = {"form": form, "editing": editing, "title": title, "label": _("Save"), "record": newest}
    return render(request, "applicability/own_form.html", words, status=editing.status)


@require_POST
def retire(request: MemberRequest, control_id: str) -> HttpResponse:
    """Retire an own control for a reason."""
    seen = request.POST.get("version", "")
    commands.retire_own_control(
        actor=request.actor,
        control=control_id,
        reason=request.POST.get("reason", ""),
        expected_version=int(seen) if seen.isdecimal() and len(seen) < 10 else 0,
    )
    messages.success(request, _("Retired. Its history stays; the next statement is without it."))
    return redirect("applicability-control", control_id)


def _behind(record: queries.OwnRecord) -> tuple[tuple[str, str], ...]:
    said = record.control
    return behind(said.risks, said.impacts, said.obligations)


def _offered(actor: Actor, newest: queries.OwnRecord) -> tuple[KnownRecord, ...]:
    """Return the records that a form offers: those that it names, those that call for it, and obligations."""
    around = queries.around(actor, newest.control_id, _behind(newest))
    named = (around.known[pair] for pair in _behind(newest) if pair in around.known)
    return tuple(dict.fromkeys((*named, *around.offered)))
