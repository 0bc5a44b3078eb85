"""Risks as tests need them: a risk of the credit scoring system, ratings, and people who own, approve and judge."""

from dataclasses import replace
from datetime import date, timedelta

from clerestory.desk.actor import Actor
from clerestory.desk.approval import approve, open_proposals, standings
from clerestory.registers.risk import commands
from clerestory.registers.risk.queries import risk_record
from clerestory.registers.risk.rules.risk import Acceptance, Decision, NewTask, Risk, Treatment
from clerestory.registers.risk.rules.scale import Level, Method, Rating, shipped_method
from clerestory.terms.ids import EntryId
from tests.organisation import NOW, join

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LOW = Rating(1, (("organisation", 1), ("individuals", 2), ("societies", 1)))
MEDIUM = Rating(3, (("organisation", 2), ("individuals", 3), ("societies", 1)))
HIGH = Rating(4, (("organisation", 2), ("individuals", 4), ("societies", 3)))
VERY_HIGH = Rating(5, (("organisation", 2), ("individuals", 5), ("societies", 3)))
REASON = "Complaints of last year and a test on held-out data"


def risk(whose: Actor, /, **changes: object) -> Risk:
    """Return a risk of the credit scoring system."""
    plain = Risk(
        event="Women are refused more often than men with the same income",
        source="C.3.4",
        cause="Training data hold the decisions of the past",
        consequence="Applicants are refused a loan that they could repay",
        affected=("applicants",),
        owner=whose.person_id,
        system_id="credit-scoring",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def version(actor: Actor, risk_id: str = "R-1") -> int:
    """Return the version of a risk."""
    return risk_record(actor, risk_id).version


def identified(actor: Actor, rating: Rating | None = HIGH, at=NOW, **changes: object) -> str:
    """Identify a risk, analysed where a rating is given, and return its id."""
    made = commands.identify_risk(actor=actor, risk=risk(actor, **changes), rating=rating, reason=REASON, now=at)
    return made.record_id


def decided(actor: Actor, at=NOW, risk_id: str = "R-1", task: Actor | None = None, **changes: object) -> str:
    """Decide to retain a risk, or whatever the changes say, with a task for somebody."""
    decision = replace(Decision(treatment=Treatment.RETAIN, reason="More costs more than it helps"), **changes)  # type: ignore[arg-type]
    due = at.date() + timedelta(days=30)
    tasks = () if task is None else (NewTask(action="Reweigh the training data", owner=task.person_id, due_on=due),)
    made = commands.decide_treatment(
        actor=actor, risk_id=risk_id, decision=decision, tasks=tasks, expected_version=version(actor, risk_id), now=at
    )
    return made.entry_id


def agreed(whose: Actor, at=NOW, by: Actor | None = None, **said: object) -> str:
    """Decide on a treatment that somebody else approves, by default a member who comes for that, and return its id."""
    made = decided(whose, at=at, **said)  # type: ignore[arg-type]
    agrees = by or join(whose.organisation_id, "editor", (), f"agrees-with-{made}@example.org")
    waits = standings(agrees, [EntryId(made)])[EntryId(made)]
    approve(actor=agrees, entry_id=EntryId(made), now=max(at, waits.proposed_at))
    return made


def acceptance(until: date, level: Level = Level.HIGH, **changes: object) -> Acceptance:
    """Return an acceptance of a level until a day."""
    return replace(Acceptance(seen_level=level, valid_until=until, reason="The loan officer decides anyway"), **changes)  # type: ignore[arg-type]


def method(**changes: object) -> Method:
    """Return the method that is shipped, with other criteria where changes say so."""
    shipped = shipped_method()
    return replace(shipped, criteria=replace(shipped.criteria, **changes))  # type: ignore[arg-type]


def approve_all(by: Actor, at) -> int:
    """Let a second person approve everything that waits and that they may approve."""
    waiting = [standing for standing in open_proposals(by) if standing.can_approve(by)]
    for standing in waiting:
        approve(actor=by, entry_id=standing.entry_id, now=at)
    return len(waiting)
