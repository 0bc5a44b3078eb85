"""The unit of work: a register row and its evidence are written together or not at all.

Refuses to call a write done that the disk did not take. `observers` lets a test stop the process at a named step.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from django.db import DatabaseError, connection, transaction

from clerestory.store.unit import once
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import OrganisationId
from clerestory.terms.sentence import gettext as _

observers: list[Callable[[str], None]] = []
_CAUSES = {
    "readonly database": (
        _("The database cannot be written."),
        _("Give the data folder write permission, then try again."),
    ),
    "read-only transaction": (_("The database takes no writes."), _("Connect to a server that may write.")),
    "disk is full": (_("The disk is full."), _("Free some space, then try again; nothing was written.")),
    "no space left": (
        _("The disk of the database is full."),
        _("Free some space, then try again; nothing was written."),
    ),
    "deadlock detected": (
        _("Somebody else wrote the same at this moment."),
        _("Try again; nothing of yours was written."),
    ),
    "database is locked": (_("The database is busy."), _("Try again, or stop other programs that use the file.")),
    "unable to open database": (
        _("The database file cannot be opened."),
        _("Check the data folder and its permissions."),
    ),
    "connection refused": (_("The database server does not answer."), _("Start it, or correct DATABASE_URL.")),
    "password authentication failed": (_("The database server refuses the password."), _("Correct DATABASE_URL.")),
    "could not translate host name": (_("The database server is not found."), _("Correct the host in DATABASE_URL.")),
    "failed to resolve host": (_("The database server is not found."), _("Correct the host in DATABASE_URL.")),
    "no password supplied": (_("The database server asks for a password."), _("Write it into DATABASE_URL.")),
    "timeout expired": (_("The database server does not answer."), _("Start it, or correct DATABASE_URL.")),
    "network is unreachable": (_("The database server cannot be reached."), _("Check the network, or DATABASE_URL.")),
    "connection is bad": (_("The database server does not answer."), _("Start it, or correct DATABASE_URL.")),
    "invalid connection option": (
        _("DATABASE_URL holds an option that is none."),
        _("Correct what stands behind its ?."),
    ),
    'fatal:  database "': (_("The database is not there."), _("Create it, or correct DATABASE_URL.")),
    'fatal:  role "': (_("The user of the database is not there."), _("Create it, or correct DATABASE_URL.")),
    "file is not a database": (
        _("The database file holds something else."),
        _("Bring back the right file from a backup."),
    ),
    "disk image is malformed": (_("The database file is damaged."), _("Bring it back from a backup.")),
    "no such table": (_("The database lacks a table of this version."), _("Run: python -m clerestory.jobs.migrate")),
    '" does not exist': (
        _("The database lacks something of this version."),
        _("Run: python -m clerestory.jobs.migrate"),
    ),
    "disk i/o error": (
        _("The disk reports an error."),
        _("Check the disk, restart, and run: clerestory ledger verify"),
    ),
}


class NotWritten(ClerestoryError):
    """The database refused the write; nothing of it stays."""


@contextmanager
def atomic() -> Iterator[None]:
    """Open a transaction, or a savepoint inside one; a full disk or read-only database becomes `NotWritten`.

    The first of a request takes what was sent: raises `once.SentBefore` where the same is done already.
    """
    with plain_errors(), transaction.atomic(), once.noted():
        yield
        step("unit.before_commit")


@contextmanager
def one_view() -> Iterator[None]:
    """Read everything as it stands at one moment, however long that takes; no writer waits for it. Write nothing."""
    if connection.in_atomic_block:
        yield
        return
    connection.ensure_connection()  # opening it sets how its transactions begin
    held: Any = connection
    begins = getattr(held, "transaction_mode", None)  # SQLite: reading alone must not take the one place to write
    try:
        if begins is not None:
            held.transaction_mode = "DEFERRED"
        with plain_errors(), transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    finally:
        if begins is not None:
            held.transaction_mode = begins


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn what a database says about a full disk or missing permission into `NotWritten`."""
    try:
        yield
    except DatabaseError as error:
        text = str(error).lower()
        for sign, (problem, remedy) in _CAUSES.items():
            if sign in text:
                raise NotWritten(problem, remedy) from error
        raise


def wait_turn(organisation_id: OrganisationId, what: str) -> None:
    """Let nobody else do the same in the organisation until this transaction ends; SQLite has one writer anyhow."""
    wait_turns(organisation_id, (what,))


def wait_turns(organisation_id: OrganisationId, whats: Iterable[str]) -> None:
    """Wait for several turns in one statement, always in the same order, so that nobody waits in a circle."""
    if connection.vendor == "postgresql":
        said = (sha256(f"clerestory {what} {organisation_id}".encode()).digest()[:8] for what in whats)
        numbers = sorted({int.from_bytes(digest, "big", signed=True) for digest in said})
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(number) FROM unnest(%s::bigint[]) WITH ORDINALITY AS one (number, place)",
                [numbers],
            )


def step(name: str) -> None:
    """Tell observers that a named step is reached."""
    for observe in observers:
        observe(name)
