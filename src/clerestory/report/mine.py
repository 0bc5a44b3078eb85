"""My page: what I should do, what changed since I was here, what expires, and what fits my roles.

Refuses to show more than five actions unasked, and a role's part to whom it does not concern. Knows no HTML.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.approval import waiting_for
from clerestory.desk.day import today_of
from clerestory.desk.entrance.visit import last_visit
from clerestory.desk.people import members_of
from clerestory.desk.permit import may, permit
from clerestory.judgement.evaluate import Judgement, evaluate
from clerestory.judgement.index import FactIndex
from clerestory.report.action import (
    ALL,
    MOST,
    Action,
    duties_of,
    first_steps,
    from_board,
    from_duties,
    from_proposals,
    next_steps,
    ordered,
)
from clerestory.report.board import HOME, Board, BoardRow, board
from clerestory.report.difference import Change, compare
from clerestory.report.questions import Answers, answers
from clerestory.report.requirement import EntryLine, lines
from clerestory.report.system import CheckLine, checks_of
from clerestory.store import directory, log
from clerestory.store.facts import judged, judging
from clerestory.terms.status import Verdict

HORIZON = timedelta(days=90)
NEWEST = 6
MOST_SYSTEMS = 8
COMPARED = 5_000
"""With more entries than that, statuses then and now are compared on a page of their own, when asked for."""
_VISITS_KEPT = 8
_own: log.Kept[tuple[directory.Record, ...]] = log.Kept()
_REQUIREMENTS = f"/requirements/{HOME}/"
_ROLES = {
    "top_management": ("questions",),
    "designated_management": ("board", "risks"),
    "risk_owner": ("risks",),
    "accountable_owner": ("systems",),
    "legal_counsel": ("classification",),
}
_ACCESS = {"admin": ("board",), "auditor": ("audit", "board")}
ORDER = ("questions", "systems", "risks", "classification", "audit", "board")


@dataclass(frozen=True, slots=True)
class Expiring:
    """A requirement that conforms today and ages on a day, unless its evidence is renewed."""

    row: BoardRow
    on: date
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What came in since the last visit. ``moved`` is None where it is compared on its own page only."""

    since: datetime | None
    entries: int
    failed: int
    newest: tuple[EntryLine, ...]
    moved: tuple[Change, ...] | None


@dataclass(frozen=True, slots=True)
class OwnSystem:
    """A system that the member answers for, with its newest results and those that do not pass."""

    record: directory.Record
    verdicts: Mapping[str, int]
    offending: tuple[CheckLine, ...]
    oldest_at: datetime | None
    """When the oldest of the newest results was measured."""


@dataclass(frozen=True, slots=True)
class Unclassified:
    """A system of which something that decides about the rules is not said."""

    system_id: str
    label: str
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """What an auditor starts from."""

    in_scope: int
    systems: int
    entries: int
    signed: int
    root: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """The page of one member."""

    actions: tuple[Action, ...]
    due: int
    changed: Changed
    soon: tuple[Expiring, ...]
    later: tuple[Expiring, ...]
    blocks: tuple[str, ...]
    board: Board
    newcomer: bool
    answers: Answers | None
    systems: tuple[OwnSystem, ...]
    unclassified: tuple[Unclassified, ...]
    audit: Audit | None
    in_90_days: date


def mine(actor: Actor, *, now: datetime, whole: bool = False) -> Mine:
    """Return the page of a member, and note that they were here; ``whole``: with all that there is to do."""
    permit(actor, "read", "board")
    shown = board(actor, HOME, at=now, live=True)
    before = last_visit(actor, now=now, note=actor.scopes is None)
    most = ALL if whole else MOST
    waiting = waiting_for(actor, most)
    existing = _existing(actor)
    newcomer = may(actor, "write", "inventory") and "register.ai_system" not in existing
    writes = may(actor, "write", "board")
    found = [*from_proposals(actor, waiting.oldest), *from_duties(duties_of(actor, today_of(actor, now)))]
    found += from_board(shown.rows, today_of(actor, now), _REQUIREMENTS) if writes else ()
    asked = {action.url for action in found}
    unapproved = may(actor, "administer", "members") and "approval.document" not in existing
    alone = unapproved and len(members_of(actor.organisation_id)) == 1
    found += [step for step in next_steps(actor, existing, alone=alone) if step.url not in asked]
    actions, due = ordered(found, today_of(actor, now), waiting.counts, most)
    if newcomer:
        actions = first_steps(actor, alone=alone)
        due = len(actions)
    expiring = _expiring(shown.rows, today_of(actor, now))
    own = _owned(actor)
    blocks = blocks_of(actor, owns=bool(own))
    return Mine(
        actions=actions,
        due=due,
        changed=_changed(actor, before, now),
        soon=tuple(one for one in expiring if one.days <= 30),
        later=tuple(one for one in expiring if one.days > 30),
        blocks=blocks,
        board=shown,
        newcomer=newcomer,
        answers=answers(actor, now=now) if {"questions", "risks"} & set(blocks) else None,
        systems=_own_systems(actor, own) if "systems" in blocks else (),
        unclassified=_unclassified(actor) if "classification" in blocks else (),
        audit=_audit(actor) if "audit" in blocks else None,
        in_90_days=today_of(actor, now) + HORIZON,
    )


