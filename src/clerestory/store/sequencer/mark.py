"""The high-water mark: size and root of what was signed last, kept outside the database.

With it a database restored from an older backup is noticed before a second history is signed.
"""

import fcntl
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from clerestory.store.home import HomeNotWritable, sync_folder, write_new
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import OrganisationId
from clerestory.terms.sentence import gettext as _


class MarkUnreadable(ClerestoryError):
    """The file with the high-water mark cannot be read as one."""


@dataclass(frozen=True, slots=True)
class HighWater:
    """Size and root (hexadecimal) that were signed last."""

    size: int
    root: str


def read_mark(organisation_id: OrganisationId) -> HighWater | None:
    """Return the mark, or None before the first checkpoint."""
    path = _path(organisation_id)
    try:
        document = json.loads(path.read_bytes())
        return HighWater(int(document["size"]), str(document["root"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MarkUnreadable(
            _("The high-water mark {path} cannot be read.", path=path),
            _("Restore it from the backup; without it an older database would go unnoticed."),
        ) from error


def write_mark(organisation_id: OrganisationId, mark: HighWater) -> None:
    """Replace the mark durably."""
    path = _path(organisation_id)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_new(temporary, json.dumps({"size": mark.size, "root": mark.root}).encode())
        temporary.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise HomeNotWritable(
            _("The high-water mark {path} cannot be written: {strerror}.", path=path, strerror=error.strerror),
            _("Free space in the data folder or give it write permission."),
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def alone(organisation_id: OrganisationId, what: str = "") -> Iterator[None]:
    """Keep other processes and threads of this machine from signing (or doing what is named to) the same log."""
    path = _path(organisation_id).with_suffix(f".{what}.lock" if what else ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = path.open("ab")
    except OSError as error:
        raise HomeNotWritable(
            _("The lock {path} cannot be opened: {strerror}.", path=path, strerror=error.strerror),
            _("Give the data folder write permission and free space."),
        ) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _path(organisation_id: OrganisationId) -> Path:
    return Path(settings.CLERESTORY_HOME) / "marks" / f"{organisation_id}.json"
