"""What is sent is taken once: the first write of a request notes in its own transaction what was sent.

Of two that are the same the second waits for the first, and is told that it was done; one that failed was never noted.
Refuses to keep what was sent: a mark is a digest, and goes after a week.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError
from django.db.models import QuerySet

from clerestory.store import clock
from clerestory.store.models import SentOnce
from clerestory.terms.ids import OrganisationId

KEPT_FOR = timedelta(days=7)
LONGEST = 1000
"""Letters of an address that are kept."""


class SentBefore(Exception):
    """The same was sent before, and it was done: nothing to refuse, and nothing to do again."""


@dataclass(slots=True)
class Sent:
    """What a request sends: from which organisation and person, and the mark that only the same again has."""

    organisation_id: OrganisationId
    person: str
    mark: str
    is_noted: bool = False

    @property
    def rows(self) -> QuerySet[SentOnce]:
        """The note of it, once there is one."""
        return SentOnce.objects.filter(organisation_id=self.organisation_id, person=self.person, mark=self.mark)

    def lead_to(self, place: str) -> None:
        """Keep the address that it led to."""
        if len(place) <= LONGEST:
            self.rows.update(led_to=place)

    def forget(self) -> None:
        """Let the same be sent again."""
        self.rows.delete()


_sent: ContextVar[Sent | None] = ContextVar("sent", default=None)


@contextmanager
def request() -> Iterator[None]:
    """Let what a request sends be noted while it is answered, and forgotten by this process after it."""
    token = _sent.set(None)
    try:
        yield
    finally:
        _sent.reset(token)


def current() -> Sent | None:
    """Return what the request sends, where it says so."""
    return _sent.get()


def take(sent: Sent) -> None:
    """Let the first write from now on note what is sent.

    Raises:
        SentBefore: it was sent before, and done.
    """
    _sent.set(sent)
    if sent.rows.exists():
        raise SentBefore


@contextmanager
def noted() -> Iterator[None]:
    """Note what is sent in the transaction that is open, unless an earlier one of the request did.

    Raises:
        SentBefore: another request that sent the same was faster.
    """
    sent = _sent.get()
    if sent is None or sent.is_noted:
        yield
        return
    sent.is_noted, stays = True, False  # what is opened inside does not note it again
    try:
        _note(sent)
        yield
        stays = True
    finally:
        sent.is_noted = stays


def sweep(now: datetime) -> int:
    """Forget what was sent more than a week ago; return how much."""
    rows = SentOnce.objects.filter(sent_at__lt=now - KEPT_FOR)  # house: allow organisation-scope: of every organisation
    return rows.delete()[0]


def _note(sent: Sent) -> None:
    try:
        SentOnce.objects.create(
            organisation_id=sent.organisation_id, person=sent.person, mark=sent.mark, sent_at=clock.now()
        )
    except IntegrityError as error:
        raise SentBefore from error
