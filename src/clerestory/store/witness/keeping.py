"""The memory of a witness: its key, and for each log the checkpoint that it cosigned last, in its own SQLite file.

Nothing is answered before it is kept. Refuses a key without its memory: it would begin again and could go back.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from clerestory.ledger.exchange.witness import Held, Opened, answer_text, check_continues, origin_hash
from clerestory.ledger.note import note_bytes
from clerestory.ledger.sign import SigningKey, cosign, generate_key, read_skey, skey_text
from clerestory.ledger.vkey import COSIGNATURE, KeyMalformed
from clerestory.store.home import create_secret, open_home, read_secret, sync_folder
from clerestory.terms.error import ClerestoryError
from clerestory.terms.sentence import gettext as _

KEY, MEMORY = "witness.skey", "witness.sqlite3"
_WAIT = 10.0
_TABLE = """CREATE TABLE cosigned (
    origin_hash TEXT PRIMARY KEY, origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL,
    note BLOB NOT NULL, at INTEGER NOT NULL
) STRICT"""
_KEEP = """INSERT INTO cosigned VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (origin_hash) DO UPDATE SET
    size = excluded.size, root = excluded.root, note = excluded.note, at = excluded.at"""


class WitnessUnready(ClerestoryError):
    """A folder holds no witness, half of one, or one already."""


class NotKept(ClerestoryError):
    """What was cosigned could not be kept, so it is not answered."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a witness cosigned last of one log, and the second that it put to it."""

    origin: str
    size: int
    root: bytes
    note: bytes
    at: int


def make(folder: Path, name: str) -> SigningKey:
    """Make a witness in a folder: its memory first, then its key, so that no key is ever without.

    Raises:
        WitnessUnready: there is one already.
        NoteMalformed: the name cannot stand in a note.
        HomeNotWritable: the folder cannot be written.
    """
    key = generate_key(name, COSIGNATURE)
    home = open_home(folder)
    if (home / KEY).exists() or (home / MEMORY).exists():
        raise WitnessUnready(
            _("The folder {folder} holds a witness already.", folder=home),
            _("Show its key with: clerestory witness key {folder}", folder=home),
        )
    with _trouble(home), closing(sqlite3.connect(home / MEMORY, isolation_level=None)) as memory:
        memory.execute("PRAGMA journal_mode=WAL")
        memory.execute("PRAGMA synchronous=FULL")
        memory.execute(_TABLE)
    (home / MEMORY).chmod(0o600)
    sync_folder(home)
    return read_skey(create_secret(home / KEY, (skey_text(key) + "\n").encode()).decode().strip())


class Keeping:
    """The key and the memory of one witness; any number of threads and processes may use them at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.expanduser().absolute()
        if not (self.folder / KEY).is_file():
            raise WitnessUnready(
                _("The folder {folder} holds no witness.", folder=self.folder),
                _("Make one with: clerestory witness init {folder} --name NAME", folder=self.folder),
            )
        if not (self.folder / MEMORY).is_file():
            raise WitnessUnready(
                _("The witness in {folder} has a key but has lost its memory.", folder=self.folder),
                _("Do not go on with this key: it could go back. Make a new witness and hand out its key."),
            )
        self.key = _cosigner(read_skey(read_secret(self.folder / KEY).decode().strip()))

    def cosign(self, opened: Opened, now: Callable[[], int]) -> str:
        """Cosign a checkpoint that continues the last one, keep it, and return the line to answer.

        The check and the keeping are one transaction that no other can enter. The second is never earlier than that
        of the last cosignature: after a clock was set back, a later second claims less and nothing that is not so.

        Raises:
            RequestRefused: it does not continue the last one.
            NotKept: it could not be kept.
        """
        checkpoint = opened.checkpoint
        name = origin_hash(checkpoint.origin)
        with _trouble(self.folder), closing(self._memory()) as memory, _alone(memory):
            row = memory.execute("SELECT size, root, at FROM cosigned WHERE origin_hash = ?", (name,)).fetchone()
            check_continues(opened, Held(row[0], row[1]) if row else Held())
            at = max(now(), row[2] if row else 1)
            note = cosign(opened.note, self.key, at)
            whole = note_bytes(note)
            memory.execute(_KEEP, (name, checkpoint.origin, checkpoint.size, checkpoint.root, whole, at))
        return answer_text(note, self.key.key)

    def note(self, name: str) -> bytes | None:
        """Return the checkpoint that was cosigned last, by the hash of its log's origin."""
        with _trouble(self.folder), closing(self._memory()) as memory:
            row = memory.execute("SELECT note FROM cosigned WHERE origin_hash = ?", (name,)).fetchone()
        return bytes(row[0]) if row else None

    def seen(self) -> tuple[Seen, ...]:
        """Return what was cosigned last of each log, by name."""
        with _trouble(self.folder), closing(self._memory()) as memory:
            rows = memory.execute("SELECT origin, size, root, note, at FROM cosigned ORDER BY origin").fetchall()
        return tuple(Seen(*row) for row in rows)

    def _memory(self) -> sqlite3.Connection:
        memory = sqlite3.connect(f"file:{self.folder / MEMORY}?mode=rw", uri=True, timeout=_WAIT, isolation_level=None)
        memory.execute("PRAGMA synchronous=FULL")
        return memory


def _cosigner(key: SigningKey) -> SigningKey:
    if key.key.kind != COSIGNATURE:
        raise KeyMalformed(
            _("The key in the folder of the witness is a log's key."),
            _("Never use a log's key for a witness; make a new one."),
        )
    return key


@contextmanager
def _alone(memory: sqlite3.Connection) -> Iterator[None]:
    memory.execute("BEGIN IMMEDIATE")
    try:
        yield
        memory.execute("COMMIT")
    finally:
        if memory.in_transaction:
            memory.execute("ROLLBACK")


@contextmanager
def _trouble(folder: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise NotKept(
            _("The memory of the witness in {folder} cannot be used: {reason}.", folder=folder, reason=str(error)),
            _("Free some space and check the rights of the folder; never put an older copy of it in place."),
        ) from error
