"""What a risk, its treatment, a task and an acceptance must say. Refuses what the owner did not see or may not sign."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from clerestory.registers.risk.rules.scale import Level
from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import Subject
from clerestory.terms.fact import Fact
from clerestory.terms.ids import EntryId, PersonId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.sentence import word
from clerestory.terms.text import plain

LONGEST_ACCEPTANCE = timedelta(days=366)
TASK_HORIZON = timedelta(days=5 * 366)
MOST_COST = Decimal(999_999_999_999)
OBJECTIVES = tuple(f"C.2.{number}" for number in range(1, 12))
"""What a risk can stand in the way of, by its place in Annex C."""
STAGES = (
    "inception", "design and development", "verification and validation", "deployment", "operation and monitoring",
    "continuous validation", "re-evaluation", "retirement",
)  # fmt: skip
"""Stages of the life cycle, by their names of ISO/IEC 22989."""
REVIEW_AFTER = timedelta(days=365)
"""An analysis older than this is to be made again (6.1.2 in the rules asks for P1Y)."""
PLANS_AND_REMOVALS = ("register.treatment_task", "record.revocation", "record.erasure")
"""What carries out nothing: the plan of a task, and that something no longer counts."""
APPROVES_CRITERIA = "top_management"
APPROVES_PLAN = "designated_management"
FIRST_TEXT = 1
"""Number of what a risk says until its event, source, consequence or system is rewritten."""


class RiskRefused(ClerestoryError):
    """A risk lacks something or names what does not exist."""


class TreatmentRefused(ClerestoryError):
    """A decision on treatment, a task or its proof does not hold together."""


class AcceptanceRefused(ClerestoryError):
    """An acceptance would not count: not by the owner, of another level, back-dated, or without a fitting end."""


class Status(StrEnum):
    """State of a risk."""

    OPEN = "open"
    TREATED = "treated"
    ACCEPTED = "accepted"
    CLOSED = "closed"


class Treatment(StrEnum):
    """What is done about a risk (ISO 31000, 6.5)."""

    AVOID = "avoid"
    MODIFY = "modify"
    SHARE = "share"
    RETAIN = "retain"


class Nature(StrEnum):
    """What kind of measure it is."""

    TECHNICAL = "technical"
    ORGANISATIONAL = "organisational"


class Trigger(StrEnum):
    """Why a system was assessed."""

    INTERVAL = "interval"
    CHANGE = "change"
    INCIDENT = "incident"
    FIRST = "first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """A risk as it was identified; ``wide`` says that it concerns the whole organisation and no single system."""

    event: str
    source: str
    consequence: str
    owner: PersonId
    system_id: str = ""
    cause: str = ""
    affected: tuple[str, ...] = ()
    stage: str = ""
    objectives: tuple[str, ...] = ()
    wide: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """One step of treatment that is to be done."""

    action: str
    owner: PersonId
    due_on: date
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """What one measure, a control or a check, was argued to take away while its evidence holds.

    Steps lower the rating on its scales; percents lower how often it happens and what it costs each time.
    """

    measure: str
    why: str
    likelihood: int = 0
    consequence: int = 0
    frequency: int = 0
    loss: int = 0

    @property
    def is_check(self) -> bool:
        """Whether it is a check and not a control."""
        return not self.measure.startswith("A.")

    @property
    def name(self) -> str:
        """The check or the control."""
        return self.measure.partition("|")[0]

    @property
    def runs_on(self) -> str:
        """What the check runs on, by its id; empty for a control."""
        return self.measure.partition("|")[2].partition(":")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Which treatment was chosen and why; ``tests`` name checks, ``check|kind:id``, that show a technical measure.

    ``reductions`` argue what each control or test takes away while its evidence holds.
    """

    treatment: Treatment
    reason: str
    nature: Nature | None = None
    controls: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    reductions: tuple[Reduction, ...] = ()
    target_likelihood: int = 0
    target_consequence: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """What the owner signs: the level and criteria they saw, until when, and why; ``signed_on`` where it was before."""

    seen_level: Level
    valid_until: date
    reason: str
    signed_on: date | None = None
    seen_criteria: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A task that was carried out, with the entries of the log that show it."""

    done_on: date
    shown_by: tuple[EntryId, ...] = ()
    note: str = ""


def check_risk(risk: Risk, sources: Sequence[str]) -> Risk:
    """Return a risk with tidied texts; refuse one without event or consequence, or with an unknown source."""
    if risk.source not in sources:
        raise RiskRefused(
            _("{source!r} is no source of risk.", source=risk.source),
            _("Choose one of: {choices}.", choices=", ".join(sources)),
        )
    return Risk(
        event=plain(risk.event, _("event"), longest=300),
        source=risk.source,
        consequence=plain(risk.consequence, _("consequence"), longest=4000, lines=True),
        owner=risk.owner,
        system_id=risk.system_id.strip(),
        cause=plain(risk.cause, _("cause"), longest=4000, lines=True) if risk.cause.strip() else "",
        affected=tuple(plain(who, _("affected group"), longest=200) for who in risk.affected if who.strip()),
        stage=_one_of(risk.stage, STAGES, _("stage")),
        objectives=tuple(_one_of(said, OBJECTIVES, _("objective")) for said in dict.fromkeys(risk.objectives)),
        wide=risk.wide and not risk.system_id.strip(),
    )


def _one_of(said: str, known: Sequence[str], what: str) -> str:
    if said and said not in known:
        raise RiskRefused(
            _("{said!r} is no {what}.", said=said, what=what), _("Choose one of: {choices}.", choices=", ".join(known))
        )
    return said


def check_reason(text: str, what: str) -> str:
    """Return a reason of at least ten letters."""
    reason = plain(text, what, longest=4000, lines=True)
    if len(reason) < 10:
        raise RiskRefused(_("The {what} is too short to be one.", what=what), _("Say it in a sentence."))
    return reason


def check_decision(decision: Decision, controls: Sequence[str], checks: Sequence[str]) -> None:
    """Refuse unknown controls and tests, a kind of measure where nothing is modified, and none where something is."""
    check_reason(decision.reason, _("reason of the treatment"))
    unknown = [control for control in decision.controls if control not in controls]
    if unknown:
        raise TreatmentRefused(
            _("There is no control {unknown!r}.", unknown=unknown[0]),
            _("Choose one of Annex A, such as A.7.4, or an own one in force."),
        )
    if decision.treatment is Treatment.MODIFY and decision.nature is None:
        raise TreatmentRefused(
            _("It is not said what kind of measure it is."), _("Choose technical or organisational.")
        )
    for test in decision.tests:
        name, _bar, runs_on = plain(test, _("test"), longest=300).partition("|")
        if name not in checks or (runs_on and ":" not in runs_on):
            raise TreatmentRefused(
                _("{test!r} names no test.", test=test),
                _("Write it as check|kind:id, such as drift.chi-square|model_version:m-1."),
            )
    if decision.tests and decision.nature is not Nature.TECHNICAL:
        raise TreatmentRefused(_("Tests are named for a measure that is not technical."), _("Leave them out."))


def check_task(task: NewTask, today: date) -> None:
    """Refuse a task without action, one due before today, and one due in more than five years."""
    plain(task.action, _("task"), longest=1000)
    if task.cost is not None and not 0 <= task.cost <= MOST_COST:
        raise TreatmentRefused(
            _("The task would cost {cost}.", cost=task.cost),
            _("Name a cost from 0 to {most_cost:,}.", most_cost=MOST_COST),
        )
    if not today <= task.due_on <= today + TASK_HORIZON:
        raise TreatmentRefused(
            _("The task would be due on {due_on}.", due_on=task.due_on.isoformat()),
            _("Choose a day from today on and within five years."),
        )


def check_done(done: Done, *, planned_on: date, today: date) -> None:
    """Refuse a task that is done tomorrow or before it was planned, and one that nothing shows."""
    if done.done_on < planned_on:
        raise TreatmentRefused(
            _(
                "{done_on} is before the task was planned, on {planned_on}.",
                done_on=done.done_on.isoformat(),
                planned_on=planned_on.isoformat(),
            ),
            _("Say when it was done; what was there before belongs to the analysis of the risk."),
        )
    if done.done_on > today:
        raise TreatmentRefused(
            _("{done_on} is still to come.", done_on=done.done_on.isoformat()), _("Say when it was done.")
        )
    if not done.shown_by and not done.note.strip():
        raise TreatmentRefused(
            _("Nothing shows that the task was carried out."),
            _("Name entries of the log, or say what was put in place."),
        )
    if done.note.strip():
        plain(done.note, _("note"), longest=4000, lines=True)


def shows(fact: Fact, *, risk_id: str, system_id: str) -> bool:
    """Tell whether an entry can show that a task was carried out: about the risk or its system, and no plan.

    A risk of the organisation as a whole has no system: then it may be about anything but another risk.
    """
    if fact.kind in PLANS_AND_REMOVALS:
        return False
    about = (fact.subject, *fact.links)
    if Subject("risk", risk_id) in about:
        return True
    return Subject("ai_system", system_id) in about if system_id else fact.subject.kind != "risk"


def check_acceptance(
    acceptance: Acceptance,
    *,
    by: PersonId,
    owner: PersonId,
    level: Level | None,
    level_since: date,
    criteria: int,
    today: date,
) -> None:
    """Refuse an acceptance by somebody else than the owner, of another level, before the level, or too long."""
    if by != owner:
        raise AcceptanceRefused(_("You are not the owner of this risk."), _("Only its owner can accept what remains."))
    if level is None:
        raise AcceptanceRefused(_("The risk was not analysed."), _("Analyse it, then decide on its treatment."))
    if acceptance.seen_level is not level:
        raise AcceptanceRefused(
            _(
                "You saw the level {seen_level}, but it is {level} now.",
                seen_level=word(acceptance.seen_level),
                level=word(level),
            ),
            _("Look at it again before you sign."),
        )
    if acceptance.seen_criteria not in (None, criteria):
        raise AcceptanceRefused(
            _(
                "You saw the risk by criteria {seen_criteria}, but {criteria} are in force now.",
                seen_criteria=acceptance.seen_criteria,
                criteria=criteria,
            ),
            _("Look at what is acceptable by them before you sign."),
        )
    check_reason(acceptance.reason, _("reason of the acceptance"))
    signed = acceptance.signed_on or today
    if signed > today:
        raise AcceptanceRefused(
            _("{signed} is still to come.", signed=signed.isoformat()), _("An acceptance is signed today or before.")
        )
    if signed < level_since:
        raise AcceptanceRefused(
            _(
                "It is dated {signed}, but the level is known since {level_since}.",
                signed=signed.isoformat(),
                level_since=level_since.isoformat(),
            ),
            _("An acceptance cannot be older than the level that it accepts."),
        )
    if not today < acceptance.valid_until <= signed + LONGEST_ACCEPTANCE:
        raise AcceptanceRefused(
            _("It would end on {valid_until}.", valid_until=acceptance.valid_until.isoformat()),
            _("Choose a day after today and within a year of signing."),
        )


def event_key(event: str) -> str:
    """Return the same key for the same words, whatever their case and spaces."""
    return hashlib.sha256(" ".join(event.casefold().split()).encode()).hexdigest()[:32]
