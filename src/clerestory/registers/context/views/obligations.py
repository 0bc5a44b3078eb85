"""Pages of obligations and of their comparison with the law."""

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clerestory.desk import request as asking
from clerestory.desk.actor import Actor
from clerestory.desk.approval import stood
from clerestory.desk.day import today_of
from clerestory.desk.forms import Editing, offer
from clerestory.desk.lists import Empty, list_page, page_of, show_list
from clerestory.desk.people import member_choices, member_names
from clerestory.desk.permit import may, permit
from clerestory.desk.record import record_parts, shows_details
from clerestory.desk.request import MemberRequest
from clerestory.registers.context import commands, queries
from clerestory.registers.context.forms import obligation as forms
from clerestory.registers.context.queries.obligation import SOURCES, STANDINGS
from clerestory.registers.context.views.asked import AREA, form_page, seen, shown
from clerestory.store import directory


@list_page
def obligations(request: MemberRequest) -> HttpResponse:
    """List what binds the organisation."""
    actor = request.actor
    may_write = may(actor, "write", AREA)
    names = member_names(actor)
    columns = queries.obligation_columns(actor, names, today_of(actor))
    return show_list(
        request,
        "context/obligations.html",
        columns=columns,
        name="context-obligations",
        title=_("Obligations"),
        placeholder=_("Obligation or where it stands written"),
        fetch=lambda query: page_of(queries.obligations(actor), query, columns),
        empty=Empty(
            _("No obligation yet"),
            _("Note law, contracts and own commitments that bind what we do with AI."),
            reverse("context-obligation-add") if may_write else "",
            _("Note the first"),
            "flag",
        ),
        extra={
            "may_write": may_write,
            "reviews": stood(actor, queries.law_reviews(actor)[:1]),
            "jurisdictions": queries.profile(actor).jurisdictions,
            "names": names,
        },
    )


@require_safe
def obligation(request: MemberRequest, obligation_id: str) -> HttpResponse:
    """Show an obligation and what every record has."""
    actor = request.actor
    record = queries.obligation(actor, obligation_id)
    url = reverse("context-obligation", args=[obligation_id])
    words: dict[str, object] = {
        "record": record,
        "obligation": record.obligation,
        "sources": SOURCES,
        "state": STANDINGS[record.standing(today_of(actor))],
        "may_write": may(actor, "write", AREA) and record.ended_at is None,
        **record_parts(request, shown("obligation", obligation_id, record.obligation.title, url)),
    }
    if shows_details(request):
        named = directory.find(actor.organisation_id, "ai_system", record.obligation.systems)
        labels = {one.id: one.label for one in named}
        words |= {
            "systems": [(system_id, labels.get(system_id, system_id)) for system_id in record.obligation.systems],
            "names": member_names(actor),
        }
    return render(request, "context/obligation.html", words)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: MemberRequest) -> HttpResponse:
    """Note an obligation, from scratch or from an article of the law that we hold."""
    actor = request.actor
    permit(actor, "write", AREA)
    places = queries.profile(actor).jurisdictions
    taken = forms.article_values(request.GET.get("article", ""), places)
    form = _form(request, actor, places, {"owner": actor.person_id, **taken})
    editing = Editing(request, form, key="" if taken else "context-obligation-add")
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: commands.note_obligation(actor=actor, said=form.obligation()))
    if made is not None:
        messages.success(request, _("Noted."))
        return redirect("context-obligation", made.record_id)
    return form_page(
        request,
        editing,
        _("Note an obligation"),
        _("Note it"),
        tab="obligations",
        articles=forms.articles(),
        without_place=not places,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: MemberRequest, obligation_id: str) -> HttpResponse:
    """Change an obligation from the version that the editor saw."""
    actor = request.actor
    permit(actor, "write", AREA)
    record = queries.obligation(actor, obligation_id)
    form = _form(request, actor, queries.profile(actor).jurisdictions, forms.obligation_values(record.obligation))
    editing = Editing(request, form, key=f"context-obligation/{obligation_id}", version=record.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.change_obligation(
            actor=actor, said=form.obligation(obligation_id), expected_version=editing.seen
        )
    )
    if made is not None:
        messages.success(request, _("Changed. What rests on the law as it was is to be looked at anew."))
        return redirect("context-obligation", obligation_id)
    return form_page(request, editing, record.obligation.title, _("Save"), tab="obligations")


@require_POST
def end(request: MemberRequest, obligation_id: str) -> HttpResponse:
    """End an obligation."""
    reason = request.POST.get("reason", "")
    commands.end_obligation(
        actor=request.actor, obligation_id=obligation_id, reason=reason, expected_version=seen(request)
    )
    messages.success(request, _("Ended. It stays in the log."))
    return redirect("context-obligations")


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: MemberRequest) -> HttpResponse:
    """Propose that the obligations were compared with the law."""
    actor = request.actor
    permit(actor, "write", AREA)
    places = queries.profile(actor).jurisdictions
    form = forms.LawReviewForm(
        asking.posted(request), jurisdictions=places, initial={"law_as_of": today_of(actor), "jurisdictions": places}
    )
    editing = Editing(request, form)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.review_law(
            actor=actor,
            jurisdictions=tuple(form.cleaned_data["jurisdictions"]),
            law_as_of=form.cleaned_data["law_as_of"],
        )
    )
    if made is not None:
        messages.success(request, _("Proposed. It counts once a second person approved it."))
        return redirect("context-obligations")
    return form_page(
        request, editing, _("Compare the obligations with the law"), _("Propose"), tab="obligations",
        lead=_("Not legal advice: the dates of laws that we hold have a source, and a lawyer decides what binds you."),
    )  # fmt: skip


def _form(
    request: MemberRequest, actor: Actor, jurisdictions: Iterable[str], initial: dict[str, object]
) -> forms.ObligationForm:
    return forms.ObligationForm(
        asking.posted(request),
        jurisdictions=jurisdictions,
        people=member_choices(actor),
        systems=offer(actor),
        initial=initial,
    )
