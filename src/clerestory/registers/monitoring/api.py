"""Monitors over HTTP: the same commands and queries as the pages."""

from datetime import timedelta
from typing import Annotated

from ninja import Query, Router, Schema, Status

from clerestory.desk.lists import ListQuery
from clerestory.desk.request import MemberRequest
from clerestory.registers.monitoring import commands, queries
from clerestory.registers.monitoring.commands import Kept, Wanted
from clerestory.registers.monitoring.queries import Alarm, MonitorRecord, Project, RunRecord, Service

router = Router(tags=["monitoring"])
MOST = 500


class MonitorWanted(Schema):
    """A monitor: ``interval`` is hourly, daily, weekly or monthly; ``hour`` in UTC.

    ``watches`` is manifest, decisions or files; ``checks`` are some of the manifest's as GET /projects/checks lists
    them, none means all; ``model_version`` and ``window_days`` are for decisions.
    """

    system_id: str
    folder: str
    interval: str
    hour: int = 3
    owner: str
    watches: str = "manifest"
    checks: list[str] = []
    model_version: str = ""
    window_days: int = 30
    told: list[str] = []
    told_roles: list[str] = []
    answer_days: int = 7

    def wanted(self) -> Wanted:
        """Return it as the commands take it."""
        said = self.dict(exclude={"version"})
        lists = {name: tuple(said[name]) for name in ("checks", "told", "told_roles")}
        return Wanted(**{**said, **lists})


class MonitorChange(MonitorWanted):
    """A monitor as it shall be, from the version that was read."""

    version: int


class Answer(Schema):
    """What was found about an alarm, and done."""

    answer: str


class Answered(Schema):
    """The entry of an answer."""

    entry_id: str


class DeclaredCheck(Schema):
    """A check of a manifest, as a monitor names it."""

    check: str
    source: str


class Pause(Schema):
    """Why a monitor is paused."""

    reason: str


class Asked(Schema):
    """The run that was asked for."""

    run_id: str


@router.get("/projects", response=list[Project], summary="List manifests on the server")
def projects(request: MemberRequest) -> list[Project]:
    """List the folders that a monitor can name."""
    queries.monitors(request.actor, ListQuery(size=1))
    return list(queries.projects(request.actor.organisation_id))


@router.get("/projects/checks", response=list[DeclaredCheck], summary="List the checks of a manifest on the server")
def checks(request: MemberRequest, folder: str) -> list[DeclaredCheck]:
    """List the checks that the manifest of a folder declares, as a monitor names them."""
    queries.monitors(request.actor, ListQuery(size=1))
    found = queries.declared_checks(request.actor.organisation_id, folder)
    return [DeclaredCheck(check=one.key, source=one.source) for one in found]


@router.get("/services", response=list[Service], summary="How well systems are watched")
def services(request: MemberRequest, days: Annotated[int, Query(ge=1, le=90)] = 7) -> list[Service]:
    """Give by system the planned runs that ran, and the alarms that were closed in time, over the last days."""
    return list(queries.services(request.actor, window=timedelta(days=days)))


@router.get("/monitors", response=list[MonitorRecord], summary="List monitors")
def monitors(request: MemberRequest) -> list[MonitorRecord]:
    """List the monitors that were not ended."""
    return list(queries.monitors(request.actor, ListQuery(size=MOST)).rows)


@router.post("/monitors", response={201: Kept}, summary="Set up a monitor")
def add(request: MemberRequest, wanted: MonitorWanted) -> Status[Kept]:
    """Set a monitor up."""
    return Status(201, commands.set_up_monitor(actor=request.actor, wanted=wanted.wanted()))


@router.get("/monitors/{monitor_id}", response=MonitorRecord, summary="Read a monitor")
def monitor(request: MemberRequest, monitor_id: str) -> MonitorRecord:
    """Read one monitor."""
    return queries.monitor(request.actor, monitor_id)


@router.put("/monitors/{monitor_id}", response=Kept, summary="Change a monitor")
def change(request: MemberRequest, monitor_id: str, wanted: MonitorChange) -> Kept:
    """Change a monitor, from the version that was read."""
    return commands.change_monitor(
        actor=request.actor, monitor_id=monitor_id, wanted=wanted.wanted(), expected_version=wanted.version
    )


@router.get("/monitors/{monitor_id}/runs", response=list[RunRecord], summary="List the runs of a monitor")
def runs(request: MemberRequest, monitor_id: str) -> list[RunRecord]:
    """List the newest runs, newest first."""
    queries.monitor(request.actor, monitor_id)
    return list(queries.runs(request.actor, monitor_id))


@router.post("/monitors/{monitor_id}/runs", response={202: Asked}, summary="Run a monitor now")
def run(request: MemberRequest, monitor_id: str) -> Status[Asked]:
    """Ask for a run now."""
    return Status(202, Asked(run_id=commands.ask_run(actor=request.actor, monitor_id=monitor_id)))


@router.post("/monitors/{monitor_id}/pause", response=Kept, summary="Pause a monitor")
def pause(request: MemberRequest, monitor_id: str, said: Pause) -> Kept:
    """Pause a monitor with a reason."""
    return commands.pause_monitor(actor=request.actor, monitor_id=monitor_id, reason=said.reason)


@router.post("/monitors/{monitor_id}/resume", response=Kept, summary="Let a monitor go on")
def resume(request: MemberRequest, monitor_id: str) -> Kept:
    """Let a paused monitor go on."""
    return commands.resume_monitor(actor=request.actor, monitor_id=monitor_id)


@router.post("/monitors/{monitor_id}/end", response=Kept, summary="End a monitor")
def end(request: MemberRequest, monitor_id: str) -> Kept:
    """End a monitor for good."""
    return commands.end_monitor(actor=request.actor, monitor_id=monitor_id)


@router.get("/monitors/{monitor_id}/alarms", response=list[Alarm], summary="List the alarms of a monitor")
def alarms(request: MemberRequest, monitor_id: str) -> list[Alarm]:
    """List the newest alarms, open ones first."""
    queries.monitor(request.actor, monitor_id)
    return list(queries.alarms(request.actor, monitor_id)[0])


@router.post("/monitors/{monitor_id}/alarms/{alarm_id}/answer", response=Answered, summary="Answer an alarm")
def answer(request: MemberRequest, monitor_id: str, alarm_id: str, said: Answer) -> Answered:
    """Say what was found about an alarm and done; that closes one about a change."""
    entry_id = commands.answer_alarm(actor=request.actor, monitor_id=monitor_id, alarm_id=alarm_id, answer=said.answer)
    return Answered(entry_id=entry_id)
