"""What waits for a committee: open proposals, what is past its day in any register, and requirements that fail.

It reads the log, the desk and the directory; it knows no register.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from clerestory.catalogue.load import load
from clerestory.catalogue.rule import Answers
from clerestory.desk.actor import Actor
from clerestory.desk.approval import open_proposals
from clerestory.desk.day import day_of, today_of
from clerestory.desk.people import names_of
from clerestory.desk.permit import permit
from clerestory.desk.standing import Standing
from clerestory.judgement.row import Row
from clerestory.report.board import HOME, board
from clerestory.report.title import people_in, title_said, with_names
from clerestory.store import directory
from clerestory.store.facts import judging
from clerestory.terms.ids import EntryId
from clerestory.terms.status import Conformity

MOST = 20
FEW = 3


@dataclass(frozen=True, slots=True)
class Waits:
    """One thing that waits: what, why in one word, where, since when, and the record where one is known."""

    title: str
    why: str
    url: str
    kind: str = ""
    id: str = ""
    day: date | None = None


def agenda(actor: Actor, *, now: datetime) -> tuple[Waits, ...]:
    """Return what waits, at most twenty of a sort: what is late, then what waits for approval, then what fails.

    Of one kind of record three at most wait by name; the others are counted.
    """
    permit(actor, "read", "board")
    return (*_late(actor, now), *_proposals(actor), *_failing(actor, now))


def _late(actor: Actor, now: datetime) -> Iterator[Waits]:
    """Name what some rule asks an answer to, whose day is past and that nothing answers."""
    today = today_of(actor, now).isoformat()
    found: dict[tuple[str, str], tuple[str, str]] = {}
    with judging(actor.organisation_id) as index:
        answered = {(row.fact.kind, entry) for row in index.rows.values() if not row.dead for entry in row.fact.answers}
        for need, asks in dict.fromkeys(_asked()):
            for node in index.by_kind.get(asks.kind, ()):
                versions: dict[str, list[Row]] = {}
                for row in node.about(asks.kind):
                    versions.setdefault(row.fact.entity, []).append(row)
                for entity, rows in versions.items():
                    newest = rows[-1]
                    due = str(newest.value(asks.due) or "")[:10]
                    done = any((need, row.fact.entry_id) in answered for row in rows)
                    if due and due < today and not done and not newest.dead:
                        name, _slash, number = entity.partition("/")
                        before = found.get((name, number))
                        if before is None or due < before[0]:
                            found[name, number] = (due, newest.fact.entry_id)
    known = {(one.kind, one.id): one for one in directory.some(actor.organisation_id, found)}
    for key, (due, entry) in sorted(found.items(), key=lambda one: one[1])[:MOST]:
        record = known.get(key)
        yield Waits(
            record.label if record else f"{key[0].replace('_', ' ')} {key[1]}",
            "late",
            record.url if record and record.url else f"/evidence/{entry}/",
            key[0] if record else "",
            key[1] if record else "",
            date.fromisoformat(due),
        )


def _asked() -> Iterator[tuple[str, Answers]]:
    for rules in load().rules.values():
        for rule in rules:
            for need in (*rule.needs, *(need for some in rule.any_of for need in some)):
                if need.answers is not None and need.answers.due:
                    yield need.kind, need.answers


def _proposals(actor: Actor) -> Iterator[Waits]:
    waiting, beyond = _some_of_each(open_proposals(actor))
    known = {record.url: record for record in directory.at(actor.organisation_id, [one.url for one in waiting])}
    names = names_of(actor.organisation_id, [person for one in waiting for person in people_in(one.title)])
    for one in waiting:
        record, title = known.get(one.url), with_names(title_said(one.title), names)
        if more := beyond.get(one.entry_id):
            title = _("%(title)s, and %(n)s more of this sort") % {"title": title, "n": more}
        yield Waits(
            title, "waits for approval", one.url, record.kind if record else "", record.id if record else "",
            day_of(actor, one.proposed_at),
        )  # fmt: skip


def _some_of_each(waiting: Iterable[Standing]) -> tuple[list[Standing], dict[EntryId, int]]:
    """Take the oldest few of each kind, so that many of one kind hide none of another; and count the others of a kind
    at the last that is taken."""
    of_kind: dict[str, list[Standing]] = {}
    for one in waiting:
        of_kind.setdefault(one.kind, []).append(one)
    taken = sorted((one for some in of_kind.values() for one in some[:FEW]), key=lambda one: one.proposed_at)[:MOST]
    beyond = {some[FEW - 1].entry_id: len(some) - FEW for some in of_kind.values() if len(some) > FEW}
    return taken, beyond


def _failing(actor: Actor, now: datetime) -> Iterator[Waits]:
    rows = [row for row in board(actor, HOME, at=now).rows if row.conformity is Conformity.NONCONFORMING]
    for row in rows[:MOST]:
        yield Waits(f"{row.id} {row.title}", "fails", f"/requirements/{HOME}/{row.id}/")
