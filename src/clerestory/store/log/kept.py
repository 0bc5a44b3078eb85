"""What was counted once stays true until the organisation's log grows: every write of a register appends to it."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from django.db.models import Count, QuerySet, Subquery

from clerestory.store.models import LogEntry, LogState
from clerestory.terms.ids import OrganisationId

MOST = 512
T = TypeVar("T")


class Kept(Generic[T]):
    """Counts in the memory of one process, by organisation and by what was asked; the ``most`` used last stay."""

    def __init__(self, most: int = MOST) -> None:
        _every.add(self)
        self._most = most
        self._held: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = Lock()

    def get(self, organisation_id: OrganisationId, asked: Hashable, count: Callable[[], T]) -> T:
        """Return what was counted when the log stood where it stands now, or count; one query sees where it stands."""
        stand = _seen(organisation_id)  # before counting: what is written meanwhile is counted anew the next time
        key = (organisation_id, stand, asked)
        with self._lock:
            if stand is not None and key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        counted = count()
        with self._lock:
            self._held[key] = counted
            while len(self._held) > self._most:
                self._held.popitem(last=False)
        return counted

    def forget(self) -> None:
        """Drop every count."""
        with self._lock:
            self._held.clear()


_every: WeakSet[Kept[Any]] = WeakSet()


def forget() -> None:
    """Drop every count, wherever it is kept."""
    for kept in list(_every):
        kept.forget()


_looked: ContextVar[dict[OrganisationId, tuple[Any, ...] | None] | None] = ContextVar("looked", default=None)


@contextmanager
def one_look() -> Iterator[None]:
    """See once within where each log stands: what only shows something does not ask again for each of its counts."""
    before = _looked.set({})
    try:
        yield
    finally:
        _looked.reset(before)


def _seen(organisation_id: OrganisationId) -> tuple[Any, ...] | None:
    looked = _looked.get()
    if looked is None:
        return _stand(organisation_id)
    if organisation_id not in looked:
        looked[organisation_id] = _stand(organisation_id)
    return looked[organisation_id]


def _stand(organisation_id: OrganisationId) -> tuple[Any, ...] | None:
    """Return what no two states of a log share: how many entries it has, placed or waiting, and which is the newest.

    The newest alone would not do: of two that are written at once the one with the lower number may come later.
    """
    entries: QuerySet[LogEntry] = LogEntry.objects.filter(organisation_id=organisation_id)
    waiting = entries.filter(position=None).order_by().values("organisation_id").annotate(n=Count("pk")).values("n")
    placed = LogState.objects.filter(organisation_id=organisation_id).values("size")
    return entries.order_by("-id").values_list("entry_id", Subquery(placed), Subquery(waiting)).first()
