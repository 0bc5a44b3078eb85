"""The first page: what a person has to decide, what expires and what changed. At most five actions, the pressing first.

Refuses to invent work: every action follows from a record or a derived status. Knows no HTML.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from clerestory.desk.actor import Actor
from clerestory.desk.approval import Standing, open_proposals
from clerestory.desk.permit import may, permit
from clerestory.judgement.phrase import Missing
from clerestory.report.board import HOME, Board, BoardRow, board
from clerestory.report.evidence import LogLine, entries
from clerestory.store.log import Search
from clerestory.terms.status import Conformity

MOST_ACTIONS = 5
SOON = timedelta(days=30)
NEWEST = 8


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do. ``what``: approve | repair | renew | renew_soon | first_system | first_check."""

    what: str
    title: str
    url: str
    count: int = 1
    on: date | None = None
    why: Missing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The first page of one person."""

    board: Board
    actions: tuple[Action, ...]
    expiring: tuple[BoardRow, ...]
    changed: tuple[LogLine, ...]
    waiting: int


def home(actor: Actor, *, now: datetime) -> Home:
    """Return the first page of a person."""
    permit(actor, "read", "board")
    shown = board(actor, HOME, at=now, live=True)
    changed = entries(actor, Search(size=NEWEST))
    waiting = tuple(standing for standing in open_proposals(actor) if standing.can_approve(actor))
    signable = waiting if may(actor, "approve", "proposal") else ()
    actions = tuple(_actions(actor, shown, signable, changed.total, now.date()))[:MOST_ACTIONS]
    expiring = sorted((row for row in shown.rows if row.stale_on), key=lambda row: (str(row.stale_on), row.id))
    return Home(board=shown, actions=actions, expiring=tuple(expiring[:6]), changed=changed.rows, waiting=len(signable))


def _actions(
    actor: Actor, shown: Board, signable: tuple[Standing, ...], entries_held: int, today: date
) -> Iterator[Action]:
    if signable:
        yield Action("approve", signable[0].title, signable[0].url, len(signable), signable[0].proposed_at.date())
    failing = [row for row in shown.rows if row.conformity is Conformity.NONCONFORMING]
    for row in failing[:2]:
        failed = next((item for item in row.missing if item.code.startswith("failed")), None)
        yield Action("repair", f"{row.id} {row.title}", row.id, why=failed)
    stale = [row for row in shown.rows if row.conformity is Conformity.STALE]
    if stale:
        yield Action("renew", f"{stale[0].id} {stale[0].title}", stale[0].id, len(stale))
    soon = [row for row in shown.rows if row.stale_on and today <= row.stale_on <= today + SOON]
    if soon:
        first = min(soon, key=lambda row: (str(row.stale_on), row.id))
        yield Action("renew_soon", f"{first.id} {first.title}", first.id, len(soon), first.stale_on)
    if not may(actor, "write", "inventory"):
        return
    bare = [row for row in shown.rows if row.id == "A.4.2" or row.id == "4.3"]
    if entries_held < 10 and all(row.conformity is not Conformity.CONFORMS for row in bare):
        yield Action("first_system", "", "")
        yield Action("first_check", "", "")
