"""When a system must be assessed again: what changed since, what was measured anew, what happened, and time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, order=True)
class Result:
    """The newest result of one check on one version: what an assessment rests on, by its entry."""

    key: str
    entry_id: str
    check: str
    subject: str
    criterion: str
    value: str
    verdict: str
    observed_at: datetime
    topic: str
    slice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What is known of a system at one moment. None and empty are unknown."""

    entry_id: str = ""
    name: str = ""
    owner: str = ""
    purpose: str = ""
    stage: str = ""
    tier: str | None = None
    affects_people: bool | None = None
    interacts: bool | None = None
    use_areas: tuple[str, ...] = ()
    affected_groups: tuple[str, ...] = ()
    deployment_context: str = ""
    autonomy_level: int | None = None
    models: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    results: tuple[Result, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened outside of the record: a change of law, a serious incident."""

    kind: str
    what: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a system must be assessed again: the kind of change, and what was and is."""

    kind: str
    was: str = ""
    now: str = ""


@dataclass(frozen=True, slots=True)
class Linked:
    """A measured result in an assessment, and where it stands now: fresh, newer (with the newer one) or gone."""

    result: Result
    newer: Result | None
    gone: bool

    @property
    def stale(self) -> bool:
        """Whether the assessment rests on something that is not the newest any more."""
        return self.gone or self.newer is not None


COMPARED = ("purpose", "affected_groups", "deployment_context", "autonomy_level", "models", "sources", "tier")
"""What of a system makes an assessment out of date when it changes."""
CHANGES = frozenset({*COMPARED, "law", "method", "measured"})


def reasons(
    then: Snapshot,
    now: Snapshot,
    *,
    made_at: datetime,
    made_on: date,
    today: date,
    every_days: int,
    events: Iterable[Event] = (),
    newer_method: bool = False,
) -> tuple[Reason, ...]:
    """Return why a system must be assessed again; nothing where the assessment still fits."""
    found = []
    for name in COMPARED:
        before, after = getattr(then, name), getattr(now, name)
        if before != after:
            found.append(Reason(name, _text(before), _text(after)))
    stale = [link for link in linked(then.results, now.results) if link.stale]
    if stale:
        found.append(Reason("measured", now=", ".join(dict.fromkeys(link.result.check for link in stale))))
    found += [Reason(event.kind, now=event.what) for event in events if event.at > made_at]
    if newer_method:
        found.append(Reason("method"))
    if (today - made_on).days > every_days:
        found.append(Reason("time", made_on.isoformat(), str(every_days)))
    return tuple(found)


def linked(then: Sequence[Result], now: Sequence[Result]) -> tuple[Linked, ...]:
    """Return each result an assessment rests on with what became of it."""
    current: Mapping[str, Result] = {result.key: result for result in now}
    links = []
    for result in then:
        found = current.get(result.key)
        newer = found if found is not None and found.entry_id != result.entry_id else None
        links.append(Linked(result, newer, found is None))
    return tuple(links)


def trigger_of(found: Iterable[Reason], *, is_first: bool) -> str:
    """Return the word for why an assessment is made."""
    kinds = {reason.kind for reason in found}
    if is_first:
        return "first"
    if "serious incident" in kinds:
        return "incident"
    return "change" if kinds & CHANGES else "interval"


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
