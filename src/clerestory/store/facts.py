"""The facts of each organisation, indexed for the judge and kept in memory; only new entries are read.

A cache, never a source: it is rebuilt from the log when the log is not its continuation.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock

from clerestory.catalogue.load import load
from clerestory.judgement.index import FactIndex
from clerestory.store.log.reading import iterate_facts
from clerestory.terms.ids import LeafHash, OrganisationId

MOST_ORGANISATIONS = 16


@dataclass(slots=True)
class _Held:
    index: FactIndex
    size: int = 0
    last: LeafHash | None = None


_held: OrderedDict[OrganisationId, _Held] = OrderedDict()
_lock = RLock()


def fact_index(organisation_id: OrganisationId) -> FactIndex:
    """Return the index over every placed entry of the log; costs one query for what is new."""
    with _lock:
        held = _held.get(organisation_id)
        if held is None or not _read_on(organisation_id, held):
            held = _held[organisation_id] = _Held(FactIndex(load()))
            _read_on(organisation_id, held)
        _held.move_to_end(organisation_id)
        while len(_held) > MOST_ORGANISATIONS:
            _held.popitem(last=False)
        return held.index


@contextmanager
def judging(organisation_id: OrganisationId) -> Iterator[FactIndex]:
    """Hold the index while it is read or judged, so that no other thread adds to it meanwhile."""
    with _lock:
        yield fact_index(organisation_id)


def forget() -> None:
    """Drop everything, as after a restore."""
    with _lock:
        _held.clear()


def _read_on(organisation_id: OrganisationId, held: _Held) -> bool:
    new = iterate_facts(organisation_id, max(held.size - 1, 0))
    if held.size:
        seen = next(new, None)
        if seen is None or seen.leaf_hash != held.last:
            return False
    for fact in new:
        held.index.add(fact)
        held.size, held.last = held.size + 1, fact.leaf_hash
    return True
