"""The demo's management system as processes that ran (4.4): their runs, their description, what is shared."""

from datetime import UTC, datetime, time, timedelta

from clerestory.demo.people import Staff
from clerestory.demo.told import Clock, Story, day, story
from clerestory.registers.organisation.commands import (
    begin_with_usual_processes,
    describe_management_system,
    record_process_run,
    share_part,
)
from clerestory.registers.organisation.queries import process_of
from clerestory.registers.organisation.rules import Run, Shared, interval_of
from clerestory.registers.organisation.rules.aims import described
from clerestory.terms.evidence import Content

_MARKDOWN = "text/markdown"
_NINE = time(9, 0, tzinfo=UTC)
"""The hour at which runs took place."""


def run_processes(staff: Staff, clock: Clock) -> None:
    """Register the processes, record each run that was due, and describe how they act together; others approve it."""
    told = story("leadership")
    for said in told["process"]:
        _run(staff, said, clock)
    for said in told["shared"]:
        shared = Shared(
            other=said["other"],
            requirement=said["requirement"],
            other_clause=said["other_clause"],
            process_id=said["process"],
            reused=said["reused"],
        )
        share_part(actor=staff.lead, shared=shared, now=clock())
    processes = [process_of(staff.lead, said["id"]).process for said in told["process"]]
    text = told["description"]["opening"].strip() + "\n\n" + described(processes, _every)
    describe_management_system(
        actor=staff.lead,
        version=told["description"]["version"],
        description=Content(text.encode(), _MARKDOWN),
        now=clock(),
    )


def _run(staff: Staff, said: Story, clock: Clock) -> None:
    owner = staff.named(said["owner"])
    first = day(clock, -said["started_days_ago"])
    begin_with_usual_processes(
        actor=staff.lead, process_ids=[said["id"]], owner=owner.person_id, first_run_on=first, now=clock()
    )
    step = interval_of(process_of(staff.lead, said["id"]).process.interval)
    for number, report in enumerate(said["runs"]):
        planned = first + number * step
        record_process_run(
            actor=owner,
            run=Run(
                process_id=said["id"],
                planned_for=planned,
                outcome="completed",
                criteria_met=True,
                ran_at=datetime.combine(planned, _NINE),
            ),
            report=Content(report.encode(), _MARKDOWN),
            now=clock(),
        )


def _every(interval: str) -> str:
    return f"every {interval_of(interval) // timedelta(days=1)} days"
