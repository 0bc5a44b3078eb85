"""The page of thanks to people who raised a risk early."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clerestory.desk import request as asking
from clerestory.desk.forms import Editing
from clerestory.desk.people import member_choices, member_names
from clerestory.desk.permit import may, permit
from clerestory.desk.request import MemberRequest
from clerestory.registers.roles import commands
from clerestory.registers.roles.forms import RecognitionForm
from clerestory.registers.roles.queries.matrix import AREA
from clerestory.registers.roles.queries.recognition import recognitions
from clerestory.terms.ids import PersonId


@require_http_methods(["GET", "HEAD", "POST"])
def recognition(request: MemberRequest) -> HttpResponse:
    """Show thanks, and thank somebody."""
    actor = request.actor
    people = [(person, name) for person, name in member_choices(actor) if person != actor.person_id]
    form = RecognitionForm(asking.posted(request), people=people)
    editing = Editing(request, form, key="roles-recognition")
    if request.method == "POST":
        permit(actor, "write", AREA)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.recognise(
            actor=actor, person=PersonId(form.cleaned_data["person"]), what=form.cleaned_data["what"]
        )
    )
    if made is not None:
        messages.success(request, _("Recorded. The person was told, and says whether to be named."))
        return redirect("roles-recognition")
    words = {
        "form": form,
        "editing": editing,
        "thanks": recognitions(actor),
        "names": member_names(actor),
        "may_write": may(actor, "write", AREA),
    }
    return render(request, "roles/recognition.html", words, status=editing.status)


@require_POST
def name_me(request: MemberRequest, number: int) -> HttpResponse:
    """Choose whether to be named."""
    named = request.POST.get("named") == "yes"
    commands.choose_to_be_named(actor=request.actor, number=number, named=named)
    messages.success(request, _("You are named.") if named else _("You are not named."))
    return redirect("roles-recognition")
