"""Pages of the versions of the statement: issue, read, approve, and leave as a paper."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clerestory.desk.approval import standings
from clerestory.desk.document import organisation_name, paper_response
from clerestory.desk.people import members
from clerestory.desk.permit import may
from clerestory.desk.request import MemberRequest
from clerestory.registers.applicability import commands, queries
from clerestory.registers.applicability.views.paper import statement_paper

AREA = "applicability"


@require_http_methods(["GET", "HEAD", "POST"])
def versions(request: MemberRequest) -> HttpResponse:
    """Show all versions of the statement; issue the next one."""
    actor = request.actor
    if request.method == "POST":
        made = commands.issue_statement(actor=actor)
        messages.success(request, _("Issued. It counts once designated management approved it."))
        return redirect("applicability-version", made.version)
    found = queries.statement_versions(actor)
    stand = standings(actor, [record.entry_id for record in found])
    undecided = [row.control for row in queries.statement(actor) if row.newest is None]
    names = {str(member.person_id): member.name for member in members(actor, past=True)}
    words = {
        "rows": [(record, stand.get(record.entry_id)) for record in found],
        "undecided": undecided,
        "names": names,
        "may_write": may(actor, "write", AREA),
    }
    return render(request, "applicability/versions.html", words)


@require_safe
def version(request: MemberRequest, number: int) -> HttpResponse:
    """Show one version of the statement as it stood, or write it as a paper (``?export=pdf``)."""
    actor = request.actor
    record = queries.statement_version(actor, number)
    names = {str(member.person_id): member.name for member in members(actor, past=True)}
    titles = {row.control: row.title for row in queries.statement(actor)}
    standing = standings(actor, [record.entry_id])[record.entry_id]
    words = {
        "record": record,
        "standing": standing,
        "may_sign": standing.can_approve(actor),
        "lines": [(line, titles[line.control]) for line in record.lines],
        "names": names,
    }
    if form := request.GET.get("export"):
        made = statement_paper(actor, record, standing, titles, names, organisation=organisation_name(request))
        return paper_response(request, made, form, f"statement-of-applicability-{number}")
    return render(request, "applicability/version.html", words)


@require_POST
def approve_version(request: MemberRequest, number: int) -> HttpResponse:
    """Approve one version of the statement with every decision in it."""
    commands.approve_statement(actor=request.actor, version=number)
    messages.success(request, _("Approved, with every decision in it. It counts from now on."))
    return redirect("applicability-version", number)
