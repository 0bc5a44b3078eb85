"""Changes of an AI system (8.1): asked for, assessed, decided, made. Refuses what is made before it was decided."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.sentence import word
from clerestory.terms.text import plain

LATEST = timedelta(days=365)
"""A change whose decision is due later than this is no request but a plan."""
GRACE = timedelta(days=7)
"""So long after it was noted as made, what the inventory shows still belongs to a change."""


class LifecycleRefused(ClerestoryError):
    """A change, a release or criteria lack something or come in the wrong order."""


class Aspect(StrEnum):
    """What of a system changes."""

    MODEL = "model"
    DATA = "data"
    PROMPT = "prompt"
    TOOLS = "tools"
    PURPOSE = "purpose"
    SUPPLIER = "supplier"
    THRESHOLD = "threshold"
    DEPLOYMENT = "deployment"


class Renewal(StrEnum):
    """A record that a change can make old."""

    IMPACT = "impact assessment"
    RISK = "risk assessment"
    CLASS = "class under the law"
    TESTS = "tests and checks"
    THREATS = "threat model"
    INFORMATION = "information for users"
    SUPPLIER = "supplier review"


class Level(StrEnum):
    """How much risk there is, before and after."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    VERY_HIGH = "very high"


class State(StrEnum):
    """How far a change has come."""

    ASKED = "to be assessed"
    WAITING = "waits for approval"
    APPROVED = "may be made"
    REFUSED = "refused"
    MADE = "made"
    UNREVIEWED = "made, not reviewed"
    REVIEWED = "reviewed afterwards"


class Outcome(StrEnum):
    """What was decided about a change, in the words of its evidence."""

    APPROVED = "approved"
    REFUSED = "refused"
    REVIEWED = "reviewed afterwards"


