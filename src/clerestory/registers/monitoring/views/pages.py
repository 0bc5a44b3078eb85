"""Pages of monitors. They translate between forms and commands and hold no rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clerestory.assurance.criterion import Criterion, CriterionUnreadable
from clerestory.desk import request as asking
from clerestory.desk.actor import Actor
from clerestory.desk.forms import Editing
from clerestory.desk.lists import Empty, list_page, show_list
from clerestory.desk.people import members, names_of
from clerestory.desk.permit import may, permit
from clerestory.desk.record import Record, record_parts
from clerestory.desk.request import MemberRequest
from clerestory.registers.monitoring import commands, forms, queries
from clerestory.registers.monitoring.queries import RunRecord
from clerestory.registers.monitoring.rules import CheckResult
from clerestory.store import clock
from clerestory.store.queue.pulse import is_alive

AREA = "monitoring"


@dataclass(frozen=True, slots=True)
class Line:
    """One check of a monitor over its runs, newest first."""

    key: str
    name: str
    slice: str
    criterion: str
    results: tuple[tuple[RunRecord, CheckResult], ...]

    @property
    def newest(self) -> CheckResult:
        """What it said last."""
        return self.results[0][1]


@list_page
def monitors(request: MemberRequest) -> HttpResponse:
    """List the monitors with where they stand."""
    may_write = may(request.actor, "write", AREA)
    return show_list(
        request,
        "monitoring/monitors.html",
        columns=queries.COLUMNS,
        name="monitors",
        title=_("Monitors"),
        placeholder=_("System or folder"),
        fetch=lambda query: queries.monitors(request.actor, query),
        empty=Empty(
            _("No monitor yet"),
            _("A monitor runs the checks of a manifest on this server at set times, and tells its owner."),
            reverse("monitoring-add") if may_write else "",
            _("Set up a monitor"),
            "clock",
        ),
        extra={"may_write": may_write},
    )


@require_safe
def monitor(request: MemberRequest, monitor_id: str) -> HttpResponse:
    """Show one monitor: where it stands, what runs now, and each check over its runs."""
    record = queries.monitor(request.actor, monitor_id)
    shown = Record(
        "monitor",
        monitor_id,
        record.system_name,
        reverse("monitoring-monitor", args=[monitor_id]),
        None,
        f"monitor/{monitor_id}",
    )
    parts = record_parts(request, shown)
    runs = queries.runs(request.actor, monitor_id)
    lines = _lines(runs)
    chosen = next((line for line in lines if line.key == request.GET.get("check")), lines[0] if lines else None)
    under_way = next((run for run in runs if run.is_open), None)
    return render(
        request,
        "monitoring/monitor.html",
        {
            "record": record,
            "monitor": record.monitor,
            "runs": [run for run in runs if not run.is_open],
            "under_way": under_way,
            "lines": lines,
            "chosen": chosen,
            "chart": None if chosen is None else _chart(chosen),
            "names": names_of(request.actor.organisation_id, {run.asked_by for run in runs}),
            "same_data": _same_data(runs),
            "no_worker": under_way is not None and not is_alive(clock.now()),
            "may_write": may(request.actor, "write", AREA) and record.ended_at is None,
            **parts,
        },
    )


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


def _form(request: MemberRequest, initial: Mapping[str, object]) -> forms.MonitorForm:
    return forms.MonitorForm(
        asking.posted(request),
        projects=queries.projects(request.actor.organisation_id),
        people=_people(request.actor),
        initial=dict(initial),
    )


def _shown(request: MemberRequest, editing: Editing, heading: str, label: str, cancel: str) -> HttpResponse:
    form = editing.form
    words = {"form": form, "editing": editing, "heading": heading, "label": label, "cancel": cancel}
    none = isinstance(form, forms.MonitorForm) and not form.projects
    words |= {"place": str(settings.PROJECTS[0]) if none else ""}
    return render(request, "monitoring/form.html", words, status=editing.status)


def _people(actor: Actor) -> list[tuple[str, str]]:
    return [(member.person_id, member.name) for member in members(actor)]


def _lines(runs: tuple[RunRecord, ...]) -> list[Line]:
    """Gather the checks of all runs; those of the newest run come first, the worst of them before."""
    gathered: dict[tuple[str, str, str], list[tuple[RunRecord, CheckResult]]] = {}
    for run in runs:
        for result in run.results:
            gathered.setdefault((result.name, result.slice, result.criterion), []).append((run, result))
    worst = {"FAIL": 0, "": 1, "INCONCLUSIVE": 2, "PASS": 3}
    lines = [Line(str(place), *key, tuple(found)) for place, (key, found) in enumerate(gathered.items())]
    newest = next((run.run_id for run in runs if run.results), "")
    return sorted(lines, key=lambda line: (line.results[0][0].run_id != newest, worst[line.newest.verdict]))


def _chart(line: Line) -> Mapping[str, object]:
    """Return what the browser draws: values with their intervals over time, and the limits of the criterion."""
    try:
        read = Criterion.parse(line.criterion)
        limits = [limit for limit in (read.lower, read.upper) if limit is not None]
    except CriterionUnreadable:
        limits = []
    points = [
        {
            "at": int((run.ended_at or run.planned_at).timestamp() * 1000),
            "day": f"{run.ended_at or run.planned_at:%Y-%m-%d %H:%M} UTC",
            "value": result.value,
            "low": result.low,
            "high": result.high,
            "verdict": result.verdict,
            "verdict_word": _(result.verdict.capitalize()),
            "label": _label(result),
        }
        for run, result in reversed(line.results)
        if result.value is not None and result.verdict
    ]
    label = _("criterion %(text)s") % {"text": line.criterion.replace(">=", "≥").replace("<=", "≤")}
    return {"points": points, "limits": [{"at": limit, "label": label} for limit in limits]}


def _label(result: CheckResult) -> str:
    if result.low is None or result.high is None:
        return f"{result.value:.4g}"
    return f"{result.value:.4g} [{result.low:.4g}, {result.high:.4g}]"


def _same_data(runs: tuple[RunRecord, ...]) -> frozenset[str]:
    """Return the runs that measured the same data and model as the run before them."""
    done = [run for run in runs if run.inputs]
    return frozenset(newer.run_id for newer, older in pairwise(done) if newer.inputs == older.inputs)
