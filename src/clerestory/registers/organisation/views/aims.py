"""Pages of the management system as a whole: its picture, the processes to begin with, what is shared with others."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods, require_safe

from clerestory.desk.day import today_of
from clerestory.desk.forms import Editing
from clerestory.desk.lists import Empty, list_page, page_of, show_list
from clerestory.desk.people import member_choices, member_names
from clerestory.desk.permit import may, permit
from clerestory.desk.request import MemberRequest
from clerestory.registers.organisation import commands, forms, queries
from clerestory.registers.organisation.queries import AREA
from clerestory.registers.organisation.queries.aims import CROSSING_COLUMNS, clauses


@require_safe
def aims_picture(request: MemberRequest) -> HttpResponse:
    """Show how the processes act together, as a picture and in words."""
    words = {
        "drawn": queries.picture(request.actor),
        "names": member_names(request.actor),
        "intervals": dict(forms.INTERVALS),
        "usual_left": queries.usual_left(request.actor),
        "may_write": may(request.actor, "write", AREA),
    }
    return render(request, "organisation/picture.html", words)


@require_http_methods(["GET", "HEAD", "POST"])
def usual(request: MemberRequest) -> HttpResponse:
    """Register several of the usual processes at once."""
    actor = request.actor
    permit(actor, "write", AREA)
    left = queries.usual_left(actor)
    form = forms.UsualForm(
        request.POST or None, people=member_choices(actor), left=left,
        initial={
            "process_ids": [name for name, _word in left],
            "owner": actor.person_id,
            "first_run_on": today_of(actor),
        },
    )  # fmt: skip
    editing = Editing(request, form, key="organisation-usual")
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: commands.begin_with_usual_processes(actor=actor, **form.cleaned_data))
    if made is not None:
        message = ngettext("%(n)s process is registered.", "%(n)s processes are registered.", len(made))
        messages.success(request, message % {"n": len(made)})
        return redirect("organisation-picture")
    words = {"form": form, "editing": editing, "heading": _("Begin with the usual processes"), "label": _("Register")}
    return render(request, "organisation/form.html", words, status=editing.status)


@list_page
def integration(request: MemberRequest) -> HttpResponse:
    """List the clauses that other management systems ask for as well, and what is used for both."""
    rows = queries.crossings(request.actor)
    may_write = may(request.actor, "write", AREA)
    return show_list(
        request,
        "organisation/integration.html",
        columns=CROSSING_COLUMNS,
        name="integration",
        title=_("Other management systems"),
        placeholder=_("Clause or document"),
        fetch=lambda query: page_of(rows, query, CROSSING_COLUMNS),
        empty=Empty(
            _("Nothing is shared"), _("Say which part of another system is used here as well."), picture="place"
        ),
        extra={
            "may_write": may_write,
            "names": member_names(request.actor),
            "shared": sum(bool(row.parts) for row in rows),
            "clauses": len(rows),
            "share_url": reverse("organisation-share"),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def share(request: MemberRequest) -> HttpResponse:
    """Record a part that is shared with another management system."""
    actor = request.actor
    permit(actor, "write", AREA)
    begin = {name: request.GET.get(name, "") for name in ("other", "requirement", "other_clause")}
    form = forms.SharedForm(
        request.POST or None, clauses=clauses(), initial=begin,
        processes=[(process.process_id, process.name) for process in queries.every_process(actor)],
    )  # fmt: skip
    editing = Editing(request, form, key="organisation-share")
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: commands.share_part(actor=actor, shared=form.shared()))
    if made is not None:
        messages.success(request, _("Recorded."))
        return redirect("organisation-integration")
    words = {
        "form": form,
        "editing": editing,
        "heading": _("A part that is shared"),
        "label": pgettext("verb", "Record"),
    }
    return render(request, "organisation/form.html", words, status=editing.status)
