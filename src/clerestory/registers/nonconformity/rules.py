"""The steps of a nonconformity (ISO/IEC 42001, 10.2), their days, and what each must say.

Refuses steps out of order, days in the past, and whoever answers for an action as judge of its effect.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import FactValue, Subject
from clerestory.terms.ids import EntryId, LeafHash, PersonId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.sentence import word
from clerestory.terms.text import plain


class NonconformityRefused(ClerestoryError):
    """What is said of a nonconformity lacks something, contradicts itself or comes at the wrong time."""


class StepRefused(ClerestoryError):
    """A step is not the next one, or was taken before."""


class NotIndependent(ClerestoryError):
    """Whoever answers for an action cannot confirm that it worked."""


class RecheckMissing(ClerestoryError):
    """An action cannot be called effective while the check that failed was not passed since."""


class Grade(StrEnum):
    """How much a nonconformity weighs; the judge holds a requirement with an open major one as nonconforming."""

    MAJOR = "major_nonconformity"
    MINOR = "minor_nonconformity"
    OBSERVATION = "observation"
    OPPORTUNITY = "opportunity_for_improvement"


class FoundBy(StrEnum):
    """How it came to light."""

    CHECK = "check"
    AUDIT = "audit"
    REVIEW = "review"
    INCIDENT = "incident"
    CONCERN = "concern"
    PERSON = "person"


class Step(StrEnum):
    """What is next. Nobody writes it: it follows from the entries of the steps."""

    CORRECTION = "correction"
    CAUSE = "cause"
    ACTION = "action"
    EFFECT = "effect"
    CLOSED = "closed"
    TAKEN_BACK = "taken back"


STEPS = (Step.CORRECTION, Step.CAUSE, Step.ACTION, Step.EFFECT)
"""The steps in their order."""
SIMILAR = ("other systems", "other versions", "other processes")
"""Where like cases are looked for: the list `similar_cases` that a cause analysis must cover."""
METHODS = ("five whys", "cause and effect diagram", "fault tree", "comparison of cases", "work sample", "other")
OLDEST = timedelta(days=365)
SHORTEST_REASON = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The day by which each step is due."""

    correct_by: date
    cause_by: date
    act_by: date
    confirm_by: date

    def of(self, step: Step) -> date | None:
        """Return the day of a step; None where nothing is due any more."""
        days = (self.correct_by, self.cause_by, self.act_by, self.confirm_by)
        return dict(zip(STEPS, days, strict=True)).get(step)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What is said when a nonconformity is opened. ``owner`` may be empty where the system's owner left."""

    title: str
    statement: str
    requirement: str
    grade: Grade
    found_by: FoundBy
    found_on: date
    days: Days
    owner: PersonId | str
    system_id: str = ""
    bears_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The failed result that opened a nonconformity: its entry, and which check of which system it is."""

    entry_id: EntryId
    leaf_hash: LeafHash
    system_id: str
    check: str
    criterion: str
    data_role: str
    slice: str

    @property
    def key(self) -> str:
        """Two results with the same key are results of the same check on the same system."""
        return f"{self.system_id}|{self.check}|{self.criterion}|{self.data_role}|{self.slice}"


def data_of(subject: Subject, values: Mapping[str, FactValue]) -> str:
    """Return the kind of data that a result is of; for one about what runs the deployment, each apart from others."""
    return str(subject) if subject.kind == "deployment" else str(values.get("data_role", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What was done at once."""

    action: str
    done_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why it happened, how that was found out, and where like cases were looked for: (place, what was found)."""

    cause: str
    method: str
    similar: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What was done so that it does not happen again; ``confirmer`` is asked to look at its effect."""

    action: str
    done_on: date
    responsible: PersonId
    confirmer: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Whether the action worked: what was looked at, the results of the same check since, and the risks."""

    effective: bool
    finding: str
    risks_reviewed: bool
    recheck: tuple[EntryId, ...] = ()
    without_recheck: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One later result of the check that failed."""

    entry_id: EntryId
    verdict: str
    on: date
    is_of_older: bool = False

    def repairs(self, since: date) -> bool:
        """Tell whether it passes since a day, of what failed or of a later version: an older one shows no effect."""
        return self.verdict == "PASS" and self.on >= since and not self.is_of_older


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_name("days.toml").read_text(encoding="utf-8"))


def default_days(grade: Grade, start: date) -> Days:
    """Return the days that the table gives a grade, counted from a day."""
    return Days(**{name: start + timedelta(days=count) for name, count in _table()[grade].items()})


