"""Tasks of treatment: the list, one task, and showing that it was carried out."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from clerestory.desk import request as asking
from clerestory.desk.actor import Actor
from clerestory.desk.approval import standings
from clerestory.desk.day import today_of
from clerestory.desk.forms import Editing
from clerestory.desk.lists import Bulk, Empty, list_page, row_at, rows_seen, show_list
from clerestory.desk.lists.bulk import Pick
from clerestory.desk.people import NotAMember, members
from clerestory.desk.permit import may, permit
from clerestory.desk.request import MemberRequest
from clerestory.registers.risk import commands
from clerestory.registers.risk.forms.risk import DoneForm, TaskForm
from clerestory.registers.risk.queries import risk_record, task_page
from clerestory.registers.risk.queries.lists import task_columns
from clerestory.registers.risk.queries.record import TaskRecord, people, task_record
from clerestory.registers.risk.views.asked import AREA, form_page

FORM = require_http_methods(["GET", "HEAD", "POST"])
DELAYS = (
    ("14", gettext_lazy("in two weeks")),
    ("30", gettext_lazy("in 30 days")),
    ("60", gettext_lazy("in 60 days")),
    ("90", gettext_lazy("in 90 days")),
)


@list_page
def tasks(request: MemberRequest) -> HttpResponse:
    """List the tasks of treatment, open ones by day."""
    actor, on = request.actor, today_of(request.actor)
    columns = task_columns(actor, on)
    return show_list(
        request,
        "risk/tasks.html",
        columns=columns,
        name="risk-tasks",
        title=_("Tasks of treatment"),
        placeholder=_("Task or risk"),
        fetch=lambda query: task_page(actor, query, columns),
        row_id=lambda row: row_at(row.task_id, row.version),
        bulk=(
            Bulk(
                "due",
                gettext_lazy("Set the day"),
                _set_due,
                icon="clock",
                pick=Pick(gettext_lazy("Due"), DELAYS),
            ),
        ),
        empty=Empty(
            gettext_lazy("No task yet"),
            gettext_lazy("Tasks are planned where a risk is to be avoided, modified or shared."),
            url=reverse("risk"),
            label=gettext_lazy("Open the risks"),
            picture="clock",
        ),
        extra={"here": "tasks"},
    )


@FORM
def task(request: MemberRequest, task_id: str) -> HttpResponse:
    """Show one task; change it while it is open."""
    actor = request.actor
    record = task_record(actor, task_id)
    form = TaskForm(
        asking.posted(request),
        members=members(actor),
        initial={"action": record.action, "task_owner": record.owner, "due_on": record.due_on, "cost": record.cost},
    )
    editing = Editing(request, form, version=record.version)
    if request.method == "POST":
        permit(actor, "write", AREA)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.change_task(actor=actor, task_id=task_id, task=form.task(), expected_version=editing.seen),
        {NotAMember: "task_owner"},
    )
    if made is not None:
        messages.success(request, _("Changed."))
        return redirect("risk-task", task_id)
    return _page(request, record, form, editing, DoneForm(initial={"done_on": today_of(actor)}))


@require_POST
def done(request: MemberRequest, task_id: str) -> HttpResponse:
    """Say that a task was carried out, and what shows it."""
    actor = request.actor
    permit(actor, "write", AREA)
    record = task_record(actor, task_id)
    form = DoneForm(request.POST)
    editing = Editing(request, form, version=record.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.implement_task(actor=actor, task_id=task_id, done=form.done(), expected_version=editing.seen)
    )
    if made is not None:
        messages.success(request, _("Recorded. It counts once a second person approved it."))
        return redirect("risk-task", task_id)
    change = TaskForm(
        members=members(actor),
        initial={"action": record.action, "task_owner": record.owner, "due_on": record.due_on, "cost": record.cost},
    )
    return _page(request, record, change, Editing(request, change, version=record.version), form)


@require_POST
def drop(request: MemberRequest, task_id: str) -> HttpResponse:
    """Drop a task that is no longer needed."""
    text = request.POST.get("version", "")
    commands.drop_task(
        actor=request.actor,
        task_id=task_id,
        reason=request.POST.get("reason", ""),
        expected_version=int(text) if text.isdecimal() and len(text) < 10 else 0,
    )
    if task_record(request.actor, task_id).state == "dropped":
        messages.success(request, _("Dropped. The log keeps it with the reason."))
    else:
        messages.success(request, _("Asked for. It is dropped once a second person approved that."))
    return redirect("risk-task", task_id)


@FORM
def add(request: MemberRequest, risk_id: str) -> HttpResponse:
    """Plan one more task of a risk."""
    actor = request.actor
    permit(actor, "write", AREA)
    record = risk_record(actor, risk_id)
    form = TaskForm(
        asking.posted(request),
        members=members(actor),
        initial={"task_owner": record.risk.owner, "due_on": today_of(actor) + timedelta(days=90)},
    )
    editing = Editing(request, form, key=f"risk/{risk_id}/task")
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.add_task(actor=actor, risk_id=risk_id, task=form.task()), {NotAMember: "task_owner"}
    )
    if made is not None:
        messages.success(request, _("Planned as %(id)s.") % {"id": made.record_id})
        return redirect("risk-record", risk_id)
    return form_page(request, "risk/form.html", form, editing, record=record, heading=_("Plan a task"))


def _page(
    request: MemberRequest, record: TaskRecord, form: TaskForm, editing: Editing, done_form: DoneForm
) -> HttpResponse:
    actor = request.actor
    names, _present = people(actor)
    stand = standings(actor, (record.done_entry,)).get(record.done_entry) if record.done_entry else None
    response = form_page(
        request,
        "risk/task.html",
        form,
        editing,
        task=record,
        is_late=record.is_late(today_of(actor)),
        done_form=done_form,
        dropping=record.state == "open" and bool(record.dropping_by),
        may_drop=record.dropping_by != actor.person_id,
        names=names,
        standing=stand,
        may_sign=stand is not None and stand.can_approve(actor),
        may_write=may(actor, "write", AREA),
    )
    response.status_code = 422 if form.errors or done_form.errors else 200
    return response


def _set_due(actor: Actor, rows: tuple[str, ...], days: str) -> int:
    ids, seen = rows_seen(rows)
    return commands.set_due(
        actor=actor, task_ids=ids, due_on=today_of(actor) + timedelta(days=int(days)), expected=seen
    )
