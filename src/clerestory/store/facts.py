"""The facts of each organisation, indexed for the judge and kept in memory with the newest judgement of them.

A cache, never a source: it is rebuilt from the log when the log is not its continuation. Refuses a log whose leaves do
not lead to its stored root, or to the root that was signed last.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from threading import RLock

from clerestory.catalogue.load import load
from clerestory.judgement.evaluate import Judgement, evaluate, re_evaluate
from clerestory.judgement.index import FactIndex
from clerestory.ledger.tree import Frontier
from clerestory.store.log import kept
from clerestory.store.log.reading import RESTORE, LogAltered, read
from clerestory.store.sequencer.mark import HighWater, read_mark
from clerestory.store.sequencer.signing import LogRolledBack
from clerestory.terms.ids import FrameworkId, LeafHash, OrganisationId
from clerestory.terms.sentence import gettext as _

MOST_ORGANISATIONS = 16


@dataclass(slots=True)
class _Held:
    index: FactIndex
    frontier: Frontier = field(default_factory=Frontier)
    last: LeafHash | None = None


_held: OrderedDict[OrganisationId, _Held] = OrderedDict()
_lock = RLock()


def fact_index(organisation_id: OrganisationId) -> FactIndex:
    """Return the index over every placed entry of the log; costs one query for what is new, within `one_reading` once.

    Raises:
        LogAltered: an entry is missing, moved or changed, or the entries do not lead to the root of the log.
        PayloadAltered: facts are not those that were logged.
        LogRolledBack: the log is older than what was signed, or another one.
    """
    with _lock:
        read_before = _read.get()
        if read_before is not None and organisation_id in read_before and organisation_id in _held:
            return _held[organisation_id].index
        held = _held.pop(organisation_id, None)
        if held is None or not _read_on(organisation_id, held):
            held = _Held(FactIndex(load()))
            _read_on(organisation_id, held)
        _held[organisation_id] = held
        if read_before is not None:
            read_before.add(organisation_id)
        while len(_held) > MOST_ORGANISATIONS:
            _held.popitem(last=False)
        return held.index


@contextmanager
def judging(organisation_id: OrganisationId) -> Iterator[FactIndex]:
    """Hold the index while it is read or judged, so that no other thread adds to it meanwhile."""
    with _lock:
        yield fact_index(organisation_id)


_read: ContextVar[set[OrganisationId] | None] = ContextVar("read", default=None)


@contextmanager
def one_reading() -> Iterator[None]:
    """Read each log once within: a page that only shows asks what is new once, and all of its parts speak of that.

    Counts that are kept until a log grows look once, too, where it stands. What comes from the index and is kept so
    names the version of the index beside: the index may have been read before an entry that the look already sees.
    """
    before = _read.set(set())
    try:
        with kept.one_look():
            yield
    finally:
        _read.reset(before)


_past: OrderedDict[tuple[OrganisationId, FrameworkId, datetime], tuple[FactIndex, int, Judgement]] = OrderedDict()
"""Judgements of past days that were looked at last; each counts for the index and version that it was made from."""
MOST_DAYS = 8
_kept: dict[tuple[OrganisationId, FrameworkId], Judgement] = {}
"""The newest judgement of each organisation; a new one judges again only what is new. A cache, never a source."""


def judged(
    organisation_id: OrganisationId, framework_id: FrameworkId, index: FactIndex, *, at: datetime, live: bool
) -> Judgement:
    """Judge a framework; as of now from what the last judgement knew. Call it while the index is held."""
    if not live:
        return _judged_at(organisation_id, framework_id, index, at)
    key = (organisation_id, framework_id)
    before = _kept.get(key)
    if before is None:
        made = evaluate(load(), framework_id, index, at=at)
    else:
        newest = index.rows.get(index.last.entry_id) if before.ground.version != index.version else None
        made = re_evaluate(before, load(), framework_id, index, newest.fact if newest else None, at=at)
    _kept[key] = made
    return made


def _judged_at(organisation_id: OrganisationId, framework_id: FrameworkId, index: FactIndex, at: datetime) -> Judgement:
    """Judge as of a day, once for each state of the log."""
    key = (organisation_id, framework_id, at)
    before = _past.pop(key, None)
    if before is None or before[0] is not index or before[1] != index.version:
        before = index, index.version, evaluate(load(), framework_id, index, at=at)
    _past[key] = before
    while len(_past) > MOST_DAYS:
        _past.popitem(last=False)
    return before[2]


def forget() -> None:
    """Drop everything, as after a restore."""
    with _lock:
        _held.clear()
        _kept.clear()
        _past.clear()
    kept.forget()


def _read_on(organisation_id: OrganisationId, held: _Held) -> bool:
    mark = read_mark(organisation_id)  # before the rows: it never runs ahead of them
    known = held.frontier.size
    read_now = read(organisation_id, max(known - 1, 0))
    new = read_now.facts
    if known:
        if not new or new[0].leaf_hash != held.last:
            return False
        new = new[1:]
    hashes = [bytes.fromhex(fact.leaf_hash) for fact in new]
    frontier = held.frontier.extend(hashes)
    if frontier.size and frontier.root().hex() != read_now.root:
        raise LogAltered(_("The entries of the log do not lead to its stored root."), RESTORE)
    if mark is not None:
        _check_mark(mark, held.frontier, hashes)
    for fact in new:
        held.index.add(fact)
    held.frontier, held.last = frontier, new[-1].leaf_hash if new else held.last
    return True


def _check_mark(mark: HighWater, before: Frontier, hashes: list[bytes]) -> None:
    if mark.size > before.size + len(hashes):
        raise LogRolledBack(
            _(
                "The log has {size} entries, but {mark_size} were signed before.",
                size=before.size + len(hashes),
                mark_size=mark.size,
            ),
            _("The database is older than the signed log: restore the newest backup."),
        )
    if mark.size >= before.size and before.extend(hashes[: mark.size - before.size]).root().hex() != mark.root:
        raise LogRolledBack(_("The first {size} entries are not those that were signed.", size=mark.size), RESTORE)
