"""The data folder: where it is, that it can be written, and files that only their owner may read.

Refuses a folder that cannot be written and a secret that others can read.
"""

import os
import secrets
import stat
from pathlib import Path

from clerestory.terms.error import ClerestoryError
from clerestory.terms.sentence import gettext as _


class HomeNotWritable(ClerestoryError):
    """The data folder cannot be created or written."""


class SecretExposed(ClerestoryError):
    """A secret file can be read or written by others than its owner."""


def open_home(path: Path) -> Path:
    """Return the absolute data folder, created when missing, after a test that it can be written."""
    home = path.expanduser().absolute()
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = home / f".probe-{os.getpid()}-{secrets.token_hex(4)}"
        probe.touch(mode=0o600, exist_ok=False)
        probe.unlink()
    except OSError as error:
        raise HomeNotWritable(
            _("The data folder {home} cannot be written: {strerror}.", home=home, strerror=error.strerror),
            _("Give it write permission and free space, or set CLERESTORY_HOME elsewhere."),
        ) from error
    return home


def read_secret(path: Path) -> bytes:
    """Read a secret file; refuse one that others can read."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise SecretExposed(
            _("The secret {path} can be read by others (mode {mode:04o}).", path=path, mode=mode),
            _("Run: chmod 600 {path}", path=path),
        )
    return path.read_bytes()


def create_secret(path: Path, body: bytes) -> bytes:
    """Create a secret file with mode 0600 and return what stands in it.

    Of two processes that create at the same moment one wins, and both get what the winner wrote.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        write_new(temporary, body)
        try:
            os.link(temporary, path)
        except FileExistsError:
            return read_secret(path)
        sync_folder(path.parent)
    except OSError as error:
        raise HomeNotWritable(
            _("The secret {path} cannot be written: {strerror}.", path=path, strerror=error.strerror),
            _("Give the data folder write permission and free space."),
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return body


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def secret_key(home: Path) -> str:
    """Return the key that signs sessions; created once per data folder."""
    path = home / "secret_key"
    if path.exists():
        return read_secret(path).decode().strip()
    return create_secret(path, secrets.token_urlsafe(50).encode()).decode()


def write_new(path: Path, body: bytes) -> None:
    """Write a new file durably, for its owner only; the name is durable after `sync_folder`."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
