"""Evidence of monitors: how one stands, what each of its runs came to, and what a person answered to an alarm."""

from collections.abc import Iterable
from datetime import date, datetime

from clerestory.registers.monitoring.rules import Monitor, Outcome, Watch
from clerestory.terms.evidence import Evidence, FactValue, Machine, Person, Subject
from clerestory.terms.ids import EntryId
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
            "watches": str(monitor.watches),
            "checks": monitor.checks,
            "told": monitor.told,
            "told_roles": monitor.told_roles,
            "answer_days": monitor.answer_days,
            **_window(monitor),
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
    is_silent: bool = False,
    alarms: Iterable[str] = (),
    model_digest: str = "",
) -> Evidence:
    """Return the evidence that a monitor ran, or that it should have and could not or did not."""
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
            "silent": is_silent,
            "alarms": tuple(alarms),
            **({"model_digest": model_digest} if model_digest else {}),
        },
    )


def answer_evidence(
    monitor: Monitor,
    alarm_id: str,
    *,
    raised_by: EntryId,
    answer: str,
    counts_from: date | None,
    by: Machine | Person,
    at: datetime,
) -> Evidence:
    """Return the evidence that a person looked into an alarm."""
    return Evidence(
        kind="record.alarm_answer",
        subject=Subject("ai_system", monitor.system_id),
        produced_by=by,
        observed=Period.at(at),
        entity=f"alarm_answer/{alarm_id}",
        values={
            "monitor": monitor.monitor_id,
            "alarm": (raised_by,),
            "answer": answer,
            **({} if counts_from is None else {"counts_from": counts_from.isoformat()}),
        },
    )


def _window(monitor: Monitor) -> dict[str, FactValue]:
    if monitor.watches is not Watch.DECISIONS:
        return {}
    since = monitor.counts_from
    counts = {} if since is None else {"counts_from": since.isoformat()}
    return {"model_version": monitor.model_version, "window_days": monitor.window_days, **counts}
