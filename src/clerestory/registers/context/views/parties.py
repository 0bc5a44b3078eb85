"""Pages of interested parties, their needs and where these are answered."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clerestory.catalogue.load import load
from clerestory.desk import request as asking
from clerestory.desk.approval import stood
from clerestory.desk.forms import Editing
from clerestory.desk.lists import Empty, list_page, page_of, show_list
from clerestory.desk.people import member_names
from clerestory.desk.permit import may, permit
from clerestory.desk.record import record_parts
from clerestory.desk.request import MemberRequest
from clerestory.registers.context import commands, queries
from clerestory.registers.context.forms import party as forms
from clerestory.registers.context.rules.party import HOME, requirement_ids
from clerestory.registers.context.views.asked import AREA, form_page, seen, shown
from clerestory.terms import sentence


@list_page
def parties(request: MemberRequest) -> HttpResponse:
    """List interested parties with how many of their needs are decided and answered."""
    actor = request.actor
    may_write = may(actor, "write", AREA)
    found = queries.parties(actor)
    current = [record for record in found if record.ended_at is None]
    return show_list(
        request,
        "context/parties.html",
        columns=queries.PARTY_COLUMNS,
        name="context-parties",
        title=_("Interested parties"),
        placeholder=_("Party or need"),
        fetch=lambda query: page_of(found, query, queries.PARTY_COLUMNS),
        empty=Empty(
            _("No interested party yet"),
            _("Who is affected by our AI, or expects something of it? Suggestions wait on the next page."),
            reverse("context-party-add") if may_write else "",
            _("Note the first"),
            "people",
        ),
        extra={
            "may_write": may_write,
            "needs": sum(len(record.party.needs) for record in current),
            "open_needs": sum(record.open_needs for record in current),
            "adopted": sum(record.adopted for record in current),
            "answered": sum(len(record.party.traced) for record in current),
            "reviews": stood(actor, queries.party_reviews(actor)[:1]),
            "traces": queries.traces(actor)[:1],
            "names": member_names(actor),
        },
    )


@require_safe
def party(request: MemberRequest, party_id: str) -> HttpResponse:
    """Show a party with its needs, what was decided about each, and what every record has."""
    actor = request.actor
    record = queries.party(actor, party_id)
    url = reverse("context-party", args=[party_id])
    words = {
        "record": record,
        "party": record.party,
        "decisions": forms.DECISIONS,
        "may_write": may(actor, "write", AREA) and record.ended_at is None,
        **record_parts(request, shown("interested_party", party_id, record.party.name, url)),
    }
    return render(request, "context/party.html", words)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: MemberRequest) -> HttpResponse:
    """Note a party, from scratch or from a suggestion."""
    permit(request.actor, "write", AREA)
    form = forms.PartyForm(asking.posted(request), initial=forms.prompt_values(request.GET.get("prompt", "")))
    editing = Editing(request, form, key="" if "prompt" in request.GET else "context-party-add")
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: commands.note_party(actor=request.actor, said=form.party()))
    if made is not None:
        messages.success(request, _("Noted. Decide now about each of its needs."))
        return redirect("context-party", made.record_id)
    known = {record.party.name for record in queries.parties(request.actor)}
    prompts = [
        (number, prompt.name, ", ".join(map(str, prompt.needs)))
        for number, prompt in enumerate(forms.PROMPTS)
        if str(prompt.name) not in known
    ]
    return form_page(
        request, editing, _("Note an interested party"), _("Note it"), tab="parties", prompts=prompts,
        prompt_url=reverse("context-party-add"),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: MemberRequest, party_id: str) -> HttpResponse:
    """Change name or needs of a party from the version that the editor saw."""
    permit(request.actor, "write", AREA)
    record = queries.party(request.actor, party_id)
    form = forms.PartyForm(asking.posted(request), initial=forms.party_values(record.party))
    editing = Editing(request, form, key=f"context-party/{party_id}", version=record.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.change_party(actor=request.actor, said=form.party(party_id), expected_version=editing.seen)
    )
    if made is not None:
        messages.success(request, _("Changed. New needs are to be decided."))
        return redirect("context-party", party_id)
    return form_page(request, editing, record.party.name, _("Save"), tab="parties")


@require_http_methods(["GET", "HEAD", "POST"])
def need(request: MemberRequest, party_id: str, number: int) -> HttpResponse:
    """Decide about one need, and say where it is answered."""
    permit(request.actor, "write", AREA)
    record = queries.party(request.actor, party_id)
    if not 1 <= number <= len(record.party.needs):
        raise queries.ContextUnknown(
            sentence.gettext("{name} has no need {number}.", name=record.party.name, number=number),
            sentence.gettext("Choose one of its page."),
        )
    chosen = record.party.needs[number - 1]
    form = forms.NeedForm(asking.posted(request), requirements=_requirements(), initial=forms.need_values(chosen))
    editing = Editing(request, form, version=record.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.decide_need(
            actor=request.actor,
            party_id=party_id,
            place=number - 1,
            need=form.need(chosen.text),
            expected_version=editing.seen,
        )
    )
    if made is not None:
        after = queries.party(request.actor, party_id).party
        following = next((n for n, item in enumerate(after.needs, 1) if item.decision == "open" and n > number), None)
        messages.success(request, _("Decided."))
        return redirect("context-need", party_id, following) if following else redirect("context-party", party_id)
    return form_page(
        request, editing, chosen.text, _("Decide"), tab="parties", of=record.party,
        of_url=reverse("context-party", args=[party_id]),
        lead=f"{record.party.name}, {number}/{len(record.party.needs)}",
    )  # fmt: skip


@require_POST
def end(request: MemberRequest, party_id: str) -> HttpResponse:
    """End a party."""
    reason = request.POST.get("reason", "")
    commands.end_party(actor=request.actor, party_id=party_id, reason=reason, expected_version=seen(request))
    messages.success(request, _("Ended. It stays in the log."))
    return redirect("context-parties")


@require_POST
def review(request: MemberRequest) -> HttpResponse:
    """Propose what was decided about the needs, as it stands now."""
    commands.review_parties(actor=request.actor)
    messages.success(request, _("Proposed. It counts once a second person approved it."))
    return redirect("context-parties")


@require_POST
def trace(request: MemberRequest) -> HttpResponse:
    """Record where the needs that were taken on are answered."""
    commands.trace_needs(actor=request.actor)
    messages.success(request, _("Recorded."))
    return redirect("context-parties")


def _requirements() -> list[tuple[str, str]]:
    known = set(requirement_ids())
    return [
        (item.id, f"{item.id} {_(item.title)}") for item in load().frameworks[HOME].requirements if item.id in known
    ]