def _owned(actor: Actor) -> tuple[directory.Record, ...]:
    """Return the member's systems, read anew once the log has grown: who owns one is written with an entry."""
    read = partial(directory.owned_by, actor.organisation_id, actor.person_id, "ai_system", most=MOST_SYSTEMS)
    return _own.get(actor.organisation_id, actor.person_id, read)


def blocks_of(actor: Actor, *, owns: bool) -> tuple[str, ...]:
    """Return the parts of the page that fit a member's access, roles and systems, in order."""
    named = {block for role in actor.roles for block in _ROLES.get(role, ())}
    named |= set(_ACCESS.get(actor.access, ())) | ({"systems"} if owns else set())
    if "questions" in named:
        named.discard("risks")  # the seven questions answer it
    return tuple(block for block in ORDER if block in named)


def _existing(actor: Actor) -> frozenset[str]:
    with judging(actor.organisation_id) as index:
        return frozenset(kind for kind, nodes in index.by_kind.items() if nodes)


def _expiring(rows: Sequence[BoardRow], today: date) -> list[Expiring]:
    found = [
        Expiring(row, row.stale_on, (row.stale_on - today).days)
        for row in rows
        if row.stale_on is not None and today <= row.stale_on <= today + HORIZON
    ]
    return sorted(found, key=lambda one: (one.on, one.row.id))


def _changed(actor: Actor, since: datetime | None, now: datetime) -> Changed:
    with judging(actor.organisation_id) as index:
        new = []
        for entry_id, row in reversed(index.rows.items()):
            if since is not None and row.fact.received_at <= since:
                break
            new.append(entry_id)
            if since is None and len(new) >= NEWEST:
                break
        failed = sum(index.rows[entry].verdict == Verdict.FAIL for entry in new)
        newest = tuple(lines(index, new[:NEWEST]).values())
        moved = _moved(actor, index, since, now) if new and len(index.rows) <= COMPARED else None
    if since is None:
        return Changed(since=None, entries=len(index.rows), failed=0, newest=newest, moved=())
    return Changed(since=since, entries=len(new), failed=failed, newest=newest, moved=moved if new else ())


def _moved(actor: Actor, index: FactIndex, since: datetime | None, now: datetime) -> tuple[Change, ...]:
    if since is None:
        return ()
    key = ("judged at", since)
    kept = index.cache.get(key)
    if isinstance(kept, Judgement):
        before = kept
    else:
        for old in [old for old in index.cache if isinstance(old, tuple) and old[0] == key[0]][_VISITS_KEPT:]:
            index.cache.pop(old)
        before = index.cache[key] = evaluate(load(), HOME, index, at=since)
    after = judged(actor.organisation_id, HOME, index, at=now, live=True)
    return compare(index, before, after, now=now).moved


def _own_systems(actor: Actor, own: Sequence[directory.Record]) -> tuple[OwnSystem, ...]:
    checks = checks_of(actor, [record.id for record in own])
    found = []
    for record in own:
        newest = checks[record.id]
        verdicts = {str(v): sum(line.newest.verdict == v for line in newest) for v in Verdict}
        offending = tuple(line for line in newest if line.newest.verdict is not Verdict.PASS)
        oldest = min((line.newest.at for line in newest), default=None)
        found.append(OwnSystem(record, verdicts, offending[:3], oldest))
    return tuple(sorted(found, key=lambda one: (-one.verdicts[Verdict.FAIL], one.record.label)))


def _unclassified(actor: Actor) -> tuple[Unclassified, ...]:
    with judging(actor.organisation_id) as index:
        found = []
        for node in index.members("ai_system"):
            values = node.state.fact.values if node.state else {}
            unknown = tuple(name for name in ("tier", "affects_people", "in_scope") if values.get(name) in (None, ""))
            if unknown:
                found.append(Unclassified(node.subject.id, str(values.get("name", node.subject.id)), unknown))
    return tuple(found[:MOST_SYSTEMS])


def _audit(actor: Actor) -> Audit:
    signed = log.checkpoint(actor.organisation_id)
    with judging(actor.organisation_id) as index:
        systems = index.members("ai_system")
        scoped = sum(node.state is not None and node.state.value("in_scope") is True for node in systems)
        entries = len(index.rows)
    return Audit(
        in_scope=scoped,
        systems=len(systems),
        entries=entries,
        signed=signed.size if signed else 0,
        root=signed.root if signed else "",
    )
