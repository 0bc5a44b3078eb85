"""Pages of concerns. Those of the channel never look at who is signed in, and keep nothing but the words."""

from contextlib import suppress

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clerestory.catalogue.load import load
from clerestory.desk import request as asking
from clerestory.desk.actor import Actor
from clerestory.desk.day import today_of
from clerestory.desk.forms import Editing, attempt
from clerestory.desk.lists import Empty, list_page, page_of, show_list
from clerestory.desk.people import itself, member_choices, member_names
from clerestory.desk.permit import may, permit
from clerestory.desk.request import MemberRequest
from clerestory.desk.sent import ONCE, take_form
from clerestory.registers.incidents import commands, forms, queries
from clerestory.registers.incidents.queries import AREA
from clerestory.registers.incidents.rules import TRIAL_DAYS
from clerestory.store.unit.once import SentBefore
from clerestory.terms.ids import OrganisationId


@require_safe
def procedure(request: MemberRequest) -> HttpResponse:
    """Show how people speak up, at which address, how many did, and whether the channel was tried."""
    actor = request.actor
    found = queries.procedures(actor)
    in_force = queries.procedure_in_force(actor, found)
    address = queries.channel_address(actor)
    words = {
        "shown": in_force or next(iter(found), None),
        "in_force": in_force,
        "versions": [(one, one.standing is not None and one.standing.can_approve(actor)) for one in found],
        "address": None if address is None else request.build_absolute_uri(f"/incidents/speak-up/{address}/"),
        "counts": queries.concern_counts(actor, today_of(actor)),
        "trials": queries.trials(actor),
        "trial_days": TRIAL_DAYS,
        "safeguards": forms.SAFEGUARD_WORDS,
        "names": member_names(actor),
        "may_write": may(actor, "write", AREA),
        "is_receiver": queries.is_receiver(actor, found),
    }
    return render(request, "incidents/procedure.html", words)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: MemberRequest) -> HttpResponse:
    """Propose how people speak up, from the version that the editor saw."""
    actor = request.actor
    permit(actor, "write", AREA)
    newest = next(iter(queries.procedures(actor)), None)
    known = load().coverages["concern_safeguards"].items
    form = forms.ProcedureForm(
        asking.posted(request),
        people=member_choices(actor),
        initial=forms.procedure_values(newest.procedure if newest else None, known),
    )
    editing = Editing(request, form, key="incidents-procedure", version=newest.version if newest else 0)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.propose_procedure(actor=actor, procedure=form.procedure(), expected_version=editing.seen)
    )
    if made is not None:
        messages.success(request, _("Proposed. It counts once a second person approved it."))
        return redirect("incidents")
    return render(request, "incidents/form.html", {"form": form, "editing": editing}, status=editing.status)


@require_POST
def approve(request: MemberRequest, entry_id: str) -> HttpResponse:
    """Approve a version of the procedure."""
    return asking.approved(request, entry_id)


@require_POST
def begin_trial(request: MemberRequest) -> HttpResponse:
    """Begin a trial of the channel."""
    commands.begin_trial(actor=request.actor)
    messages.success(request, _("Send a message that holds the words of the trial."))
    return redirect("incidents")


@require_POST
def end_trial(request: MemberRequest, number: int) -> HttpResponse:
    """Say that the message of a trial came, or that it did not."""
    said = request.POST.get("came_as", "").strip()
    came_as = int(said) if said.isdecimal() and len(said) < 10 else 0  # there is no message 0, and saying so is right
    commands.end_trial(actor=request.actor, number=number, came_as=came_as if said else None)
    messages.success(request, _("Recorded."))
    return redirect("incidents")


@list_page
def concerns(request: MemberRequest) -> HttpResponse:
    """List the concerns, for those who receive them."""
    actor = request.actor
    columns = queries.concern_columns(actor, today_of(actor), member_names(actor))
    return show_list(
        request,
        "incidents/concerns.html",
        columns=columns,
        name="concerns",
        title=_("Concerns"),
        placeholder=_("Concern"),
        fetch=lambda query: page_of(queries.concerns(actor), query, columns),
        empty=Empty(
            _("Nobody spoke up yet"),
            _("Make the address known, and try the channel: silence can mean that nobody found it."),
            "",
            "",
            "bell",
        ),
    )


@require_safe
def concern(request: MemberRequest, number: int) -> HttpResponse:
    """Show a concern with its messages, to a receiver."""
    return _concern(request, number, forms.MessageForm(), forms.OutcomeForm(), 200)


