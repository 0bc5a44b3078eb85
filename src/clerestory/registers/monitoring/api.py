"""Monitors over HTTP: the same commands and queries as the pages."""

from ninja import Router, Schema, Status

from clerestory.desk.lists import ListQuery
from clerestory.desk.request import MemberRequest
from clerestory.registers.monitoring import commands, queries
from clerestory.registers.monitoring.commands import Kept, Wanted
from clerestory.registers.monitoring.queries import MonitorRecord, Project, RunRecord

router = Router(tags=["monitoring"])
MOST = 500


class MonitorWanted(Schema):
    """A monitor: ``interval`` is hourly, daily, weekly or monthly; ``hour`` in UTC."""

    system_id: str
    folder: str
    interval: str
    hour: int = 3
    owner: str


class MonitorChange(MonitorWanted):
    """A monitor as it shall be, from the version that was read."""

    version: int


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


@router.get("/monitors", response=list[MonitorRecord], summary="List monitors")
def monitors(request: MemberRequest) -> list[MonitorRecord]:
    """List the monitors that were not ended."""
    return list(queries.monitors(request.actor, ListQuery(size=MOST)).rows)


@router.post("/monitors", response={201: Kept}, summary="Set up a monitor")
def add(request: MemberRequest, wanted: MonitorWanted) -> Status[Kept]:
    """Set a monitor up."""
    return Status(201, commands.set_up_monitor(actor=request.actor, wanted=Wanted(**wanted.dict())))


@router.get("/monitors/{monitor_id}", response=MonitorRecord, summary="Read a monitor")
def monitor(request: MemberRequest, monitor_id: str) -> MonitorRecord:
    """Read one monitor."""
    return queries.monitor(request.actor, monitor_id)


@router.put("/monitors/{monitor_id}", response=Kept, summary="Change a monitor")
def change(request: MemberRequest, monitor_id: str, wanted: MonitorChange) -> Kept:
    """Change a monitor, from the version that was read."""
    said = wanted.dict()
    version = said.pop("version")
    return commands.change_monitor(
        actor=request.actor, monitor_id=monitor_id, wanted=Wanted(**said), expected_version=version
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
