"""Pages of the versions of the statement: issue, read, compare, approve, and leave as a paper."""

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clerestory.desk.actor import Actor
from clerestory.desk.approval import standings
from clerestory.desk.document import organisation_name, paper_response
from clerestory.desk.people import member_names
from clerestory.desk.permit import may
from clerestory.desk.request import MemberRequest
from clerestory.registers.applicability import commands, queries
from clerestory.registers.applicability.rules import Line, annex_titles
from clerestory.registers.applicability.views.paper import Shown, difference_paper, statement_paper
from clerestory.store import clock
from clerestory.store.directory import labelled

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
    undecided = [row.control for row in queries.annex(actor) if row.newest is None]
    words = {
        "rows": [(record, stand.get(record.entry_id), record.version - 1) for record in found],
        "undecided": undecided,
        "names": member_names(actor),
        "may_write": may(actor, "write", AREA),
    }
    return render(request, "applicability/versions.html", words)


@require_safe
def version(request: MemberRequest, number: int) -> HttpResponse:
    """Show one version of the statement as it stood, with where its evidence stands now; or as a paper."""
    actor = request.actor
    record = queries.statement_version(actor, number)
    shown = _shown(actor, record)
    standing = standings(actor, [record.entry_id])[record.entry_id]
    if form := request.GET.get("export"):
        made = statement_paper(actor, record, standing, shown, organisation=organisation_name(request))
        return paper_response(request, made, form, f"statement-of-applicability-{number}")
    words = {
        "record": record,
        "standing": standing,
        "may_sign": standing.can_approve(actor),
        "lines": [
            (line, _title(shown.titles, line), shown.status.get(line.control), labelled(shown.known, line.behind))
            for line in record.lines
        ],
        "at": shown.at,
        "names": shown.names,
        "before": number - 1,
    }
    return render(request, "applicability/version.html", words)


@require_safe
def difference(request: MemberRequest, number: int, before: int) -> HttpResponse:
    """Compare two versions of the statement, control by control; or write that as a paper."""
    actor = request.actor
    made = queries.statement_difference(actor, before, number, now=clock.now())
    if form := request.GET.get("export"):
        paper = difference_paper(made, _named(actor, made), organisation=organisation_name(request))
        return paper_response(request, paper, form, f"statement-of-applicability-{before}-{number}")
    known = _named(actor, made)
    everything = "all" in request.GET
    words = {
        "made": made,
        "rows": [
            (row, labelled(known, row.added), labelled(known, row.removed))
            for row in made.rows
            if everything or row.is_decided_anew or row.has_moved
        ],
        "everything": everything,
        "anew": sum(row.is_decided_anew for row in made.rows),
        "moved": sum(row.has_moved for row in made.rows),
        "others": [record for record in queries.statement_versions(actor) if record.version != number],
    }
    return render(request, "applicability/difference.html", words)


@require_POST
def approve_version(request: MemberRequest, number: int) -> HttpResponse:
    """Approve one version of the statement with every decision in it."""
    commands.approve_statement(actor=request.actor, version=number)
    messages.success(request, _("Approved, with every decision in it. It counts from now on."))
    return redirect("applicability-version", number)


def _shown(actor: Actor, record: queries.StatementVersion) -> Shown:
    """Return what a version is shown with: names, titles, records and where the evidence of each control stands now."""
    now = clock.now()
    return Shown(
        at=now,
        titles={control: _(title) for control, title in annex_titles().items()},
        names=member_names(actor),
        known=queries.named(actor, (pair for line in record.lines for pair in line.behind)),
        status=queries.implementations(actor, record.own, at=now, live=True),
    )


def _named(actor: Actor, made: queries.StatementDifference) -> Mapping[tuple[str, str], queries.KnownRecord]:
    return queries.named(actor, (pair for row in made.rows for pair in (*row.added, *row.removed)))


def _title(titles: Mapping[str, str], line: Line) -> str:
    return line.own_title or titles[line.control]
