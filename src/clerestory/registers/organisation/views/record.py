"""Pages of the organisation. They translate between forms and commands and hold no rule."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from django import forms as django_forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clerestory.desk import request as asking
from clerestory.desk.actor import Actor
from clerestory.desk.approval import Standing, standings
from clerestory.desk.day import today_of
from clerestory.desk.forms import Editing
from clerestory.desk.lists import Empty, ListQuery, Page, list_page, show_list
from clerestory.desk.people import member_choices, member_names
from clerestory.desk.permit import may, permit
from clerestory.desk.record import Record, record_parts
from clerestory.desk.request import MemberRequest
from clerestory.registers.organisation import commands, forms, queries
from clerestory.registers.organisation.facts import AIMS_CHANGE
from clerestory.registers.organisation.rules import described, planned_runs
from clerestory.store import clock
from clerestory.terms.evidence import Content, Subject
from clerestory.terms.ids import EntryId

AREA = "organisation"


@require_safe
def profile(request: MemberRequest) -> HttpResponse:
    """Show the organisation with its history."""
    record = queries.organisation(request.actor)
    number, subject = record.organisation_id, Subject("organisation", record.organisation_id)
    words = {
        "record": record,
        "profile": record.profile,
        "may_administer": may(request.actor, "administer", AREA),
    }
    shown = Record(
        "organisation", number, record.profile.name, reverse("organisation"), subject, f"organisation/{number}"
    )
    return render(request, "organisation/organisation.html", {**words, **record_parts(request, shown)})


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: MemberRequest) -> HttpResponse:
    """Change the profile from the version that the editor saw."""
    permit(request.actor, "administer", AREA)
    record = queries.organisation(request.actor)
    form = forms.ProfileForm(request.POST or None, initial=forms.profile_values(record.profile))
    editing = Editing(request, form, key="organisation-edit", version=record.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.change_organisation(actor=request.actor, profile=form.profile(), expected_version=editing.seen)
    )
    if made is not None:
        messages.success(request, _("Changed. The change is an entry of the log."))
        return redirect("organisation")
    return _form(request, editing, record.profile.name, _("Save"))


@list_page
def processes(request: MemberRequest) -> HttpResponse:
    """List the processes."""
    may_write = may(request.actor, "write", AREA)
    people = tuple(member_choices(request.actor))
    told = {"owner": people, "interval": forms.INTERVALS}
    return show_list(
        request,
        "organisation/processes.html",
        columns=[replace(column, options=told.get(column.name, column.options)) for column in queries.PROCESS_COLUMNS],
        name="processes",
        title=_("Processes"),
        placeholder=_("Process"),
        fetch=lambda query: queries.processes(request.actor, query),
        empty=Empty(
            _("No process yet"),
            _("Register the processes of the management system with their owners."),
            reverse("organisation-process-add") if may_write else "",
            _("Register the first"),
            "place",
        ),
        extra={"may_write": may_write, "usual_left": may_write and queries.usual_left(request.actor)},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def add_process(request: MemberRequest) -> HttpResponse:
    """Register a process."""
    permit(request.actor, "write", AREA)
    form = forms.ProcessForm(
        request.POST or None,
        people=member_choices(request.actor),
        initial={"owner": request.actor.person_id, "first_run_on": today_of(request.actor)},
    )
    editing = Editing(request, form, key="organisation-process-add")
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: commands.register_process(actor=request.actor, process=form.process()))
    if made is not None:
        messages.success(request, _("Registered. Its runs are planned for a year."))
        return redirect("organisation-process", made.record_id)
    return _form(request, editing, _("Register a process"), _("Register"))


@require_http_methods(["GET", "HEAD", "POST"])
def edit_process(request: MemberRequest, process_id: str) -> HttpResponse:
    """Change a process from the version that the editor saw; its runs are planned further."""
    permit(request.actor, "write", AREA)
    record = queries.process_of(request.actor, process_id)
    form = forms.ProcessForm(
        request.POST or None,
        people=member_choices(request.actor),
        initial=forms.process_values(replace(record.process, **record.waits)),
    )
    for name in ("process_id", "first_run_on"):
        form.fields[name].widget.attrs["readonly"] = True
    editing = Editing(request, form, key=f"organisation-process-edit/{process_id}", version=record.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.change_process(
            actor=request.actor, process=replace(form.process(), process_id=process_id), expected_version=editing.seen
        )
    )
    if made is not None:
        messages.success(request, _("Changed. Its runs are planned for another year."))
        return redirect("organisation-process", process_id)
    return _form(request, editing, record.process.name, _("Save"))


@require_http_methods(["GET", "HEAD", "POST"])
def process(request: MemberRequest, process_id: str) -> HttpResponse:
    """Show a process with its runs; record a run."""
    actor = request.actor
    record = queries.process_of(actor, process_id)
    now = clock.now()
    address, subject = reverse("organisation-process", args=[process_id]), Subject("process", process_id)
    shown = Record("process", process_id, record.process.name, address, subject, f"process/{process_id}")
    words = {
        "record": record,
        "process": record.process,
        "may_write": may(actor, "write", AREA),
        **(parts := record_parts(request, shown)),
    }
    if request.method != "POST" and parts["parts"].tab != "details":
        return render(request, "organisation/process.html", words)
    covered = queries.covered_days(actor, process_id)
    planned = planned_runs(record.process, today_of(actor, now))
    open_days = [day for day in planned if day <= today_of(actor, now) and day not in covered]
    form = forms.RunForm(request.POST or None, days=open_days, initial={"ran_on": today_of(actor, now)})
    editing = Editing(request, form, key=f"organisation-process/{process_id}")
    if request.method == "POST":
        permit(actor, "write", AREA)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.record_process_run(
            actor=actor, run=form.run(actor, process_id, now), report=forms.written(form.cleaned_data["report"])
        )
    )
    if made is not None:
        messages.success(request, _("Recorded."))
        return redirect("organisation-process", process_id)
    query = ListQuery.read(request.GET.dict(), queries.RUN_COLUMNS)
    words |= {
        "names": member_names(actor),
        "form": form,
        "open_days": open_days,
        "intervals": dict(forms.INTERVALS),
        "page": queries.runs(actor, process_id, query),
        "query": query,
        "editing": editing,
    }
    return render(request, "organisation/process.html", words, status=editing.status)


@list_page
def records(request: MemberRequest) -> HttpResponse:
    """List the records about the management system and where they stand."""
    actor, names = request.actor, member_names(request.actor)

    def fetch(query: ListQuery) -> Page[queries.StandingLine]:
        page = queries.records(actor, query)
        stand = standings(actor, [row.entry_id for row in page.rows])
        rows = tuple(
            queries.StandingLine(
                row,
                stand.get(row.entry_id),
                _may_sign(actor, stand.get(row.entry_id)),
                names.get(row.recorded_by, ""),
            )
            for row in page.rows
        )
        return Page(rows=rows, total=page.total, page=page.page, size=page.size)

    return show_list(
        request,
        "organisation/records.html",
        columns=queries.RECORD_COLUMNS,
        name="records",
        title=_("Records"),
        placeholder=_("Title"),
        fetch=fetch,
        empty=Empty(_("No record yet"), _("Begin with the description of the management system."), picture="place"),
        extra={"may_write": may(actor, "write", AREA), "names": names, "change": AIMS_CHANGE},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def describe(request: MemberRequest) -> HttpResponse:
    """Describe the management system, beginning with its processes as they are registered."""
    initial = {} if request.method == "POST" else _first_description(request.actor)
    form = forms.DescriptionForm(request.POST or None, initial=initial)
    return _record(
        request,
        form,
        _("Describe the management system"),
        lambda: commands.describe_management_system(
            actor=request.actor,
            version=form.cleaned_data["version"],
            description=Content(form.cleaned_data["text"].encode(), forms.MARKDOWN),
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def act(request: MemberRequest) -> HttpResponse:
    """Record an act of top management, by top management."""
    form = forms.ActForm(request.POST or None)
    return _record(
        request,
        form,
        _("Record an act of top management"),
        lambda: commands.record_leadership_act(
            actor=request.actor, duty=form.cleaned_data["duty"], act=form.cleaned_data["act"]
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def nil_return(request: MemberRequest) -> HttpResponse:
    """Record that a register rightly holds nothing."""
    today = today_of(request.actor)
    year = {"period_from": today - timedelta(days=364), "period_to": today}
    form = forms.NilReturnForm(request.POST or None, initial=year)
    return _record(
        request,
        form,
        _("Nothing to report"),
        lambda: commands.record_nil_return(
            actor=request.actor, subject=Subject("organisation", request.actor.organisation_id), **form.cleaned_data
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: MemberRequest) -> HttpResponse:
    """Register a change that is wanted."""
    today = today_of(request.actor)
    days = {"plan_by": today + timedelta(days=30), "review_by": today + timedelta(days=180)}
    form = forms.ChangeForm(request.POST or None, initial=days)
    return _record(
        request,
        form,
        _("Register a change of the management system"),
        lambda: commands.register_change(actor=request.actor, **form.cleaned_data),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: MemberRequest, entry_id: str) -> HttpResponse:
    """Plan a change."""
    form = forms.PlanForm(request.POST or None)
    return _record(
        request,
        form,
        _("Plan the change"),
        lambda: commands.plan_change(actor=request.actor, change_entry=EntryId(entry_id), **form.cleaned_data),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: MemberRequest, entry_id: str) -> HttpResponse:
    """Record what a change did."""
    form = forms.ReviewForm(request.POST or None)
    return _record(
        request,
        form,
        _("Review the change"),
        lambda: commands.review_change(actor=request.actor, change_entry=EntryId(entry_id), **form.cleaned_data),
    )


@require_POST
def approve(request: MemberRequest, entry_id: str) -> HttpResponse:
    """Approve a record."""
    return asking.approved(request, entry_id)


def _first_description(actor: Actor) -> dict[str, object]:
    often = {interval: str(label) for interval, label in forms.INTERVALS}
    text = described(queries.every_process(actor), lambda interval: often.get(interval, interval))
    return {"version": queries.next_version(actor), "text": text}


def _record(
    request: MemberRequest, form: django_forms.Form, heading: str, command: Callable[[], object]
) -> HttpResponse:
    permit(request.actor, "write", AREA)
    editing = Editing(request, form, key=request.path.strip("/"))
    if editing.answer is not None:
        return editing.answer
    if editing.attempt(command) is not None:
        messages.success(request, _("Recorded."))
        return redirect("organisation-records")
    return _form(request, editing, heading, pgettext("verb", "Record"))


def _form(request: MemberRequest, editing: Editing, heading: str, label: str) -> HttpResponse:
    words = {"form": editing.form, "editing": editing, "heading": heading, "label": label}
    return render(request, "organisation/form.html", words, status=editing.status)


def _may_sign(actor: Actor, standing: Standing | None) -> bool:
    return standing is not None and standing.can_approve(actor)
