"""Requirement 4.4 is proven by processes that ran, and falls again when they do not."""

from datetime import date, timedelta

from clerestory.desk.approval import approve, revoke
from clerestory.registers.organisation import commands
from clerestory.registers.organisation.rules import Process, Run
from clerestory.terms.evidence import Content
from clerestory.terms.status import Conformity
from tests.organisation import NOW
from tests.registers.conformity import conformity, judged

HOUR = timedelta(hours=1)
TEXT = Content(b"How the processes act together.", "text/markdown")


def register(actor, process_id="risk-assessment", family="6"):
    """Register a monthly process whose first run was due on the first of this month."""
    commands.register_process(
        actor=actor,
        now=NOW,
        process=Process(
            process_id=process_id,
            name=process_id,
            clause_family=family,
            owner=actor.person_id,
            interval="P1M",
            first_run_on=date(2026, 11, 1),
        ),
    )


def ran(actor, day, *, outcome="completed", process_id="risk-assessment", now=NOW):
    """Record the run that was planned for a day."""
    commands.record_process_run(
        actor=actor,
        now=now,
        run=Run(
            process_id=process_id, planned_for=day, outcome=outcome, criteria_met=outcome == "completed", ran_at=now
        ),
    )


def described(actor, second):
    """Describe the management system and have it approved."""
    written = commands.describe_management_system(actor=actor, version="1.0", description=TEXT, now=NOW)
    approve(actor=second, entry_id=written.entry_id, now=NOW)
    return written.entry_id


def test_processes_that_ran_and_an_approved_description_of_them_conform(actor, second):
    register(actor)
    ran(actor, date(2026, 11, 1))
    described(actor, second)
    assert conformity(actor, "4.4", NOW + HOUR) is Conformity.CONFORMS


def test_a_description_alone_never_proves_that_processes_run(actor, second):
    register(actor)
    described(actor, second)
    status = judged(actor, "4.4", NOW + HOUR)
    assert status.conformity is Conformity.NOT_EVIDENCED


def test_a_run_that_was_missed_is_missing(actor, second):
    register(actor)
    ran(actor, date(2026, 11, 1))
    described(actor, second)
    month = NOW + timedelta(days=31)
    assert conformity(actor, "4.4", month) is not Conformity.CONFORMS
    ran(actor, date(2026, 12, 1), outcome="missed", now=month)
    assert conformity(actor, "4.4", month + HOUR) is not Conformity.CONFORMS
    ran(actor, date(2026, 12, 1), now=month + HOUR)
    assert conformity(actor, "4.4", month + 2 * HOUR) is Conformity.CONFORMS


def test_a_process_that_the_description_does_not_cover_is_missing(actor, second):
    register(actor)
    ran(actor, date(2026, 11, 1))
    described(actor, second)
    register(actor, "audit", "9")
    ran(actor, date(2026, 11, 1), process_id="audit")
    assert conformity(actor, "4.4", NOW + HOUR) is not Conformity.CONFORMS


def test_a_revoked_description_no_longer_counts_and_the_past_stays(actor, second):
    register(actor)
    ran(actor, date(2026, 11, 1))
    entry = described(actor, second)
    revoke(actor=actor, entry_id=entry, reason="wrong version", now=NOW + 2 * HOUR)
    assert conformity(actor, "4.4", NOW + HOUR) is Conformity.CONFORMS
    assert conformity(actor, "4.4", NOW + 3 * HOUR) is Conformity.STALE
