"""Pages of controls and exceptions. They translate between forms and commands and hold no rule."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import groupby

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from clerestory.catalogue.load import load
from clerestory.desk import request as asking
from clerestory.desk.actor import Actor
from clerestory.desk.approval import Standing, standings
from clerestory.desk.day import today_of
from clerestory.desk.forms import Editing, attempt
from clerestory.desk.lists import Column, Empty, list_page, page_of, show_list, takes_step
from clerestory.desk.lists.standing import STATES, state_of
from clerestory.desk.people import member_names, names_and_approvers
from clerestory.desk.permit import may, permit
from clerestory.desk.record import record_parts
from clerestory.desk.request import MemberRequest
from clerestory.desk.version import ChangedMeanwhile
from clerestory.registers.applicability import commands, forms, queries
from clerestory.registers.applicability.rules import ApplicabilityRefused, Decision, own_number
from clerestory.registers.applicability.views.own import own_page, shown_control
from clerestory.store import clock
from clerestory.store.directory import labelled
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId, RequirementId
from clerestory.terms.text import TextUnusable

AREA = "applicability"
"""So many obligations a form offers; others are named by hand."""
_Excepted = tuple[queries.ExceptionRecord, Standing | None, bool]


@list_page
def statement(request: MemberRequest) -> HttpResponse:
    """Show the Statement of Applicability: all controls, undecided ones included."""
    rows = queries.standing_rows(request.actor)
    return show_list(
        request,
        "applicability/statement.html",
        columns=queries.STATEMENT_COLUMNS,
        name="statement-of-applicability",
        title=_("Statement of Applicability"),
        placeholder=_("Control, title or reason"),
        size=50,
        fetch=lambda query: page_of(rows, query, queries.STATEMENT_COLUMNS),
        extra={
            "may_write": may(request.actor, "write", AREA),
            "decided": sum(row.row.newest is not None for row in rows),
            "all": len(rows),
            "waiting": any(row.standing is not None and row.standing.is_open for row in rows),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def control(request: MemberRequest, control_id: str) -> HttpResponse:
    """Show the decisions on one control; decide anew. An own control has a page of its own at the same address."""
    if own_number(control_id):
        return own_page(request, control_id)
    actor = request.actor
    row, versions = queries.control_decided(actor, control_id)
    shown = record_parts(request, shown_control(control_id, row.title))
    if request.method != "POST" and shown["parts"].tab != "details":
        return render(request, "applicability/control.html", {"row": row, **shown})
    around = queries.around(actor, control_id, (pair for record in versions for pair in record.decision.behind))
    initial = (
        forms.decision_values(None, around.called)
        if row.newest is None
        else forms.decision_values(row.newest.decision, around.offered)
    )
    form = forms.DecisionForm(asking.posted(request), known=around.offered, initial=initial)
    newest = 0 if row.newest is None else row.newest.version
    editing = Editing(request, form, key=f"applicability-control/{control_id}", version=newest)
    if request.method == "POST":
        permit(actor, "write", AREA)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.decide_applicability(
            actor=actor,
            decision=form.decision(RequirementId(control_id), partial(queries.sought, actor)),
            expected_version=editing.expected,
        )
    )
    if made is not None:
        messages.success(request, _("Decided. It counts once designated management approved it."))
        return redirect("applicability-control", control_id)
    stand = standings(actor, [record.entry_id for record in versions])
    status = queries.implementations(actor, (), at=clock.now(), live=True).get(control_id)
    names: dict[str, str] = {}
    if versions:
        names, request.approvers = names_and_approvers(actor)
    return render(
        request,
        "applicability/control.html",
        {
            "row": row,
            "form": form,
            "editing": editing,
            "names": names,
            "may_write": may(actor, "write", AREA),
            "status": status,
            "status_word": queries.Implementation.word(status),
            "versions": [
                (record, *_standing(actor, stand, record.entry_id), labelled(around.known, record.decision.behind))
                for record in versions
            ],
            **shown,
        },
        status=editing.status,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def worksheet(request: MemberRequest) -> HttpResponse:
    """Decide on all controls on one page; what was changed is saved, all or nothing."""
    actor = request.actor
    permit(actor, "write", AREA)
    posted, standing = asking.posted(request), queries.annex(actor)
    rows = forms.worksheet(standing, queries.behind(actor), posted, _decided_since(actor, standing, posted))
    problem: ClerestoryError | None = None
    touched = [(row, form) for row, form in rows if form.is_bound and form.has_changed()]
    made = [_decided(actor, row.control, form) for row, form in touched]  # each of them names what it lacks
    changed = [decision for decision in made if decision is not None]
    if request.method == "POST" and len(changed) == len(made) and not any(form.errors for _row, form in rows):
        try:
            seen = {row.control: 0 if row.newest is None else row.newest.version for row in standing}
            commands.decide_many(actor=actor, decisions=changed, expected=seen)
        except (ApplicabilityRefused, ChangedMeanwhile) as error:
            problem = error
        else:
            said = ngettext("%(n)d decision saved.", "%(n)d decisions saved.", len(changed)) % {"n": len(changed)}
            messages.success(request, said)
            return redirect("applicability")
    failed = problem is not None or any(form.errors for _row, form in rows)
    words = {
        "groups": [(key, list(group)) for key, group in groupby(rows, key=lambda pair: pair[0].group)],
        "problem": problem,
        "failed": [row for row, form in rows if form.errors],
        "decided": sum(row.newest is not None for row, _form in rows),
        "all": len(rows),
    }
    return render(request, "applicability/worksheet.html", words, status=422 if failed else 200)


def _decided(actor: Actor, control: RequirementId, form: forms.DecisionForm) -> Decision | None:
    """Return the decision of one row of the sheet; where it could not be made, the row says why."""
    said = attempt(form, lambda: form.decision(control, partial(queries.sought, actor)), {ApplicabilityRefused: "more"})
    if said is None:
        return None
    beside = {ApplicabilityRefused: "justification", TextUnusable: "justification"}
    return attempt(form, lambda: commands.check_decided(actor=actor, decision=said), beside)


def _decided_since(
    actor: Actor, rows: Sequence[queries.StatementRow], sent: QueryDict | None
) -> Mapping[str, Decision | None]:
    """Return what a sheet showed of the controls that somebody decided anew since it was opened."""
    found: dict[str, Decision | None] = {}
    if sent is None:
        return found
    for row in rows:
        seen = forms.seen_of(row, sent)
        if row.newest is not None and seen != row.newest.version:
            versions = {record.version: record.decision for record in queries.decisions(actor, row.control)}
            found[row.control] = versions.get(seen)
    return found


@require_POST
def trace(request: MemberRequest) -> HttpResponse:
    """Follow all decisions back to their grounds."""
    commands.trace_applicability(actor=request.actor)
    messages.success(request, _("Recorded how many decisions lead back to a risk, a law or an impact result."))
    return redirect("applicability")


@require_http_methods(["GET", "HEAD", "POST"])
def exceptions(request: MemberRequest) -> HttpResponse:
    """Show rules that are loosened for a time; propose another."""
    actor = request.actor
    posted = None if takes_step(request) else asking.posted(request)
    form = forms.LooseningForm(
        posted,
        rules=[(rule.name, f"{rule.name}: {_(rule.because)}") for rule in load().rules[queries.FRAMEWORK]],
        initial={"valid_until": today_of(actor) + timedelta(days=90)},
    )
    if posted is not None:
        permit(actor, "write", AREA)
        made = attempt(form, lambda: commands.loosen_rule(actor=actor, loosening=form.loosening()))
        if made is not None:
            messages.success(request, _("Proposed. It counts once designated management approved it."))
            return redirect("applicability-exceptions")
    found = queries.exceptions(actor)
    stand = standings(actor, [record.entry_id for record in found])
    rows = [(record, *_standing(actor, stand, record.entry_id)) for record in found]
    names = member_names(actor)
    columns = _exception_columns(names, today_of(actor))
    answer = show_list(
        request,
        "applicability/exceptions.html",
        columns=columns,
        name="exceptions",
        title=_("Exceptions"),
        placeholder=_("Rule or reason"),
        path=reverse("applicability-exceptions"),
        fetch=lambda query: page_of(rows, query, columns),
        empty=Empty(_("No rule is loosened"), picture="scope"),
        extra={"form": form, "names": names, "may_write": may(actor, "write", AREA)},
    )
    answer.status_code = 422 if form.errors else answer.status_code
    return answer


@require_POST
def approve(request: MemberRequest, entry_id: str) -> HttpResponse:
    """Approve a decision or an exception."""
    return asking.approved(request, entry_id)


def _exception_columns(names: Mapping[str, str], on: date) -> tuple[Column, ...]:
    """Return the columns of loosened rules; a row is the record, where it stands and whether the reader may sign."""

    def owner(row: _Excepted) -> str:
        return names.get(row[0].owner, row[0].owner)

    return (
        Column(
            name="rule",
            label=_("Rule"),
            searched=True,
            kind="link",
            value=lambda row: row[0].loosening.rule,
            url=lambda row: reverse("evidence-entry", args=[row[0].entry_id]),
        ),
        Column(
            name="reason",
            label=_("Reason"),
            searched=True,
            sortable=False,
            value=lambda row: row[0].loosening.justification,
        ),
        Column(name="subject", label=_("About"), sortable=False, optional=True, value=lambda row: row[0].subject),
        Column(name="owner", label=_("Owner"), kind="person", searched=True, value=owner),
        Column(
            name="until",
            label=_("Until"),
            kind="day",
            value=lambda row: row[0].loosening.valid_until,
            note=lambda row: _("over") if row[0].is_over(on) else "",
        ),
        Column(
            name="state",
            label=_("Approval"),
            listed=False,
            filtered=True,
            options=STATES,
            value=lambda row: state_of(row[1]),
        ),
        Column(
            name="approval",
            label=_("Approval"),
            kind="part",
            part="applicability/stand.html",
            sortable=False,
            exported=False,
        ),
    )


def _standing(actor: Actor, stand: Mapping[EntryId, Standing], entry_id: EntryId) -> tuple[Standing | None, bool]:
    standing = stand.get(entry_id)
    return standing, standing is not None and standing.can_approve(actor)
