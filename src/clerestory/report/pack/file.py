"""A pack on a disk: all of it or nothing, also when the disk is full."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from clerestory.catalogue.load import load
from clerestory.report.pack.compose import Packing, compose
from clerestory.report.pack.source import LogSource
from clerestory.terms.error import ClerestoryError
from clerestory.terms.sentence import gettext as _


class PackNotWritten(ClerestoryError):
    """The disk did not take the pack; nothing was left behind."""


def write_log(log: LogSource, path: Path, packing: Packing) -> None:
    """Write the pack of a log to a path, through a temporary file beside it.

    Raises:
        LogInconsistent: the log is not what it signed.
        PackNotWritten: the file cannot be written.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(6)}.partial")
    try:
        with partial.open("xb") as file:
            compose(log, load(), packing, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise PackNotWritten(
            _("The pack {path} cannot be written: {strerror}.", path=path, strerror=error.strerror),
            _("Free some space or choose a folder that you may write to; nothing was left behind."),
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
