"""Forms and buttons of monitors: setting up, changing, running, pausing, ending, answering an alarm."""

from collections.abc import Mapping

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clerestory.desk import request as asking
from clerestory.desk.forms import Editing
from clerestory.desk.people import members
from clerestory.desk.permit import permit
from clerestory.desk.request import MemberRequest
from clerestory.registers.monitoring import commands, forms, queries
from clerestory.store import directory

AREA = "monitoring"


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: MemberRequest) -> HttpResponse:
    """Set a monitor up."""
    permit(request.actor, "write", AREA)
    form = _form(request, {"owner": request.actor.person_id})
    editing = Editing(request, form, key="monitoring-add")
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(lambda: commands.set_up_monitor(actor=request.actor, wanted=form.wanted()))
    if made is not None:
        messages.success(request, _("Set up. It runs at the next time, or at once with Run now."))
        return redirect("monitoring-monitor", made.monitor_id)
    return _shown(request, editing, _("Set up a monitor"), _("Set up"), reverse("monitoring"))


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: MemberRequest, monitor_id: str) -> HttpResponse:
    """Change a monitor from the version that the editor saw."""
    permit(request.actor, "write", AREA)
    record = queries.monitor(request.actor, monitor_id)
    form = _form(request, forms.monitor_values(record.monitor))
    editing = Editing(request, form, key=f"monitoring-edit/{monitor_id}", version=record.version)
    if editing.answer is not None:
        return editing.answer
    made = editing.attempt(
        lambda: commands.change_monitor(
            actor=request.actor, monitor_id=monitor_id, wanted=form.wanted(), expected_version=editing.seen
        )
    )
    if made is not None:
        messages.success(request, _("Changed. The change is an entry of the log."))
        return redirect("monitoring-monitor", monitor_id)
    address = reverse("monitoring-monitor", args=[monitor_id])
    return _shown(request, editing, _("Change the monitor"), _("Save"), address)


@require_POST
def run(request: MemberRequest, monitor_id: str) -> HttpResponse:
    """Ask for a run now."""
    commands.ask_run(actor=request.actor, monitor_id=monitor_id)
    messages.success(request, _("The run is asked for. It begins as soon as a worker is free."))
    return redirect("monitoring-monitor", monitor_id)


@require_POST
def pause(request: MemberRequest, monitor_id: str) -> HttpResponse:
    """Pause a monitor with a reason."""
    commands.pause_monitor(actor=request.actor, monitor_id=monitor_id, reason=request.POST.get("reason", ""))
    messages.success(request, _("Paused. Nothing runs until somebody lets it go on."))
    return redirect("monitoring-monitor", monitor_id)


@require_POST
def resume(request: MemberRequest, monitor_id: str) -> HttpResponse:
    """Let a monitor go on."""
    commands.resume_monitor(actor=request.actor, monitor_id=monitor_id)
    messages.success(request, _("It goes on with the next time."))
    return redirect("monitoring-monitor", monitor_id)


@require_POST
def end(request: MemberRequest, monitor_id: str) -> HttpResponse:
    """End a monitor for good."""
    commands.end_monitor(actor=request.actor, monitor_id=monitor_id)
    messages.success(request, _("Ended. What it found stays in the log."))
    return redirect("monitoring")


@require_POST
def answer(request: MemberRequest, monitor_id: str, alarm_id: str) -> HttpResponse:
    """Say what was found about an alarm and done."""
    said = request.POST.get("reason", "")
    commands.answer_alarm(actor=request.actor, monitor_id=monitor_id, alarm_id=alarm_id, answer=said)
    messages.success(request, _("Answered. The answer is an entry of the log."))
    return redirect("monitoring-monitor", monitor_id)


def _form(request: MemberRequest, initial: Mapping[str, object]) -> forms.MonitorForm:
    """Return the form; the checks that it offers are those of the folder that is chosen, also by address."""
    actor = request.actor
    projects = {project.folder: project for project in queries.projects(actor.organisation_id)}
    asked = request.POST.get("folder") or request.GET.get("folder") or str(initial.get("folder", ""))
    folder = asked if asked in projects else next(iter(projects), "")
    people = members(actor)
    checks = queries.declared_checks(actor.organisation_id, folder) if folder else ()
    approved = queries.approved_criteria(actor, projects[folder].system_id) if folder else {}
    watched = {project.system_id for project in projects.values()}
    return forms.MonitorForm(
        asking.posted(request),
        offer=forms.Offer(
            projects=projects,
            people=[(member.person_id, member.name) for member in people],
            roles=sorted({role for member in people for role in member.roles}),
            checks=[forms.Checkable(check, approved.get(check.name, ())) for check in checks],
            models=[
                record.id
                for record in directory.find(actor.organisation_id, "model_version")
                if record.id.partition("/")[0] in watched
            ],
            address=request.path,
        ),
        initial={"folder": folder, **initial, **({"folder": folder} if request.GET.get("folder") else {})},
    )


def _shown(request: MemberRequest, editing: Editing, heading: str, label: str, cancel: str) -> HttpResponse:
    form = editing.form
    words = {"form": form, "editing": editing, "heading": heading, "label": label, "cancel": cancel}
    none = isinstance(form, forms.MonitorForm) and not form.projects
    words |= {"place": str(settings.PROJECTS[0]) if none else ""}
    return render(request, "monitoring/form.html", words, status=editing.status)