@require_POST
def write(request: MemberRequest, number: int) -> HttpResponse:
    """Write to the sender of a concern."""
    permit(request.actor, "write", AREA)
    form = forms.MessageForm(request.POST)
    editing = Editing(request, form)
    done = editing.attempt(lambda: commands.answer(actor=request.actor, number=number, text=form.cleaned_data["text"]))
    if done is not None:
        messages.success(request, _("Sent. It can be read with the code."))
        return redirect("incidents-concern", number)
    return _concern(request, number, form, forms.OutcomeForm(), 422)


@require_POST
def outcome(request: MemberRequest, number: int) -> HttpResponse:
    """Say what came of a concern."""
    permit(request.actor, "write", AREA)
    form = forms.OutcomeForm(request.POST)
    editing = Editing(request, form)
    done = editing.attempt(lambda: commands.decide_outcome(actor=request.actor, number=number, outcome=form.said()))
    if done is not None:
        messages.success(request, _("Answered."))
        return redirect("incidents-concern", number)
    return _concern(request, number, forms.MessageForm(), form, 422)


@require_POST
def erase(request: MemberRequest, number: int) -> HttpResponse:
    """Destroy what was written about a concern."""
    permit(request.actor, "write", AREA)
    form = forms.ErasureForm(request.POST)
    editing = Editing(request, form)
    erase_words, ground = commands.erase_words, form.data.get("ground", "")
    done = editing.attempt(lambda: erase_words(actor=request.actor, number=number, ground=ground))
    if done is not None:
        messages.success(request, _("Erased. The topic, the days and the outcome stay."))
        return redirect("incidents-concern", number)
    return _concern(request, number, forms.MessageForm(), forms.OutcomeForm(), 422, erasing=form)


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def speak_up(request: HttpRequest, address: str) -> HttpResponse:
    """Take in what somebody has to say, whoever it is, and give them a code to read the answer."""
    sender = _sender(address)
    current = queries.procedure_in_force(sender)
    words = {
        "address": address,
        "organisation": queries.organisation_name(sender),
        "procedure": current.procedure if current else None,
    }
    form = forms.ConcernForm(asking.posted(request))
    own = request.POST.get(ONCE, "")
    speak = commands.speak_up
    done = attempt(form, lambda: speak(actor=sender, said=form.concern(), once=own)) if form.is_bound else None
    if done is not None:
        return render(request, "incidents/received.html", {**words, "received": done})
    return render(request, "incidents/speak_up.html", {**words, "form": form}, status=422 if form.is_bound else 200)


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def read_answer(request: HttpRequest, address: str) -> HttpResponse:
    """Show what was written about a concern to whoever has its code, and take in what they add."""
    sender = _sender(address)
    form = forms.CodeForm(asking.posted(request))
    words: dict[str, object] = {"address": address, "form": form}
    if not form.is_bound:
        return render(request, "incidents/answer.html", words)
    found = attempt(form, lambda: _opened(request, sender, form))
    if found is not None:  # what was added stands among the messages now, and no longer in the form
        words["form"] = forms.CodeForm(initial={"code": form.cleaned_data["code"]})
    return render(request, "incidents/answer.html", {**words, "concern": found}, status=200 if found else 422)


def _opened(request: HttpRequest, sender: Actor, form: forms.CodeForm) -> queries.ConcernRecord:
    code, text = form.cleaned_data["code"], form.cleaned_data["text"].replace("\r\n", "\n").strip()
    with suppress(SentBefore):  # the page loaded again, or a double click: it stands there already
        if text:
            take_form(request, sender)
            commands.write_again(actor=sender, code=code, text=text)
    return queries.concern_by_code(sender, code)


def _sender(address: str) -> Actor:
    """Return the product itself in whose name a message is taken in; who is signed in is never asked."""
    organisation_id, _dash, secret = address.rpartition("-")
    sender = itself(OrganisationId(organisation_id))
    if not queries.is_channel(sender, secret):
        raise Http404
    return sender


def _concern(
    request: MemberRequest,
    number: int,
    writing: forms.MessageForm,
    deciding: forms.OutcomeForm,
    status: int,
    erasing: forms.ErasureForm | None = None,
) -> HttpResponse:
    actor = request.actor
    words = {
        "concern": queries.concern(actor, number),
        "writing": writing,
        "deciding": deciding,
        "erasing": erasing or forms.ErasureForm(),
        "topics": forms.TOPIC_WORDS,
        "names": member_names(actor),
        "today": today_of(actor),
        "may_write": may(actor, "write", AREA),
    }
    return render(request, "incidents/concern.html", words, status=status)