RENEWS: Mapping[Aspect, tuple[Renewal, ...]] = {
    Aspect.MODEL: (Renewal.IMPACT, Renewal.RISK, Renewal.TESTS, Renewal.THREATS),
    Aspect.DATA: (Renewal.IMPACT, Renewal.RISK, Renewal.TESTS),
    Aspect.PROMPT: (Renewal.TESTS, Renewal.THREATS),
    Aspect.TOOLS: (Renewal.RISK, Renewal.TESTS, Renewal.THREATS),
    Aspect.PURPOSE: (Renewal.IMPACT, Renewal.RISK, Renewal.CLASS, Renewal.INFORMATION),
    Aspect.SUPPLIER: (Renewal.RISK, Renewal.SUPPLIER, Renewal.THREATS),
    Aspect.THRESHOLD: (Renewal.IMPACT, Renewal.TESTS),
    Aspect.DEPLOYMENT: (Renewal.IMPACT, Renewal.RISK, Renewal.CLASS, Renewal.INFORMATION),
}
"""What each change usually makes old; whoever assesses it says what holds here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change that is wanted, or that happened. ``emergency``: made at once and reviewed afterwards.

    ``seen`` are the entries of the inventory by which a change that nobody asked for was noticed.
    """

    system_id: str
    title: str
    aspects: tuple[Aspect, ...]
    why: str
    decide_by: date
    planned: bool = True
    emergency: bool = False
    seen: tuple[EntryId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What a change does: the records to renew, the risk before and after, its effect on people, and the way back."""

    renew: tuple[Renewal, ...]
    nothing_to_renew: bool
    risk_before: Level
    risk_after: Level
    effect: str
    rollback: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A change that the inventory shows: an aspect of a system in operation, when, and the entry that says so."""

    system_id: str
    aspect: Aspect
    what: str
    at: datetime
    entry_id: EntryId


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """What of a change request covers what was seen: its aspects, since when it is approved, and until when."""

    change_id: str
    system_id: str
    aspects: tuple[str, ...]
    approved_at: datetime | None
    made_at: datetime | None
    seen: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A version that goes to work, under conditions; ``despite`` is why, where no impact assessment was valid."""

    system_id: str
    model_version: str
    conditions: tuple[str, ...]
    despite: str = ""


def renewals(aspects: Iterable[Aspect]) -> tuple[Renewal, ...]:
    """Return what changes of these aspects usually make old, in a fixed order."""
    found = {renewal for aspect in aspects for renewal in RENEWS[aspect]}
    return tuple(renewal for renewal in Renewal if renewal in found)


def check_change(change: Change, today: date) -> None:
    """Refuse a change without title, reason or aspect, or whose day has passed or is more than a year away."""
    plain(change.title, _("what changes"), longest=300)
    plain(change.why, _("reason"), longest=4000, lines=True)
    if not change.aspects:
        raise LifecycleRefused(_("Nothing says what of the system changes."), _("Tick at least one part."))
    if change.decide_by < today:
        raise LifecycleRefused(_("The day for the decision has passed."), _("Give a day that comes."))
    if change.decide_by > today + LATEST:
        raise LifecycleRefused(_("The day for the decision is more than a year away."), _("Give an earlier day."))


def check_assessment(said: Assessment) -> None:
    """Refuse an assessment without effect or way back, that says both, or whose risk rises without a word of it."""
    plain(said.effect, _("effect on people"), longest=2000, lines=True)
    plain(said.rollback, _("way back"), longest=2000, lines=True)
    if said.renew and said.nothing_to_renew:
        raise LifecycleRefused(_("Nothing is to be renewed, and something is."), _("Untick the one or the other."))
    if not said.renew and not said.nothing_to_renew:
        raise LifecycleRefused(
            _("Nothing says which records the change makes old."), _("Tick them, or say that there is none.")
        )


def check_made(
    state: str, *, emergency: bool, asked_on: date, approved_on: date | None, made_on: date, today: date
) -> None:
    """Refuse to note as made what is not approved, unless it is an emergency; and a day to come or before its turn."""
    if made_on > today:
        raise LifecycleRefused(_("The change was made on a day to come."), _("Note it once it is made."))
    if made_on < asked_on:
        raise LifecycleRefused(
            _("The change was asked for on {asked_on}, and made before.", asked_on=asked_on),
            _("What was made without asking is reviewed from the list of unapproved changes."),
        )
    if state == State.APPROVED and approved_on is not None and made_on < approved_on:
        raise LifecycleRefused(
            _("The change was approved on {approved_on}, and made before.", approved_on=approved_on),
            _("Take the approval back, and have it reviewed afterwards as one that nobody asked for."),
        )
    if state == State.APPROVED or (emergency and state == State.ASKED):
        return
    raise LifecycleRefused(
        _("The change is {state!r}, not approved.", state=word(state)),
        _("Have it approved first; what cannot wait is asked for as an emergency and reviewed afterwards."),
    )


def unapproved(seen: Iterable[Seen], covered: Iterable[Covered]) -> tuple[Seen, ...]:
    """Return what was changed without an approved request for that part of that system, and without a later review."""
    by_system: dict[str, list[Covered]] = {}
    for request in covered:
        by_system.setdefault(request.system_id, []).append(request)
    return tuple(one for one in seen if not any(_covers(request, one) for request in by_system.get(one.system_id, ())))


def _covers(request: Covered, one: Seen) -> bool:
    if one.entry_id in request.seen:
        return True
    if one.aspect not in request.aspects or request.approved_at is None or one.at < request.approved_at:
        return False
    return request.made_at is None or one.at <= request.made_at + GRACE


def check_release(release: Release, *, assessed: bool) -> None:
    """Refuse a release of nothing, and one without a valid impact assessment that gives no reason."""
    plain(release.model_version, _("version"), longest=200)
    for condition in release.conditions:
        plain(condition, _("condition"), longest=300)
    if assessed or release.despite.strip():
        if release.despite:
            plain(release.despite, _("reason to release all the same"), longest=2000, lines=True)
        return
    raise LifecycleRefused(
        _("No impact assessment of the system is valid today."),
        _("Have it assessed and approved first. What must go to work all the same says why, and is marked for good."),
    )


def check_criteria(criteria: Iterable[str]) -> tuple[str, ...]:
    """Return the criteria of a process; refuse none, and texts that no screen shows."""
    found = tuple(dict.fromkeys(text.strip() for text in criteria if text.strip()))
    if not found:
        raise LifecycleRefused(_("The process has no criterion."), _("Write at least one, with its limit."))
    for text in found:
        plain(text, _("criterion"), longest=300)
    return found
