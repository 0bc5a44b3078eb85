"""The one page on which an ordinary use is described; one that turns out to be more is asked the rest part by part."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clerestory.desk import request as asking
from clerestory.desk.forms import Editing, say_known
from clerestory.desk.permit import permit
from clerestory.desk.request import MemberRequest
from clerestory.registers.impact import commands, queries
from clerestory.registers.impact.commands.assessment import known_answers
from clerestory.registers.impact.forms import assessment as forms
from clerestory.registers.impact.queries import words
from clerestory.registers.impact.rules.question import PARTS
from clerestory.registers.impact.views.asked import AREA, form_page, known_from


@require_http_methods(["GET", "HEAD", "POST"])
def short(request: MemberRequest, system_id: str) -> HttpResponse:
    """Say what the use touches and answer what every use is asked, with what is known filled in."""
    actor = request.actor
    permit(actor, "write", AREA)
    found = queries.assessed(actor, system_id)
    written = known_answers(found) if found.draft is None else dict(found.assessment.answers)
    form = forms.ShortForm(
        asking.posted(request),
        thresholds=found.in_force.thresholds,
        initial={**written, **forms.use_values(found.assessment, found.known.use_areas)},
    )
    say_known(form, known_from(found))
    version = 0 if found.draft is None else found.draft.version
    editing = Editing(request, form, key=f"impact/{system_id}/short", version=version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.answer_in_short(
            actor=actor, system_id=system_id, marks=tuple(form.cleaned_data["marks"]),
            reason=form.cleaned_data["reason"], answers=form.answers(), expected_version=editing.expected,
        )
    )  # fmt: skip
    if made is not None:
        depth = queries.assessed(actor, system_id).depth
        told = _("Saved. By the thresholds this use is %(weight)s.") % {"weight": words.WEIGHTS[str(depth.weight)]}
        messages.success(request, told)
        return redirect("impact-part", system_id, PARTS[0]) if depth.deep else redirect("impact-effects", system_id)
    return form_page(
        request, editing, _("The use and its questions"), _("Save and go on"), found,
        lead=_("All that an ordinary use is asked. What is known is filled in; what is left empty stays open."),
    )  # fmt: skip
