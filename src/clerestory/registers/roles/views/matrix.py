"""Pages of who answers for which work, and of what people who left still hold."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clerestory.desk.forms import Editing
from clerestory.desk.lists import Empty, list_page, page_of, show_list
from clerestory.desk.people import member_choices
from clerestory.desk.permit import may, permit
from clerestory.desk.request import MemberRequest
from clerestory.registers.roles import commands, forms, queries
from clerestory.registers.roles.queries.matrix import AREA, matrix_columns
from clerestory.registers.roles.rules import Work, overloaded_from
from clerestory.terms.ids import PersonId


@list_page
def matrix(request: MemberRequest) -> HttpResponse:
    """Show who is accountable, responsible, consulted and informed for which work, with gaps and loads."""
    actor = request.actor
    known = queries.answering(actor)
    names: dict[str, str] = {member.person_id: member.name for member in known.everybody}
    rows = queries.matrix(actor, known)
    loads = queries.matrix_loads(actor, rows)
    named = {person for row in rows for person in row.line.letters}
    people = sorted(named, key=lambda person: names.get(person, person))
    may_write = may(actor, "write", AREA)
    columns = matrix_columns(actor, names, people)
    return show_list(
        request,
        "roles/matrix.html",
        columns=columns,
        name="raci",
        title=_("Who answers for what"),
        placeholder=_("Work"),
        fetch=lambda query: page_of(rows, query, columns),
        empty=Empty(
            _("No work yet"),
            _("Register processes under Organisation, and define roles with their duties; they are the lines here."),
            reverse("roles-add") if may_write else "",
            _("Define a role"),
            picture="people",
        ),
        extra={
            "may_write": may_write,
            "open_gaps": sum(bool(row.gaps) for row in rows),
            "lines": len(rows),
            "loads": loads[:10],
            "names": names,
            "limit": overloaded_from(load.work for load in loads),
            "left": len(queries.leavers(actor, known)),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def line(request: MemberRequest, work_kind: str, work_id: str) -> HttpResponse:
    """Decide one line of the matrix from the version that the editor saw."""
    actor = request.actor
    permit(actor, "write", AREA)
    row = queries.matrix_line(actor, Work(work_kind, work_id))
    form = forms.LineForm(request.POST or None, people=member_choices(actor), initial=forms.line_values(row.line))
    editing = Editing(request, form, key=f"roles-line/{work_kind}/{work_id}", version=row.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.decide_line(
            actor=actor, work=row.line.work, letters=form.letters(), expected_version=editing.seen
        )
    )
    if made is not None:
        messages.success(request, _("Decided."))
        return redirect("roles-matrix")
    words = {"form": form, "editing": editing, "heading": row.label, "label": _("Decide")}
    return render(request, "roles/form.html", words, status=editing.status)


@require_safe
def leavers(request: MemberRequest) -> HttpResponse:
    """Show who left and still holds something, and the way to hand it over."""
    words = {
        "leavers": queries.leavers(request.actor),
        "people": member_choices(request.actor),
        "may_write": may(request.actor, "write", AREA),
    }
    return render(request, "roles/leavers.html", words)


@require_POST
def hand_over(request: MemberRequest, person_id: str) -> HttpResponse:
    """Hand over what somebody who left still holds in this register."""
    made = commands.hand_over(
        actor=request.actor, leaver=PersonId(person_id), successor=PersonId(request.POST.get("successor", ""))
    )
    told = _(
        "Handed over: %(roles)s roles, %(lines)s lines, duties around %(systems)s systems. Roles wait for approval."
    )
    messages.success(request, told % {"roles": made.roles, "lines": made.lines, "systems": made.systems})
    return redirect("roles-leavers")
