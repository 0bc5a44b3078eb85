"""Evidence of monitors: that one was set up, changed, paused or ended, and what each of its runs came to."""

from collections.abc import Iterable
from datetime import datetime

from clerestory.registers.monitoring.rules import Monitor, Outcome
from clerestory.terms.evidence import Evidence, Machine, Person, Subject
from clerestory.terms.moment import Period, moment_text


def monitor_evidence(
    monitor: Monitor, *, paused: str, is_ended: bool, by: Machine | Person, at: datetime, version: int
) -> Evidence:
    """Return the evidence of a monitor as it stands now; ``paused`` is the reason, empty while it runs."""
    return Evidence(
        kind="register.monitor",
        subject=Subject("ai_system", monitor.system_id),
        produced_by=by,
        observed=Period.at(at),
        entity=f"monitor/{monitor.monitor_id}",
        entity_version=version,
        values={
            "folder": monitor.folder,
            "interval": str(monitor.interval),
            "hour": monitor.hour,
            "owner": monitor.owner,
            "paused_reason": paused,
            "ended": is_ended,
        },
    )


def run_evidence(
    monitor: Monitor,
    run_id: str,
    *,
    outcome: Outcome,
    reason: str,
    results: Iterable[str],
    planned_at: datetime,
    started_at: datetime,
    by: Machine | Person,
    at: datetime,
) -> Evidence:
    """Return the evidence that a monitor ran, or that it should have and could not."""
    return Evidence(
        kind="record.monitor_run",
        subject=Subject("ai_system", monitor.system_id),
        produced_by=by,
        observed=Period(min(started_at, at), at),
        entity=f"monitor_run/{run_id}",
        values={
            "monitor": monitor.monitor_id,
            "outcome": str(outcome),
            "reason": reason,
            "planned_at": moment_text(planned_at),
            "results": tuple(results),
        },
    )
