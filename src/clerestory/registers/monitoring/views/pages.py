"""Pages of monitors. They translate between forms and commands and hold no rule."""

from collections.abc import Mapping

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clerestory.desk.lists import Empty, list_page, show_list
from clerestory.desk.people import member_names
from clerestory.desk.permit import may
from clerestory.desk.record import Record, record_parts, shows_details
from clerestory.desk.request import MemberRequest
from clerestory.registers.monitoring import forms, queries
from clerestory.registers.monitoring.rules import Watch
from clerestory.registers.monitoring.views.charts import change_chart, change_lines, chart_of, lines_of, same_data
from clerestory.store import clock
from clerestory.store.queue.pulse import is_alive

AREA = "monitoring"


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
        extra={"may_write": may_write, "services": queries.services(request.actor)},
    )


@require_safe
def monitor(request: MemberRequest, monitor_id: str) -> HttpResponse:
    """Show one monitor: where it stands, what runs now, and each check over its runs."""
    details = shows_details(request)
    names = member_names(request.actor) if details else {}
    record = queries.monitor(request.actor, monitor_id, names)
    shown = Record(
        "monitor",
        monitor_id,
        record.system_name,
        reverse("monitoring-monitor", args=[monitor_id]),
        None,
        f"monitor/{monitor_id}",
    )
    words: dict[str, object] = {
        "record": record,
        "monitor": record.monitor,
        "may_write": may(request.actor, "write", AREA) and record.ended_at is None,
        **record_parts(request, shown),
    }
    if details:
        words |= _details(request, record, names)
    return render(request, "monitoring/monitor.html", words)


def _details(request: MemberRequest, record: queries.MonitorRecord, names: Mapping[str, str]) -> dict[str, object]:
    """Return where a monitor stands, what runs now, and each check over its runs."""
    monitor_id = record.monitor.monitor_id
    runs = queries.runs(request.actor, monitor_id)
    lines = lines_of(runs)
    chosen = next((line for line in lines if line.key == request.GET.get("check")), lines[0] if lines else None)
    changes = change_lines(runs)
    change = next(
        (line for line in changes if line.column == request.GET.get("column")), changes[0] if changes else None
    )
    alarms, answered = queries.alarms(request.actor, monitor_id, names=names)
    under_way = next((run for run in runs if run.is_open), None)
    return {
        "runs": [run for run in runs if not run.is_open],
        "under_way": under_way,
        "lines": lines,
        "chosen": chosen,
        "chart": None if chosen is None else chart_of(chosen),
        "changes": changes,
        "change": change,
        "change_chart": None if change is None else change_chart(change),
        "alarms": [(alarm, alarm.is_late(clock.now())) for alarm in alarms],
        "kinds": forms.ALARM_WORDS,
        "answered": answered,
        "watched": _watched(request, record),
        "names": names,
        "same_data": same_data(runs),
        "has_models": any(run.model_digest for run in runs),
        "no_worker": under_way is not None and not is_alive(clock.now()),
    }


def _watched(request: MemberRequest, record: queries.MonitorRecord) -> list[forms.Checkable]:
    """Return the checks that the monitor runs, as its manifest declares them now, with approved limits."""
    if record.monitor.watches is Watch.FILES or record.ended_at is not None:
        return []
    declared = queries.declared_checks(request.actor.organisation_id, record.monitor.folder)
    approved = queries.approved_criteria(request.actor, record.monitor.system_id)
    chosen = record.monitor.checks
    return [
        forms.Checkable(check, approved.get(check.name, ())) for check in declared if not chosen or check.key in chosen
    ]
