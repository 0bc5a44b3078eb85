"""Moves entries from the outbox into the tree, one sequencer at a time per log; running it again is always safe."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from django.db import DatabaseError, connection, transaction
from django.db.models import F

from clerestory.ledger.tile import grow_tiles
from clerestory.ledger.tree import EMPTY_ROOT, leaf_hash
from clerestory.store import clock
from clerestory.store.models import KindCount, LogEntry, LogState, Tile
from clerestory.store.sequencer.signing import sign
from clerestory.store.sequencer.tiles import frontier_of, write_growth
from clerestory.store.unit import atomic, step, wait_turn
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import OrganisationId
from clerestory.terms.sentence import gettext as _

BATCH = 4096
_log = logging.getLogger(__name__)
listeners: list[Callable[[OrganisationId], None]] = []
"""Told after each commit whose entries were placed and signed; a shell registers here what hands them on."""


class LogMoved(ClerestoryError):
    """Another sequencer changed the log at the same moment."""


@dataclass(frozen=True, slots=True)
class _AfterCommit:
    organisation_id: OrganisationId

    def __call__(self) -> None:
        try:
            sequence(self.organisation_id)
        except (ClerestoryError, DatabaseError, OSError):
            _log.exception("The log of %s is not signed up to its end", self.organisation_id)
            return
        for listener in listeners:
            listener(self.organisation_id)


def sequence_after_commit(organisation_id: OrganisationId) -> None:
    """Run the sequencer once after the open transaction commits; a failure is logged and leaves the outbox as it is."""
    task = _AfterCommit(organisation_id)
    if not any(waiting == task for _, waiting, *_ in connection.run_on_commit):
        transaction.on_commit(task)


def sequence(organisation_id: OrganisationId) -> int:
    """Place all entries of the outbox, sign the new size, and return how many were placed."""
    placed = 0
    while LogEntry.objects.filter(organisation_id=organisation_id, position=None).exists():
        batch = _place_batch(organisation_id)
        placed += batch
        if batch < BATCH:
            break
    sign(organisation_id)
    return placed


def catch_up() -> dict[OrganisationId, ClerestoryError]:
    """Run the sequencer for every log, as at start-up; return what went wrong, by organisation."""
    outbox = LogEntry.objects.filter(position=None)  # house: allow organisation-scope: every log of this server
    known = LogState.objects.all()  # house: allow organisation-scope: every log of this server
    ids = {row for rows in (outbox, known) for row in rows.values_list("organisation_id", flat=True).distinct()}
    problems: dict[OrganisationId, ClerestoryError] = {}
    for organisation_id in sorted(ids):
        try:
            sequence(OrganisationId(organisation_id))
        except ClerestoryError as error:
            _log.error("The log of %s was not signed: %s", organisation_id, error)
            problems[OrganisationId(organisation_id)] = error
    return problems


def _place_batch(organisation_id: OrganisationId) -> int:
    with atomic():
        wait_turn(organisation_id, "log")
        state = _state(organisation_id)
        rows = list(
            LogEntry.objects.filter(organisation_id=organisation_id, position=None)
            .order_by("id")
            .values_list("id", "leaf", "kind")[:BATCH]
        )
        if not rows:
            return 0
        frontier, growths = grow_tiles(
            frontier_of(state.size, bytes(state.frontier)), [leaf_hash(bytes(leaf)) for _, leaf, _ in rows]
        )
        step("sequencer.grown")
        write_growth(organisation_id, growths)
        _write_positions([(state.size + i, row_id) for i, (row_id, _, _) in enumerate(rows)])
        _count(organisation_id, Counter(kind for _, _, kind in rows))
        moved = LogState.objects.filter(organisation_id=organisation_id, size=state.size, root=state.root).update(
            size=frontier.size, root=frontier.root().hex(), frontier=b"".join(frontier.peaks), updated_at=clock.now()
        )
        if moved != 1:
            raise LogMoved(
                _("Another sequencer changed the log at the same moment."), _("Run one sequencer for a log.")
            )
        step("sequencer.before_commit")
    step("sequencer.after_commit")
    return len(rows)


def rebuild(organisation_id: OrganisationId) -> LogState:
    """Build tiles, counts and state anew from the places that entries have; the caller signs and holds the turn.

    Only `recover` needs it: places of a log that goes on never change.
    """
    placed = LogEntry.objects.filter(organisation_id=organisation_id).exclude(position=None).order_by("position")
    hashes = [leaf_hash(bytes(leaf)) for leaf in placed.values_list("leaf", flat=True).iterator(chunk_size=BATCH)]
    Tile.objects.filter(organisation_id=organisation_id).delete()
    KindCount.objects.filter(organisation_id=organisation_id).delete()
    frontier, growths = grow_tiles(frontier_of(0, b""), hashes)
    write_growth(organisation_id, growths)
    _count(organisation_id, Counter(placed.values_list("kind", flat=True)))
    state = _state(organisation_id)
    state.size, state.root, state.updated_at = frontier.size, frontier.root().hex(), clock.now()
    state.frontier = b"".join(frontier.peaks)
    state.save()
    return state


def _state(organisation_id: OrganisationId) -> LogState:
    state, _ = LogState.objects.get_or_create(
        organisation_id=organisation_id, defaults={"root": EMPTY_ROOT.hex(), "updated_at": clock.now()}
    )
    return state


def _write_positions(places: list[tuple[int, int]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE store_logentry SET position = %s WHERE id = %s AND position IS NULL", places)
        if cursor.rowcount not in (-1, len(places)):
            raise LogMoved(_("An entry was placed by another sequencer."), _("Run one sequencer for a log."))


def _count(organisation_id: OrganisationId, placed: Counter[str]) -> None:
    for kind, entries in sorted(placed.items()):
        counts = KindCount.objects.filter(organisation_id=organisation_id, kind=kind)
        if not counts.update(entries=F("entries") + entries):
            KindCount.objects.create(organisation_id=organisation_id, kind=kind, entries=entries)