def similar_cases(nonconformity_id: str, days: Days) -> tuple[str, ...]:
    """Return what the cause analysis must cover; each item counts from the day after the cause is due."""
    counts_from = (days.cause_by + timedelta(days=1)).isoformat()
    return tuple(f"{nonconformity_id} {place}@{counts_from}" for place in SIMILAR)


def covered_cases(items: Iterable[str], similar: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the items of a list of similar cases that an analysis answers."""
    answered = {place for place, found in similar if found.strip()}
    return tuple(item for item in items if item.partition("@")[0].partition(" ")[2] in answered)


def check_opening(opening: Opening, requirements: Iterable[str], today: date) -> None:
    """Refuse an opening with an unknown requirement, without text, or with days that cannot be kept.

    Raises:
        NonconformityRefused, TextUnusable: saying what is wrong.
    """
    plain(opening.title, _("title"), longest=200)
    plain(opening.statement, _("description"), longest=10_000, lines=True)
    if opening.requirement not in requirements:
        raise NonconformityRefused(
            _("{requirement!r} is no requirement of the framework.", requirement=opening.requirement),
            _("Choose one such as A.7.4 or 8.1."),
        )
    if not today - OLDEST <= opening.found_on <= today:
        raise NonconformityRefused(
            _("It cannot have been found on {found_on}.", found_on=opening.found_on.isoformat()),
            _("Give a day of the last twelve months."),
        )
    check_days(opening.days, today)


def check_days(days: Days, today: date, *, before: Days | None = None) -> None:
    """Refuse days in the past, out of order or too far away. A day that has passed stays as it was.

    Raises:
        NonconformityRefused: naming the first that is wrong.
    """
    ordered = [(step, day) for step in STEPS if (day := days.of(step)) is not None]
    latest = today + timedelta(days=_table()["longest"])
    for step, day in ordered:
        was = None if before is None else before.of(step)
        kept = was == day
        if was is not None and was < today and not kept:
            raise NonconformityRefused(
                _(
                    "The step {step!r} was due on {was}; a day that has passed is not moved.",
                    step=word(step.value),
                    was=was.isoformat(),
                ),
                _("Leave it as it is and take the step late."),
            )
        if day < today and not kept:
            raise NonconformityRefused(
                _(
                    "The day for the step {step!r} is {day}, which is past.",
                    step=word(step.value),
                    day=day.isoformat(),
                ),
                _("Set a day to come."),
            )
        if day > latest:
            raise NonconformityRefused(
                _(
                    "The day for the step {step!r} is {day}, too far away.",
                    step=word(step.value),
                    day=day.isoformat(),
                ),
                _("Set a day until {latest}.", latest=latest.isoformat()),
            )
    for (step, day), (_before, earlier) in zip(ordered[1:], ordered, strict=False):
        if day < earlier:
            raise NonconformityRefused(
                _(
                    "The step {step!r} would be due on {day}, before the step it follows.",
                    step=word(step.value),
                    day=day.isoformat(),
                ),
                _("Put the days in the order of the steps."),
            )


def check_next(step: Step, current: Step, *, waits: bool = False) -> None:
    """Refuse a step that is not the next one. A proposal that waits may be written anew before it is approved.

    Raises:
        StepRefused: another step is next, or nothing is open any more.
    """
    if current in (Step.CLOSED, Step.TAKEN_BACK):
        raise StepRefused(_("This nonconformity is not open any more."), _("Open a new one; it can name this one."))
    if step is current:
        return
    if STEPS.index(step) < STEPS.index(current):
        raise StepRefused(
            _("The step {step!r} was taken before.", step=word(step.value)),
            _("Its entry stands in the log; take the next."),
        )
    remedy = (
        _("It waits for a second person's approval.")
        if waits
        else _("Take the step {step!r} first.", step=word(current.value))
    )
    raise StepRefused(_("The step {step!r} is not the next one.", step=word(step.value)), remedy)


def check_done_on(done_on: date, *, found_on: date, today: date) -> None:
    """Refuse a day of doing that is still to come or lies before the nonconformity was found.

    Raises:
        NonconformityRefused: naming the day.
    """
    if done_on > today:
        raise NonconformityRefused(
            _("{done_on} is still to come.", done_on=done_on.isoformat()),
            _("Record what was done on the day that it was done."),
        )
    if done_on < found_on:
        raise NonconformityRefused(
            _(
                "It was found on {found_on}; nothing was done about it on {done_on}.",
                found_on=found_on.isoformat(),
                done_on=done_on.isoformat(),
            ),
            _("Correct the day."),
        )


def check_correction(said: Correction, *, found_on: date, today: date) -> None:
    """Refuse a correction without words or on an impossible day."""
    plain(said.action, _("correction"), longest=4000, lines=True)
    check_done_on(said.done_on, found_on=found_on, today=today)


def check_cause(said: Cause) -> None:
    """Refuse an analysis without cause or method, or about places that nobody asked for."""
    plain(said.cause, _("cause"), longest=4000, lines=True)
    if said.method not in METHODS:
        raise NonconformityRefused(
            _("{method!r} is no method.", method=said.method),
            _("Choose one of: {choices}.", choices=", ".join(METHODS)),
        )
    for place, found in said.similar:
        if place not in SIMILAR:
            raise NonconformityRefused(
                _("{place!r} is no place for like cases.", place=place),
                _("Use: {choices}.", choices=", ".join(SIMILAR)),
            )
        if found.strip():
            plain(found, _("result for {place}", place=place), longest=4000, lines=True)


def check_action(said: Action, *, owner: str, found_on: date, today: date) -> None:
    """Refuse an action without words, on an impossible day, or with a judge of its effect who answers for it."""
    plain(said.action, _("corrective action"), longest=4000, lines=True)
    check_done_on(said.done_on, found_on=found_on, today=today)
    if said.confirmer in (said.responsible, owner):
        raise NotIndependent(
            _("Whoever answers for the action or owns the nonconformity cannot confirm its effect."),
            _("Name somebody else to look at the effect."),
        )


def check_independent(person: PersonId, answering: Mapping[str, str]) -> None:
    """Refuse a person who answers for the action: (person -> how they answer for it).

    Raises:
        NotIndependent: saying how they answer for it.
    """
    how = answering.get(person)
    if how is not None:
        raise NotIndependent(
            _("You {how}, so you cannot confirm that it worked.", how=how),
            _("Ask somebody who does not answer for it."),
        )


def check_effect(
    said: Effect, *, from_check: bool, since: date, results: Iterable[Result], unreviewed: Iterable[str]
) -> None:
    """Refuse an effect without words, or one that is called effective against what was measured or left undone.

    Args:
        said: what is confirmed.
        from_check: whether a check found the nonconformity.
        since: the day of the action.
        results: later results of the same check, oldest first.
        unreviewed: risks that nobody has looked at again since.

    Raises:
        RecheckMissing: there is no newer pass, or the newest result is none, and no reason is given.
        NonconformityRefused: the risks were not looked at again, or an entry is no result of the check.
    """
    plain(said.finding, _("finding"), longest=4000, lines=True)
    if said.without_recheck.strip():
        plain(said.without_recheck, _("reason without a re-check"), longest=4000, lines=True)
    known = {result.entry_id: result for result in results}
    foreign = next((entry for entry in said.recheck if entry not in known), None)
    if foreign is not None:
        raise NonconformityRefused(
            _("{foreign} is no later result of this check.", foreign=foreign), _("Choose from the results shown.")
        )
    if not said.effective:
        return
    waiting = next(iter(unreviewed), None)
    if not said.risks_reviewed or waiting is not None:
        told = (
            _("The risk {risk} was not looked at again.", risk=waiting)
            if waiting
            else _("The risks were not looked at again.")
        )
        raise NonconformityRefused(told, _("Have the risks concerned looked at again first; 10.2 asks for it."))
    if from_check:
        _check_recheck(said, since, list(known.values()))


def _check_recheck(said: Effect, since: date, results: list[Result]) -> None:
    telling = [r for r in results if r.verdict == "FAIL" or (r.verdict == "PASS" and not r.is_of_older)]
    if telling and telling[-1].verdict == "FAIL" and telling[-1].on >= since:
        raise RecheckMissing(
            _("The newest result of the check is a fail."), _("Say that the action was not effective.")
        )
    passed = {result.entry_id for result in results if result.repairs(since)}
    if passed & set(said.recheck) or len(said.without_recheck.strip()) >= SHORTEST_REASON:
        return
    raise RecheckMissing(
        _("The check that failed was not passed since the action."),
        _("Run it again and choose its result, or say in a sentence why it cannot be repeated."),
    )
